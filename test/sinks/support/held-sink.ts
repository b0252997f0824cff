// A sink whose writes end when the test says so, and how the test says.
import type { EventBlock, Sink, WriteResult } from '#src/sinks/sink.js'
import { numbersIn } from './blocks.js'

export class HeldSink implements Sink {
  readonly name = 'held'
  readonly batchLimitBytes: number
  readonly written: number[] = []
  /** Events in each block that was given, in order. */
  readonly blockSizes: number[] = []
  reopenCount = 0
  isClosed = false
  #settle: ((result: WriteResult) => void) | undefined
  #current: EventBlock | undefined

  constructor(batchLimitBytes: number = 0) {
    this.batchLimitBytes = batchLimitBytes
  }

  async open(): Promise<void> {}

  write(block: EventBlock): Promise<WriteResult> {
    if (this.#settle !== undefined) throw new Error('a write began before the last one ended')
    this.#current = block
    this.blockSizes.push(block.eventCount)
    return new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  async reopen(): Promise<void> {
    this.reopenCount++
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  get isWriting(): boolean {
    return this.#settle !== undefined
  }

  /** Ends the write in hand and lets the lane go on. */
  async end(result: WriteResult = { kind: 'written' }): Promise<void> {
    const settle = this.#settle
    this.#settle = undefined
    if (result.kind === 'written' && this.#current !== undefined) {
      this.written.push(...numbersIn(Buffer.from(this.#current.lines).toString()))
    }
    settle?.(result)
    await new Promise(setImmediate)
  }
}

export function failed(reason: 'write_error' | 'closed', writtenEvents = 0, retryAfterMs = 0): WriteResult {
  return { kind: 'failed', reason, writtenEvents, retryAfterMs, detail: 'no luck' }
}
