// One sink with its bounded queue: takes blocks without ever waiting, writes them one after the other, tries again where the sink
// says that it may help, counts what is lost.
import type { HeldAccount } from './held-ledger.js'
import { attemptLimit, retryDelayMs } from './retry-delay.js'
import {
  type DropReason,
  type EventBlock,
  joinBlocks,
  noDrops,
  type Sink,
  type SinkNotice,
  type SinkTotals,
  type WriteResult,
} from './sink.js'

/** At most one notice of loss per sink in this time, however fast it fails and recovers. */
const noticePeriodMs = 10_000
/** Longest pause that a destination may ask for. */
const longestAskedMs = 300_000

export interface LaneSettings {
  readonly sink: Sink
  /** Events waiting for this sink, the block being written included. */
  readonly limitBytes: number
  /** Told when events begin to be lost or to wait, and when they flow again. */
  readonly notify: (notice: SinkNotice) => void
  /** Told how many events wait here. */
  readonly held: HeldAccount
  /** From 0 up to 1, for the pauses between retries. */
  readonly random?: () => number
}

export class SinkLane {
  readonly #sink: Sink
  readonly #limitBytes: number
  readonly #notify: (notice: SinkNotice) => void
  readonly #held: HeldAccount
  readonly #random: () => number
  readonly #queue: EventBlock[] = []
  readonly #dropped: Record<DropReason, number> = noDrops()
  #queuedBytes = 0
  #written = 0
  #isRunning = false
  #isClosed = false
  #isReopenWanted = false
  /** Events are being lost or wait for a retry, and the operator was told. */
  #isInTrouble = false
  /** How often the block in hand has failed. */
  #attempts = 0
  #isHurried = false
  #lastNoticeMs = Number.NEGATIVE_INFINITY
  /** Ends the pause after a fault early. */
  #wake: () => void = () => {}
  #idleWaiters: (() => void)[] = []

  constructor({ sink, limitBytes, notify, held, random = Math.random }: LaneSettings) {
    this.#sink = sink
    this.#limitBytes = limitBytes
    this.#notify = notify
    this.#held = held
    this.#random = random
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
    this.#held.add(block.eventCount)
    this.#start()
  }

  /** Has the sink start over before its next write; a pause after a fault ends. */
  reopen(): void {
    this.#isReopenWanted = true
    this.#wake()
    this.#start()
  }

  /** The end is near: a block that waits for its retry is tried at once, and from then on after the shortest pause. */
  hurry(): void {
    this.#isHurried = true
    if (this.#attempts > 0) this.#wake()
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
    const unflushed = this.#queue.splice(0).reduce((count, block) => count + block.eventCount, 0)
    this.#dropped.unflushed += unflushed
    this.#held.add(-unflushed)
    this.#queuedBytes = 0
    await this.#sink.close()
  }

  get totals(): Omit<SinkTotals, 'filtered' | 'folded'> {
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
      const block = this.#joinHead()
      if (block === undefined) break
      await this.#writeOne(block)
    }
    this.#isRunning = false
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  /**
   * The head of the queue as one block of at most the sink's batch size; it stays in the queue. A block that failed is given
   * again as it was: its destination may have taken it after all, and knows it by its bytes.
   */
  #joinHead(): EventBlock | undefined {
    const { batchLimitBytes = 0 } = this.#sink
    let count = 1
    let byteCount = this.#queue[0]?.lines.byteLength ?? 0
    while (this.#attempts === 0 && count < this.#queue.length) {
      byteCount += this.#queue[count]?.lines.byteLength ?? 0
      if (byteCount > batchLimitBytes) break
      count += 1
    }
    if (count > 1) this.#queue.splice(0, count, joinBlocks(this.#queue.slice(0, count)))
    return this.#queue[0]
  }

  async #writeOne(block: EventBlock): Promise<void> {
    const result = await this.#sink.write(block)
    // close() has counted the block in hand as unflushed already.
    if (this.#isClosed) return
    if (result.kind === 'retry' && this.#attempts + 1 < attemptLimit) {
      await this.#waitForRetry(result)
      return
    }
    this.#attempts = 0
    this.#queue.shift()
    this.#queuedBytes -= block.lines.byteLength
    this.#held.add(-block.eventCount)
    this.#count(block, result)
    if (result.kind === 'failed' && result.retryAfterMs > 0) await this.#pause(result.retryAfterMs)
  }

  async #waitForRetry({ detail, retryAfterMs = 0 }: Extract<WriteResult, { kind: 'retry' }>): Promise<void> {
    this.#attempts += 1
    this.#report('MWAF_SINK_WAITING', detail)
    const shortestMs = retryDelayMs(1, this.#random())
    const pauseMs = Math.max(retryDelayMs(this.#attempts, this.#random()), Math.min(retryAfterMs, longestAskedMs))
    await this.#pause(this.#isHurried ? shortestMs : pauseMs)
  }

  /**
   * A block that a sink gives up is counted at once, so that a full disk shows in the counters from its first moment; what is
   * behind it waits in the queue.
   */
  #count(block: EventBlock, result: WriteResult): void {
    if (result.kind === 'failed') {
      this.#written += result.writtenEvents
      this.#drop(result.reason, block.eventCount - result.writtenEvents, result.detail)
      return
    }
    if (result.kind === 'retry') {
      const { detail, writtenEvents = 0 } = result
      this.#written += writtenEvents
      this.#drop('write_error', block.eventCount - writtenEvents, `${detail} (tried ${attemptLimit} times)`)
      return
    }
    this.#written += block.eventCount
    if (this.#isInTrouble && this.#queue.length === 0) {
      this.#isInTrouble = false
      this.#tell('info', 'MWAF_SINK_RECOVERED', '')
    }
  }

  #drop(reason: DropReason, eventCount: number, detail: string): void {
    this.#dropped[reason] += eventCount
    this.#report('MWAF_SINK_WRITE', detail)
  }

  #report(code: 'MWAF_SINK_WRITE' | 'MWAF_SINK_WAITING', detail: string): void {
    const nowMs = performance.now()
    if (this.#isInTrouble || nowMs - this.#lastNoticeMs < noticePeriodMs) return
    this.#isInTrouble = true
    this.#lastNoticeMs = nowMs
    this.#tell('warn', code, detail)
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
