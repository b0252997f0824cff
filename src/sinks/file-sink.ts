// Events appended to a file, one JSON line each. The file is opened anew on `reopen` (SIGHUP) and when it was moved or deleted.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { FileWriter } from '../byte-writer.js'
import { MirrorwafError, reasonOf } from '../errors.js'
import { LineWriter, retryAfterMs } from './line-writer.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'

/** How often a write looks whether the path still leads to the open file: one `stat` per second at most. */
const moveCheckPeriodMs = 1000

/** Events hold payloads and personal data: not for everybody on the machine. */
const fileMode = 0o640

/** Without O_NONBLOCK opening a FIFO that nobody reads would hold a thread of the pool for ever. */
const openFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOCTTY

interface OpenFile {
  readonly handle: FileHandle
  readonly status: Stats
  readonly lines: LineWriter
}

export class FileSink implements Sink {
  readonly name: string
  readonly #path: string
  readonly #nowMs: () => number
  #file: OpenFile | undefined
  #nextCheckMs = 0

  /** @param nowMs - a clock that does not step, e.g. `performance.now`. */
  constructor(path: string, nowMs: () => number) {
    this.name = `file:${path}`
    this.#path = path
    this.#nowMs = nowMs
  }

  async open(): Promise<void> {
    try {
      this.#file = await openForAppend(this.#path)
    } catch (thrown) {
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason: reasonOf(thrown) }, thrown)
    }
  }

  async write(block: EventBlock): Promise<WriteResult> {
    try {
      if (await this.#isMoved()) await this.reopen()
      this.#file ??= await openForAppend(this.#path)
    } catch (thrown) {
      return { kind: 'failed', reason: 'write_error', writtenEvents: 0, detail: reasonOf(thrown), retryAfterMs }
    }
    return this.#file.lines.write(block)
  }

  /** Closes the file; the next write opens what the path leads to then. */
  async reopen(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    // A close that fails (a network file system) takes nothing along that the next file could make good.
    await file?.handle.close().catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.reopen()
  }

  async #isMoved(): Promise<boolean> {
    const nowMs = this.#nowMs()
    if (this.#file === undefined || nowMs < this.#nextCheckMs) return false
    this.#nextCheckMs = nowMs + moveCheckPeriodMs
    const { status } = this.#file
    const found = await statOrUndefined(this.#path)
    return found === undefined || found.ino !== status.ino || found.dev !== status.dev
  }
}

async function openForAppend(path: string): Promise<OpenFile> {
  const handle = await open(path, openFlags, fileMode)
  try {
    const status = await handle.stat()
    if (status.isFIFO() || status.isSocket()) throw new Error('it is a pipe; use stdout instead')
    const lines = new LineWriter(new FileWriter(handle.fd), await endsMidLine(path, status))
    return { handle, status, lines }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}

/** Whether an earlier process left a torn line at the end. A file that may not be read is taken to be whole. */
async function endsMidLine(path: string, status: Stats): Promise<boolean> {
  if (!status.isFile() || status.size === 0) return false
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  if (handle === undefined) return false
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, status.size - 1)
    return bytesRead === 1 && buffer[0] !== 0x0a
  } finally {
    await handle.close()
  }
}

function statOrUndefined(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined)
}
