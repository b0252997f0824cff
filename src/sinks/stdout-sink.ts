// Events on standard output: JSON lines into a pipe or file, short coloured lines on a terminal.
import { type ByteWriter, openStandardStream } from '../byte-writer.js'
import { LineWriter } from './line-writer.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import { encodeForTerminal, escapeForTerminal } from './terminal-encoder.js'

export class StdoutSink implements Sink {
  readonly name = 'stdout'
  readonly #isColoured: boolean
  readonly #isShortened: boolean
  #stream: ByteWriter | undefined
  #lines: LineWriter | undefined

  /**
   * @param isColoured - whether a terminal gets colours.
   * @param isShortened - whether a terminal gets short lines; events in another form than our own stay as they are.
   */
  constructor(isColoured: boolean, isShortened: boolean = true) {
    this.#isColoured = isColoured
    this.#isShortened = isShortened
  }

  async open(): Promise<void> {
    this.#stream = openStandardStream(1)
    this.#lines = new LineWriter(this.#stream, false)
  }

  async write(block: EventBlock): Promise<WriteResult> {
    if (this.#stream === undefined || this.#lines === undefined) {
      return { kind: 'failed', reason: 'closed', writtenEvents: 0, detail: 'stdout is not open', retryAfterMs: 0 }
    }
    if (!this.#stream.isTerminal) return this.#lines.write(block)
    const shown = this.#isShortened ? encodeForTerminal(block.lines, this.#isColoured) : escapeForTerminal(block.lines)
    return this.#lines.write({ ...block, lines: shown })
  }

  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    this.#stream?.close()
    this.#stream = undefined
  }
}
