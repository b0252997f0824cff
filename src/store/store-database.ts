// The database behind the store, for as long as the process lives: a damaged one is moved aside and a new one begun, and where that
// fails it is tried again, less and less often.
import { reasonOf } from '../errors.js'
import { type DatabaseSync, logLimitBytes, openFileDatabase, openMemoryDatabase, setAside } from './database.js'
import { History } from './history.js'
import { RollupTally } from './rollup-tally.js'
import { Tables } from './tables.js'

/** What the store tells an operator beside what every sink tells. */
export type StoreNotice =
  | {
      readonly level: 'error'
      readonly code: 'MWAF_STORE_DAMAGED'
      readonly details: { readonly path: string; readonly moved: string; readonly reason: string }
    }
  | {
      /** It could not be opened again; told once, whatever the number of tries. */
      readonly level: 'error'
      readonly code: 'MWAF_STORE_REOPEN'
      readonly details: { readonly path: string; readonly reason: string }
    }

export interface DatabaseSettings {
  /** The database file; empty = in memory. */
  readonly path: string
  /** Of file and log together. */
  readonly limitBytes: number
  readonly notify: (notice: StoreNotice) => void
  /** Told when the database could not be opened again, and when it is open again; `fault` says which. */
  readonly onFault: () => void
}

/** One open database and what works on it; replaced together. */
export interface OpenDatabase {
  readonly database: DatabaseSync
  readonly tables: Tables
  readonly tally: RollupTally
  readonly history: History
  rollupRows: number
}

/** Between tries: when the database takes nothing (disk full), and to open it again, then twice as long each time. */
const retryPausesMs = { first: 1000, longest: 30_000 } as const

export class StoreDatabase {
  readonly #settings: DatabaseSettings
  #open: OpenDatabase
  #fault: string | undefined
  #failedReopens = 0
  #failedInARow = 0

  /** @throws MirrorwafError `MWAF_STORE_OPEN`. */
  constructor(settings: DatabaseSettings) {
    this.#settings = settings
    this.#open = this.#openDatabase()
  }

  /** Of no use while there is a `fault`; another one after a damaged database was replaced, so not to be kept. */
  get open(): OpenDatabase {
    return this.#open
  }

  /** Why the database is closed; `undefined` while it is open. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** How often it could not be opened again. */
  get failedReopens(): number {
    return this.#failedReopens
  }

  /** Until the next try after one that failed. */
  get retryMs(): number {
    const { first, longest } = retryPausesMs
    return this.#failedInARow === 0 ? first : Math.min(first * 2 ** (this.#failedInARow - 1), longest)
  }

  /** A damaged database is moved aside and a new one begun, now or as soon as `reopen` can. */
  replace(reason: string): void {
    const { path, notify } = this.#settings
    closeQuietly(this.#open.database)
    this.#fault = reason
    if (path !== '') {
      try {
        notify({ level: 'error', code: 'MWAF_STORE_DAMAGED', details: { path, moved: setAside(path), reason } })
      } catch {
        // Opening finds the damage too, moves the file aside then, and says what is in its way.
      }
    }
    this.reopen()
  }

  /** @returns whether the database is open now. */
  reopen(): boolean {
    const { path, notify, onFault } = this.#settings
    try {
      this.#open = this.#openDatabase()
      this.#fault = undefined
      this.#failedInARow = 0
    } catch (thrown) {
      const reason = reasonOf(thrown)
      this.#fault = reason
      this.#failedReopens += 1
      this.#failedInARow += 1
      if (this.#failedInARow === 1) notify({ level: 'error', code: 'MWAF_STORE_REOPEN', details: { path, reason } })
    }
    onFault()
    return this.#fault === undefined
  }

  close(): void {
    closeQuietly(this.#open.database)
  }

  #openDatabase(): OpenDatabase {
    const { path, limitBytes, notify } = this.#settings
    if (path === '') return toOpen(openMemoryDatabase(limitBytes))
    const onSetAside = (moved: string, reason: string): void =>
      notify({ level: 'error', code: 'MWAF_STORE_DAMAGED', details: { path, moved, reason } })
    return toOpen(openFileDatabase(path, limitBytes - logLimitBytes, onSetAside))
  }
}

function toOpen(database: DatabaseSync): OpenDatabase {
  const tables = new Tables(database)
  const tally = new RollupTally(tables.rollups)
  return { database, tables, tally, history: new History(database), rollupRows: tables.countRollups() }
}

function closeQuietly(database: DatabaseSync): void {
  try {
    database.close()
  } catch {
    // A damaged database may refuse even that; its file descriptor goes with the object.
  }
}
