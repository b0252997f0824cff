// Questions about stored events. Counts come from the rollups; looking through events goes step by step, each step short.
import type { DatabaseSync, StatementSync } from './database.js'
import { type Dimension, dimensions } from './event-facts.js'
import { minuteMs } from './rollup-tally.js'
import { asListed, readListed } from './tables.js'

/** A name and how many events have it; `name` is `otherName` for those beyond the bound of their minute. */
export interface NameCount {
  readonly name: string
  readonly count: number
}

/** A count in one slot of a timeline. */
export interface SlotCount extends NameCount {
  readonly startMs: number
}

/** What stored events there are. */
export interface Extent {
  readonly eventCount: number
  readonly oldestMs: number | undefined
  readonly newestMs: number | undefined
}

/** Which events are looked for; what is left out does not matter. */
export interface EventFilter {
  readonly rule?: string
  readonly type?: string
  readonly route?: string
  readonly client?: string
  /** Anywhere in the event, ASCII letters in any case. */
  readonly text?: string
  readonly fromMs?: number
  readonly toMs?: number
  /** Only events with a smaller number: to go on where an earlier search ended. */
  readonly beforeId?: number
}

export interface StoredRow {
  readonly id: number
  readonly atMs: number
  readonly rules: readonly string[]
  readonly types: readonly string[]
  readonly route: string
  readonly client: string
  readonly line: string
}

/** One short step of looking through events, newest first. */
export interface ScanStep {
  readonly rows: readonly StoredRow[]
  /** Events looked at so far, and how many there were to look at. */
  readonly scannedCount: number
  readonly totalCount: number
  /** Give it as `beforeId` to go on after this step. */
  readonly nextId: number
}

/** How long a step should take; its number of rows follows from it. */
const stepMs = 8
const stepRows = { first: 500, least: 50, most: 20_000 } as const

