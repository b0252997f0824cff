// Writes blocks of lines so that a fault in the middle of one never glues its remains to the next.
import type { ByteWriter } from '../byte-writer.js'
import { countEvents, type EventBlock, type WriteResult } from './sink.js'

/** How long a destination that refused bytes is left alone: long enough not to spin, short enough to lose little. */
export const retryAfterMs = 1000

const newline = 0x0a
const newlineBytes = Uint8Array.of(newline)

export class LineWriter {
  readonly #bytes: ByteWriter
  #isMidLine: boolean

  /** @param isMidLine - true when what is there already does not end with a line end. */
  constructor(bytes: ByteWriter, isMidLine: boolean) {
    this.#bytes = bytes
    this.#isMidLine = isMidLine
  }

  /** Never rejects. A torn line stays behind as a line of its own, which no JSON reader takes for an event. */
  async write(block: EventBlock): Promise<WriteResult> {
    if (this.#isMidLine) {
      const ended = await this.#bytes.write(newlineBytes)
      if (ended.error !== undefined) return failure(ended.error, 0)
      this.#isMidLine = false
    }
    const { writtenBytes, error } = await this.#bytes.write(block.lines)
    if (error === undefined) return { kind: 'written' }
    this.#isMidLine = writtenBytes > 0 && block.lines[writtenBytes - 1] !== newline
    return failure(error, countEvents(block, countLines(block.lines, writtenBytes)))
  }
}

function failure(error: NodeJS.ErrnoException, writtenEvents: number): WriteResult {
  const isReaderGone = error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'EIO'
  return {
    kind: 'failed',
    reason: isReaderGone ? 'closed' : 'write_error',
    writtenEvents,
    detail: error.message,
    retryAfterMs: isReaderGone ? 0 : retryAfterMs,
  }
}

function countLines(bytes: Uint8Array, end: number): number {
  let count = 0
  for (let index = bytes.indexOf(newline); index >= 0 && index < end; index = bytes.indexOf(newline, index + 1)) count++
  return count
}
