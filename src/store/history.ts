// Questions about stored events. Counts come from the rollups; looking through events goes step by step, each step short.
import type { DatabaseSync, StatementSync } from './database.js'
import { type Dimension, dimensions } from './event-facts.js'
import { minuteMs, otherName } from './rollup-tally.js'
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

/** How long a step should take; its number of rows, or of minutes, follows from it. */
const stepMs = 8
const stepRows = { first: 500, least: 50, most: 20_000 } as const
const stepMinutes = { first: 30, least: 1, most: 500_000 } as const
/**
 * Names of a range that are told apart; when there are more, the rarer half of those seen so far counts as all others. Only routes
 * and clients can be so many, and only the most frequent are asked for.
 */
const nameLimit = 100_000

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
      WHERE dimension = ? AND minute >= ? AND minute < ? GROUP BY name`)
    this.#timeline =
      database.prepare(`SELECT minute - minute % CAST(?1 AS INTEGER) AS slot, name, sum(count) AS count FROM rollups
      WHERE dimension = ?2 AND minute >= ?3 AND minute < ?4 GROUP BY slot, name`)
    this.#get = database.prepare('SELECT * FROM events WHERE id = ?')
    this.#extent = database.prepare(`SELECT (SELECT min(id) FROM events) AS first, (SELECT max(id) FROM events) AS last,
      (SELECT min(at_ms) FROM events) AS oldest, (SELECT max(at_ms) FROM events) AS newest`)
    this.#firstSince = database.prepare('SELECT id FROM events WHERE at_ms >= ? ORDER BY at_ms LIMIT 1')
  }

  /** Events by name in whole minutes, most first. A minute counts when it begins in the range. */
  breakdown(dimension: Dimension, fromMs: number, toMs: number, limit: number): NameCount[] {
    return runToEnd(this.breakdownSteps(dimension, fromMs, toMs, limit))
  }

  /** The same in short steps; the caller lets others have their turn in between. */
  *breakdownSteps(dimension: Dimension, fromMs: number, toMs: number, limit: number): Generator<void, NameCount[]> {
    const counts = new Map<string, number>()
    const index = dimensions.indexOf(dimension)
    for (const rows of inMinuteSteps(fromMs, toMs, (from, to) => this.#breakdown.all(index, from, to))) {
      for (const row of rows) {
        const name = String(row['name'])
        counts.set(name, (counts.get(name) ?? 0) + Number(row['count']))
      }
      if (counts.size > nameLimit) foldRareNames(counts)
      yield
    }
    return mostFirst(counts).slice(0, limit)
  }

  /** Counts by name in slots of some minutes. */
  timeline(dimension: Dimension, fromMs: number, toMs: number, slotMinutes: number): SlotCount[] {
    return runToEnd(this.timelineSteps(dimension, fromMs, toMs, slotMinutes))
  }

  /** The same in short steps. */
  *timelineSteps(
    dimension: Dimension,
    fromMs: number,
    toMs: number,
    slotMinutes: number,
  ): Generator<void, SlotCount[]> {
    const slots = new Map<number, Map<string, number>>()
    const index = dimensions.indexOf(dimension)
    const read = (from: number, to: number): Row[] => this.#timeline.all(slotMinutes, index, from, to)
    for (const rows of inMinuteSteps(fromMs, toMs, read)) {
      // A step may end in the middle of a slot; the next one goes on with it.
      for (const row of rows) {
        const startMs = Number(row['slot']) * minuteMs
        const counts = slots.get(startMs) ?? new Map<string, number>()
        slots.set(startMs, counts)
        const name = String(row['name'])
        counts.set(name, (counts.get(name) ?? 0) + Number(row['count']))
      }
      yield
    }
    return [...slots].flatMap(([startMs, counts]) => mostFirst(counts).map((count) => ({ startMs, ...count })))
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
      width = adapt(width, performance.now() - startMs, stepRows)
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

type Row = Record<string, unknown>

/** Reads a range some minutes at a time, as many as take the time of a step. */
function* inMinuteSteps(
  fromMs: number,
  toMs: number,
  read: (fromMinute: number, toMinute: number) => Row[],
): Generator<Row[]> {
  const [first, end] = minutes(fromMs, toMs)
  let width: number = stepMinutes.first
  for (let from = first; from < end; ) {
    const startMs = performance.now()
    const to = Math.min(end, from + width)
    const rows = read(from, to)
    width = adapt(width, performance.now() - startMs, stepMinutes)
    from = to
    yield rows
  }
}

function adapt(
  width: number,
  tookMs: number,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const wanted = tookMs < stepMs / 2 ? width * 2 : tookMs > stepMs * 1.5 ? width / 2 : width
  return Math.round(Math.min(most, Math.max(least, wanted)))
}

function runToEnd<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function mostFirst(counts: ReadonlyMap<string, number>): NameCount[] {
  const all = [...counts].map(([name, count]) => ({ name, count }))
  return all.sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
}

function foldRareNames(counts: Map<string, number>): void {
  let others = counts.get(otherName) ?? 0
  for (const { name, count } of mostFirst(counts).slice(nameLimit / 2)) {
    if (name === otherName) continue
    others += count
    counts.delete(name)
  }
  if (others > 0) counts.set(otherName, others)
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
