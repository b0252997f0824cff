// The statements on the store's tables, prepared once per database; every one touches a bounded number of rows.
import type { DatabaseSync, StatementSync } from './database.js'
import type { EventFacts } from './event-facts.js'
import type { RollupStatements } from './rollup-tally.js'

/** Rows that one deletion takes: some milliseconds at most. */
const deletionRows = 200

/** Between names in a column, so that one is found without being part of another. No name holds a line end. */
const separator = '\n'

export class Tables {
  readonly rollups: RollupStatements
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #deleteOldest: StatementSync
  readonly #oldestMinute: StatementSync
  readonly #deleteMinute: StatementSync
  readonly #pageCount: StatementSync
  readonly #freeCount: StatementSync
  readonly #pageBytes: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#insert = database.prepare(
      'INSERT INTO events (at_ms, rules, types, route, client, line) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#deleteOldest = database.prepare(`DELETE FROM events WHERE id IN
      (SELECT id FROM events WHERE at_ms < ? ORDER BY at_ms LIMIT ${deletionRows})`)
    this.#oldestMinute = database.prepare('SELECT min(minute) AS minute FROM rollups WHERE dimension = 0')
    this.#deleteMinute = database.prepare('DELETE FROM rollups WHERE dimension = ? AND minute = ?')
    this.#pageCount = database.prepare('PRAGMA page_count')
    this.#freeCount = database.prepare('PRAGMA freelist_count')
    this.#pageBytes = numberOf(database.prepare('PRAGMA page_size').get())
    this.rollups = {
      upsert: database.prepare(`INSERT INTO rollups (dimension, minute, name, count) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET count = count + excluded.count`),
      namesOfMinute: database.prepare('SELECT name FROM rollups WHERE dimension = ? AND minute = ?'),
    }
  }

  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE')
  }

  commit(): void {
    this.#database.exec('COMMIT')
  }

  /** After a fault; SQLite may have rolled back by itself already. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  /** @returns the event's number. */
  insert(facts: EventFacts, line: string): number {
    const { atMs, rules, types, route, client } = facts
    const { lastInsertRowid } = this.#insert.run(atMs, listed(rules), listed(types), route, client, line)
    return Number(lastInsertRowid)
  }

  /** Deletes some of the oldest events that are older than `beforeMs`. @returns whether there were any. */
  deleteEvents(beforeMs: number): boolean {
    return Number(this.#deleteOldest.run(beforeMs).changes) > 0
  }

  /** @returns the first minute that has counts, `undefined` when none has. */
  oldestMinute(): number | undefined {
    const { minute } = this.#oldestMinute.get() ?? {}
    return typeof minute === 'number' ? minute : undefined
  }

  /** @returns how many rows went. */
  deleteMinute(minute: number, dimensionCount: number): number {
    let rowCount = 0
    for (let index = 0; index < dimensionCount; index++) {
      rowCount += Number(this.#deleteMinute.run(index, minute).changes)
    }
    return rowCount
  }

  countRollups(): number {
    return numberOf(this.#database.prepare('SELECT count(*) FROM rollups').get())
  }

  /** Bytes of pages in use; those that deletions left behind are filled again first. */
  get usedBytes(): number {
    return (numberOf(this.#pageCount.get()) - numberOf(this.#freeCount.get())) * this.#pageBytes
  }

  /** Bytes that the file could do without. */
  get freeBytes(): number {
    return numberOf(this.#freeCount.get()) * this.#pageBytes
  }

  /** Gives some unused pages back to the file system. */
  shrink(byteCount: number): void {
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.ceil(byteCount / this.#pageBytes)})`)
  }
}

/** Names as one column, in which `asListed` finds one. */
function listed(names: readonly string[]): string {
  return `${separator}${names.join(separator)}${separator}`
}

/** How a name stands in a column of `listed` names. */
export function asListed(name: string): string {
  return `${separator}${name}${separator}`
}

/** The names of such a column. */
export function readListed(column: unknown): readonly string[] {
  return String(column)
    .split(separator)
    .filter((name) => name !== '')
}

function numberOf(row: Record<string, unknown> | undefined): number {
  return Number(Object.values(row ?? {})[0] ?? 0)
}
