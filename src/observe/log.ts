// The process log: pino writing JSON lines to stderr, short lines when stderr is a terminal. Sole import of pino.
// Asynchronous with a bounded buffer: a stalled stderr costs log lines, counted, and never the event loop.
import { pino } from 'pino'
import { type ByteWriter, openStandardStream } from '../byte-writer.js'
import { type ErrorCode, type ErrorDetails, MirrorwafError, reasonOf } from '../errors.js'
import { visible } from '../visible.js'

/** What `--log-level` accepts, from nothing to everything. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export type LineLevel = Exclude<LogLevel, 'silent'>

export interface Log {
  error(message: string, details?: ErrorDetails): void
  warn(message: string, details?: ErrorDetails): void
  info(message: string, details?: ErrorDetails): void
  debug(message: string, details?: ErrorDetails): void
  /** A line with a stable code; its message is the catalogue's. */
  coded(level: LineLevel, code: ErrorCode, details: ErrorDetails): void
  /** A caught error, at level error, with its code when it has one, its cause and its stack. */
  fault(thrown: unknown): void
  /** Resolves when all lines are written or the time is up; call before the process exits. */
  flush(timeLimitMs: number): Promise<void>
}

export interface LogSettings {
  readonly level: LogLevel
  /** Where lines go; stderr when left out. */
  readonly writer?: ByteWriter
  /** Which of several processes writes; in each line. */
  readonly processNumber?: number
}

/** Lines waiting for a stalled stderr; some thousand lines. */
export const logBufferLimitBytes: number = 1024 * 1024

/** @throws MirrorwafError `MWAF_SINK_TARGET` when stderr is closed. */
export function createLog(settings: LogSettings): Log {
  const lines = new LineBuffer(settings.writer ?? openStandardStream(2))
  const logger = pino(
    {
      level: settings.level,
      base: settings.processNumber === undefined ? null : { process: settings.processNumber },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    lines,
  )
  return {
    error: (message, details) => logger.error({ details }, message),
    warn: (message, details) => logger.warn({ details }, message),
    info: (message, details) => logger.info({ details }, message),
    debug: (message, details) => logger.debug({ details }, message),
    coded: (level, code, details) => logger[level]({ code, details }, new MirrorwafError(code, details).message),
    fault: (thrown) => logger.error(describeFault(thrown), reasonOf(thrown)),
    flush: (timeLimitMs) => lines.flush(timeLimitMs),
  }
}

function describeFault(thrown: unknown): object {
  const stack = thrown instanceof Error ? thrown.stack : undefined
  if (!(thrown instanceof MirrorwafError)) return { stack }
  const cause = thrown.cause === undefined ? undefined : reasonOf(thrown.cause)
  return { code: thrown.code, details: thrown.details, cause, stack }
}

/** What pino writes into: queues lines within a bound and writes all that wait as one. */
class LineBuffer {
  readonly #writer: ByteWriter
  #waiting: string[] = []
  #waitingBytes = 0
  #dropped = 0
  #running: Promise<void> | undefined

  constructor(writer: ByteWriter) {
    this.#writer = writer
  }

  /** Called by pino with one whole line. */
  write(line: string): void {
    const shown = this.#writer.isTerminal ? describeLine(line) : line
    const byteCount = Buffer.byteLength(shown)
    if (this.#waitingBytes + byteCount > logBufferLimitBytes) {
      this.#dropped++
      return
    }
    this.#waiting.push(shown)
    this.#waitingBytes += byteCount
    this.#running ??= this.#run()
  }

  async flush(timeLimitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const expiry = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeLimitMs)
    })
    await Promise.race([this.#running, expiry])
    clearTimeout(timer)
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const text = this.#waiting.join('')
      this.#waiting = []
      this.#waitingBytes = 0
      const { error } = await this.#writer.write(Buffer.from(text))
      // There is nowhere left to say that the log itself is broken; lines are given up until it takes them again.
      if (error === undefined) this.#confessDropped()
    }
    this.#running = undefined
  }

  #confessDropped(): void {
    if (this.#dropped === 0) return
    const count = this.#dropped
    this.#dropped = 0
    const time = new Date().toISOString()
    this.write(`${JSON.stringify({ level: 'warn', time, message: `${count} log lines were dropped` })}\n`)
  }
}

/** One log line for a person. */
function describeLine(line: string): string {
  const entry: unknown = JSON.parse(line)
  if (typeof entry !== 'object' || entry === null) return line
  const level = 'level' in entry ? String(entry.level) : ''
  const time = 'time' in entry ? String(entry.time).slice(11, 19) : ''
  const code = 'code' in entry ? ` ${String(entry.code)}` : ''
  const message = 'message' in entry ? String(entry.message) : ''
  return `${visible(`${time} ${level.padEnd(5)}${code} ${message}`)}\n`
}
