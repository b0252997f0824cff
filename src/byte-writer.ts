// Writes bytes to a descriptor that the process was given (1 or 2) without ever blocking a thread on a slow reader.
// Where the system allows it the descriptor is opened anew, non-blocking: the flag belongs to the open file description, which
// other processes share, and which Node sets back to blocking as soon as anybody touches `process.stdout`.
import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { MirrorwafError, reasonOf } from './errors.js'

export interface ByteResult {
  readonly writtenBytes: number
  /** `undefined` when all bytes were written. */
  readonly error: NodeJS.ErrnoException | undefined
}

export interface ByteWriter {
  readonly isTerminal: boolean
  /** Settles when the system has taken the bytes or refused them; never rejects. One call at a time. */
  write(bytes: Uint8Array): Promise<ByteResult>
  close(): void
}

/** How long a stalled terminal is left alone before it is tried again. */
const terminalRetryMs = 20

/**
 * @param descriptor - 1 for stdout, 2 for stderr.
 * @throws MirrorwafError `MWAF_SINK_TARGET` when the descriptor is closed.
 */
export function openStandardStream(descriptor: 1 | 2): ByteWriter {
  const target = descriptor === 1 ? 'stdout' : 'stderr'
  try {
    if (isatty(descriptor)) return new TerminalWriter(openNonBlocking(descriptor))
    const status = fstatSync(descriptor)
    if (status.isFIFO() || status.isSocket()) return new StreamWriter(openNonBlocking(descriptor))
    return new FileWriter(descriptor)
  } catch (thrown) {
    throw new MirrorwafError('MWAF_SINK_TARGET', { target, reason: reasonOf(thrown) }, thrown)
  }
}

/** Writes to a descriptor of a file; the thread pool does the waiting. Does not own the descriptor. */
export class FileWriter implements ByteWriter {
  readonly isTerminal = false
  readonly #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async write(bytes: Uint8Array): Promise<ByteResult> {
    let writtenBytes = 0
    while (writtenBytes < bytes.byteLength) {
      const part = await writeFilePart(this.#descriptor, bytes, writtenBytes)
      if (part instanceof Error) return { writtenBytes, error: part }
      writtenBytes += part
    }
    return { writtenBytes, error: undefined }
  }

  close(): void {}
}

/** Pipes and sockets: libuv waits for them in its loop, nothing blocks. */
class StreamWriter implements ByteWriter {
  readonly isTerminal = false
  readonly #socket: Socket
  #closedBy: NodeJS.ErrnoException | undefined

  constructor(descriptor: number) {
    this.#socket = new Socket({ fd: descriptor, readable: false, writable: true })
    this.#socket.unref()
    this.#socket.on('error', (error) => {
      this.#closedBy ??= error
    })
  }

  write(bytes: Uint8Array): Promise<ByteResult> {
    if (this.#closedBy !== undefined) return Promise.resolve({ writtenBytes: 0, error: this.#closedBy })
    return new Promise((resolve) => {
      this.#socket.write(bytes, (error) => {
        // A broken pipe does not say how much its reader took before it went.
        resolve({ writtenBytes: error ? 0 : bytes.byteLength, error: error ?? undefined })
      })
    })
  }

  /** libuv leaves the standard three descriptors open. */
  close(): void {
    this.#socket.destroy()
  }
}

/** A terminal; a user who paused it (Ctrl-S) leaves it full for as long as they like. */
class TerminalWriter implements ByteWriter {
  readonly isTerminal = true
  readonly #descriptor: number
  #isClosed = false

  /** @param descriptor - becomes this writer's own, unless it is one of the standard three. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async write(bytes: Uint8Array): Promise<ByteResult> {
    let writtenBytes = 0
    while (writtenBytes < bytes.byteLength && !this.#isClosed) {
      const part = writeNow(this.#descriptor, bytes, writtenBytes)
      if (part instanceof Error) return { writtenBytes, error: part }
      writtenBytes += part
      if (part === 0) await delay(terminalRetryMs, undefined, { ref: false })
    }
    return { writtenBytes, error: undefined }
  }

  close(): void {
    if (!this.#isClosed && this.#descriptor > 2) closeSync(this.#descriptor)
    this.#isClosed = true
  }
}

/** A description of our own where the system has /proc; sockets, foreign owners and other systems keep the shared one. */
function openNonBlocking(descriptor: number): number {
  try {
    return openSync(
      `/proc/self/fd/${descriptor}`,
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_APPEND,
    )
  } catch {
    // Expected for sockets (ENXIO), after a change of user (EACCES) and without /proc (ENOENT); the shared one works too.
    return descriptor
  }
}

function writeFilePart(descriptor: number, bytes: Uint8Array, offset: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    write(descriptor, bytes, offset, bytes.byteLength - offset, null, (error, count) => resolve(error ?? count))
  })
}

/** @returns bytes taken, 0 when the terminal takes none now, or why it takes none ever. */
function writeNow(descriptor: number, bytes: Uint8Array, offset: number): number | NodeJS.ErrnoException {
  try {
    return writeSync(descriptor, bytes, offset)
  } catch (thrown) {
    if (!(thrown instanceof Error)) return new Error(String(thrown))
    return isAgainError(thrown) ? 0 : thrown
  }
}

function isAgainError(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EAGAIN'
}
