// Opens the database behind the store. Sole import of node:sqlite, which Node itself brings: no compiler, no download.
import { closeSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MirrorwafError, reasonOf } from '../errors.js'

export type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What marks a database file as ours, in its header: "MWAF". */
export const applicationId = 0x4d574146
const schemaVersion = 1

/** Bytes that the write-ahead log may keep between checkpoints; part of the file budget. */
export const logLimitBytes: number = 4 * 1024 * 1024

/** Events hold payloads and personal data: not for everybody on the machine. SQLite gives its other files the same mode. */
const fileMode = 0o640

/** Where SQLite keeps the application id in the first page. */
const headerBytes = 72
const applicationIdOffset = 68
const magic = 'SQLite format 3\0'

/** SQLite's primary result codes. */
const resultCodes = { busy: 5, corrupt: 11, notDatabase: 26 } as const

const schema = `
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    rules TEXT NOT NULL,
    types TEXT NOT NULL,
    route TEXT NOT NULL,
    client TEXT NOT NULL,
    line TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_by_time ON events (at_ms);
  CREATE TABLE IF NOT EXISTS rollups (
    dimension INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (dimension, minute, name)
  ) WITHOUT ROWID, STRICT;
`

/** A database in memory, gone with the process. */
export function openMemoryDatabase(limitBytes: number): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  prepare(database, limitBytes)
  return database
}

/**
 * Opens or makes a database file for this process alone.
 * @param limitBytes - SQLite refuses to grow the file beyond it.
 * @param onSetAside - told where a damaged database of ours was moved; a new one is begun in its place.
 * @throws MirrorwafError `MWAF_STORE_OPEN` when the file is somebody else's, in use, or cannot be written.
 */
export function openFileDatabase(
  path: string,
  limitBytes: number,
  onSetAside: (movedTo: string, reason: string) => void,
): DatabaseSync {
  try {
    refuseForeignFile(path)
    return openOwn(path, limitBytes)
  } catch (thrown) {
    if (thrown instanceof MirrorwafError) throw thrown
    if (!isCorrupt(thrown)) throw openError(path, explain(thrown), thrown)
    try {
      onSetAside(setAside(path), reasonOf(thrown))
      return openOwn(path, limitBytes)
    } catch (again) {
      throw openError(path, explain(again), again)
    }
  }
}

/** Moves a damaged database out of the way; an older damaged one gives way. @returns its new path. */
export function setAside(path: string): string {
  const movedTo = `${path}.damaged`
  renameSync(path, movedTo)
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  return movedTo
}

/** Whether an error of SQLite says that the file is damaged, which no later try makes good. */
export function isCorrupt(thrown: unknown): boolean {
  const code = resultCodeOf(thrown)
  return code === resultCodes.corrupt || code === resultCodes.notDatabase
}

function openOwn(path: string, limitBytes: number): DatabaseSync {
  closeSync(openSync(path, 'a', fileMode))
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Before the first access: another process must not find the file open, and no shared memory file is needed.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    const [version] = Object.values(database.prepare('PRAGMA user_version').get() ?? {})
    if (Number(version) > schemaVersion) throw openError(path, 'a newer mirrorwaf wrote it')
    database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    // Before the log is switched on: what marks the file as ours must stand in the file itself when the process is killed.
    prepare(database, limitBytes)
    // A process that is killed loses nothing that was committed; a machine that loses power may lose the last seconds.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec(`PRAGMA journal_size_limit = ${logLimitBytes}`)
    // Damage shows when something is read: better here, where a new file can be begun, than with the first events.
    database
      .prepare('SELECT (SELECT count(*) FROM rollups), (SELECT max(at_ms) FROM events), max(id) FROM events')
      .get()
    return database
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

function prepare(database: DatabaseSync, limitBytes: number): void {
  const [pageBytes] = Object.values(database.prepare('PRAGMA page_size').get() ?? {})
  database.exec(`PRAGMA max_page_count = ${Math.floor(limitBytes / Number(pageBytes))}`)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`)
  database.exec(schema)
}

/** A path that is mistyped must not cost anybody their file. */
function refuseForeignFile(path: string): void {
  const header = Buffer.alloc(headerBytes)
  const file = openSync(path, 'a+', fileMode)
  try {
    const byteCount = readSync(file, header, 0, headerBytes, 0)
    if (byteCount === 0) return
    const isOurs =
      byteCount === headerBytes &&
      header.toString('latin1', 0, magic.length) === magic &&
      header.readUInt32BE(applicationIdOffset) === applicationId
    if (!isOurs) throw openError(path, 'it is no event store of mirrorwaf')
  } finally {
    closeSync(file)
  }
}

function explain(thrown: unknown): string {
  return resultCodeOf(thrown) === resultCodes.busy ? 'another process has it open' : reasonOf(thrown)
}

function resultCodeOf(thrown: unknown): number {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return 0
  // The low byte; what is above it only says more about it.
  return Number(thrown.errcode) & 0xff
}

function openError(path: string, reason: string, cause?: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_STORE_OPEN', { path, reason }, cause)
}
