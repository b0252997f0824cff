// One sink with its bounded queue: takes blocks without ever waiting, writes them one after the other, counts what is lost.
import type { DropReason, EventBlock, Sink, SinkNotice, SinkTotals, WriteResult } from './sink.js'

/** At most one notice of loss per sink in this time, however fast it fails and recovers. */
const noticePeriodMs = 10_000

export class SinkLane {
  readonly #sink: Sink
  readonly #limitBytes: number
  readonly #notify: (notice: SinkNotice) => void
  readonly #queue: EventBlock[] = []
  readonly #dropped: Record<DropReason, number> = { queue_full: 0, write_error: 0, closed: 0, unflushed: 0 }
  #queuedBytes = 0
  #written = 0
  #isRunning = false
  #isClosed = false
  #isReopenWanted = false
  #isLosing = false
  #lastNoticeMs = Number.NEGATIVE_INFINITY
  /** Ends the pause after a fault early. */
  #wake: () => void = () => {}
  #idleWaiters: (() => void)[] = []

  /**
   * @param limitBytes - events waiting for this sink, the block being written included.
   * @param notify - told when events begin to be lost and when they flow again.
   */
  constructor(sink: Sink, limitBytes: number, notify: (notice: SinkNotice) => void) {
    this.#sink = sink
    this.#limitBytes = limitBytes
    this.#notify = notify
  }

  get takesSpans(): boolean {
    return this.#sink.takesSpans === true
  }

  /** Queues a block, or drops it with a count when there is no room. Returns at once. */
  offer(block: EventBlock): void {
    if (this.#isClosed) {
      this.#drop('unflushed', block.eventCount, 'the process is ending')
      return
    }
    if (this.#queuedBytes + block.lines.byteLength > this.#limitBytes) {
      this.#drop('queue_full', block.eventCount, `its queue of ${this.#limitBytes} bytes is full`)
      return
    }
    this.#queue.push(block)
    this.#queuedBytes += block.lines.byteLength
    this.#start()
  }

  /** Has the sink start over before its next write; a pause after a fault ends. */
  reopen(): void {
    this.#isReopenWanted = true
    this.#wake()
    this.#start()
  }

  /** Resolves when nothing waits any more; the caller sets the deadline. */
  whenIdle(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  /** Gives up what is still queued, counts it, and closes the sink. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    this.#dropped.unflushed += this.#queue.splice(0).reduce((count, block) => count + block.eventCount, 0)
    this.#queuedBytes = 0
    await this.#sink.close()
  }

  get totals(): SinkTotals {
    const { name } = this.#sink
    return { name, written: this.#written, dropped: { ...this.#dropped }, queuedBytes: this.#queuedBytes }
  }

  #start(): void {
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#isReopenWanted) {
        this.#isReopenWanted = false
        await this.#sink.reopen()
      }
      const block = this.#queue[0]
      if (block === undefined) break
      await this.#writeOne(block)
    }
    this.#isRunning = false
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  async #writeOne(block: EventBlock): Promise<void> {
    const result = await this.#sink.write(block)
    // close() has counted the block in hand as unflushed already.
    if (this.#isClosed) return
    this.#queue.shift()
    this.#queuedBytes -= block.lines.byteLength
    this.#count(block, result)
    if (result.kind === 'failed' && result.retryAfterMs > 0) await this.#pause(result.retryAfterMs)
  }

  /**
   * The block that met the fault is given up at once, so that a full disk shows in the counters from its first moment; what is
   * behind it waits in the queue for the retry.
   */
  #count(block: EventBlock, result: WriteResult): void {
    if (result.kind === 'failed') {
      this.#written += result.writtenEvents
      this.#drop(result.reason, block.eventCount - result.writtenEvents, result.detail)
      return
    }
    this.#written += block.eventCount
    if (this.#isLosing && this.#queue.length === 0) {
      this.#isLosing = false
      this.#tell('info', 'MWAF_SINK_RECOVERED', '')
    }
  }

  #drop(reason: DropReason, eventCount: number, detail: string): void {
    this.#dropped[reason] += eventCount
    const nowMs = performance.now()
    if (this.#isLosing || nowMs - this.#lastNoticeMs < noticePeriodMs) return
    this.#isLosing = true
    this.#lastNoticeMs = nowMs
    this.#tell('warn', 'MWAF_SINK_WRITE', detail)
  }

  #tell(level: SinkNotice['level'], code: SinkNotice['code'], reason: string): void {
    const dropped = Object.values(this.#dropped).reduce((sum, count) => sum + count, 0)
    this.#notify({ level, code, details: { target: this.#sink.name, reason, dropped } })
  }

  #pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