export class History {
  readonly #database: DatabaseSync
  readonly #breakdown: StatementSync
  readonly #timeline: StatementSync
  readonly #get: StatementSync
  readonly #extent: StatementSync
  readonly #firstSince: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#breakdown = database.prepare(`SELECT name, sum(count) AS count FROM rollups
      WHERE dimension = ? AND minute >= ? AND minute < ? GROUP BY name ORDER BY count DESC, name LIMIT ?`)
    this.#timeline =
      database.prepare(`SELECT minute - minute % CAST(?1 AS INTEGER) AS slot, name, sum(count) AS count FROM rollups
      WHERE dimension = ?2 AND minute >= ?3 AND minute < ?4 GROUP BY slot, name ORDER BY slot, count DESC`)
    this.#get = database.prepare('SELECT * FROM events WHERE id = ?')
    this.#extent = database.prepare(`SELECT (SELECT min(id) FROM events) AS first, (SELECT max(id) FROM events) AS last,
      (SELECT min(at_ms) FROM events) AS oldest, (SELECT max(at_ms) FROM events) AS newest`)
    this.#firstSince = database.prepare('SELECT id FROM events WHERE at_ms >= ? ORDER BY at_ms LIMIT 1')
  }

  /** Events by name in whole minutes, most first. A minute counts when it begins in the range. */
  breakdown(dimension: Dimension, fromMs: number, toMs: number, limit: number): NameCount[] {
    const rows = this.#breakdown.all(dimensions.indexOf(dimension), ...minutes(fromMs, toMs), limit)
    return rows.map(({ name, count }) => ({ name: String(name), count: Number(count) }))
  }

  /** The same, in slots of some minutes. */
  timeline(dimension: Dimension, fromMs: number, toMs: number, slotMinutes: number): SlotCount[] {
    const rows = this.#timeline.all(slotMinutes, dimensions.indexOf(dimension), ...minutes(fromMs, toMs))
    return rows.map(({ slot, name, count }) => ({
      startMs: Number(slot) * minuteMs,
      name: String(name),
      count: Number(count),
    }))
  }

  get(id: number): StoredRow | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : readRow(row)
  }

  extent(): Extent {
    const { first, last, oldest, newest } = this.#extent.get() ?? {}
    if (typeof first !== 'number' || typeof last !== 'number') {
      return { eventCount: 0, oldestMs: undefined, newestMs: undefined }
    }
    return { eventCount: last - first + 1, oldestMs: Number(oldest), newestMs: Number(newest) }
  }

  /**
   * Looks through events, newest first. Each step is short; the caller decides when to take the next one, and lets others have
   * their turn in between.
   * @param rowLimit - most rows of one step.
   */
  *scan(filter: EventFilter, rowLimit: number): Generator<ScanStep, void, undefined> {
    const { first, last } = this.#extent.get() ?? {}
    if (typeof first !== 'number' || typeof last !== 'number') return
    const lowest = Math.max(first, this.#lowestId(filter.fromMs))
    const start = Math.min(last + 1, filter.beforeId ?? Number.MAX_SAFE_INTEGER)
    const { where, values } = describe(filter)
    const select = this.#database.prepare(
      `SELECT * FROM events WHERE id >= ? AND id < ?${where} ORDER BY id DESC LIMIT ?`,
    )
    let next = start
    let width: number = stepRows.first
    while (next > lowest) {
      const startMs = performance.now()
      const from = Math.max(lowest, next - width)
      const rows = select.all(from, next, ...values, rowLimit).map(readRow)
      // A full step may have left some behind: the next one begins below the last that it took.
      next = rows.length === rowLimit ? (rows.at(-1)?.id ?? from) : from
      width = adapt(width, performance.now() - startMs)
      yield { rows, scannedCount: start - next, totalCount: start - lowest, nextId: next }
    }
  }

  /** Numbers follow time but for requests that overtook others: those of the last seconds, some thousands at most. */
  #lowestId(fromMs: number | undefined): number {
    if (fromMs === undefined) return 0
    const { id } = this.#firstSince.get(fromMs) ?? {}
    return typeof id === 'number' ? id - overtakingRows : Number.MAX_SAFE_INTEGER
  }
}

const overtakingRows = 10_000

function minutes(fromMs: number, toMs: number): [number, number] {
  return [Math.ceil(fromMs / minuteMs), Math.ceil(toMs / minuteMs)]
}

function adapt(width: number, tookMs: number): number {
  const wanted = tookMs < stepMs / 2 ? width * 2 : tookMs > stepMs * 1.5 ? width / 2 : width
  return Math.round(Math.min(stepRows.most, Math.max(stepRows.least, wanted)))
}

function describe(filter: EventFilter): { readonly where: string; readonly values: (string | number)[] } {
  const parts: (readonly [condition: string, value: string | number | undefined])[] = [
    ['instr(rules, ?) > 0', filter.rule === undefined ? undefined : asListed(filter.rule)],
    ['instr(types, ?) > 0', filter.type === undefined ? undefined : asListed(filter.type)],
    ['route = ?', filter.route],
    ['client = ?', filter.client],
    [String.raw`line LIKE ? ESCAPE '\'`, filter.text === undefined ? undefined : likePattern(filter.text)],
    ['at_ms >= ?', filter.fromMs],
    ['at_ms < ?', filter.toMs],
  ]
  const given = parts.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]))
  return {
    where: given.map(({ condition }) => ` AND ${condition}`).join(''),
    values: given.map(({ value }) => value),
  }
}

/** Text is looked for as it stands in JSON, where quotes and control bytes are escaped. */
function likePattern(text: string): string {
  const written = JSON.stringify(text).slice(1, -1)
  return `%${written.replace(/[\\%_]/g, String.raw`\$&`)}%`
}

function readRow(row: Record<string, unknown>): StoredRow {
  const { id, at_ms, rules, types, route, client, line } = row
  return {
    id: Number(id),
    atMs: Number(at_ms),
    rules: readListed(rules),
    types: readListed(types),
    route: String(route),
    client: String(client),
    line: String(line),
  }
}
