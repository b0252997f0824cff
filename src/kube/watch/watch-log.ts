// What the watch says about itself: a JSON line per happening, in the fields of the receiver's log.
import type { Writable } from 'node:stream'

/** Values that go with a line. */
export type LogDetails = Readonly<Record<string, string | number | boolean | undefined>>

export interface WatchLog {
  info(message: string, details?: LogDetails): void
  warn(message: string, details?: LogDetails): void
  error(message: string, details?: LogDetails): void
}

/** @param output - lines are lost while it is full: a stalled reader must not fill the memory. */
export function createWatchLog(output: Writable): WatchLog {
  const write = (level: string, message: string, details: LogDetails = {}): void => {
    if (output.writableNeedDrain) return
    output.write(`${JSON.stringify({ level, time: new Date().toISOString(), message, details })}\n`)
  }
  return {
    info: (message, details) => write('info', message, details),
    warn: (message, details) => write('warn', message, details),
    error: (message, details) => write('error', message, details),
  }
}
