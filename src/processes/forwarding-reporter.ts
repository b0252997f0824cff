// The reporter of a process that serves under a primary: sends events, hits and numbers there, never waits, and counts what
// finds no room. The primary hands them to the reporting thread, which only it has.
import { CounterId } from '../observe/counter-ids.js'
import type { Instruments } from '../observe/instruments.js'
import type { EngineInfo, RuleHit } from '../observe/metrics.js'
import { HitTally } from '../sinks/hit-tally.js'
import { blockLimitBytes, type Reporter } from '../sinks/reporter.js'
import type { FlushReport } from '../sinks/reporter-messages.js'
import type { SinkTotals } from '../sinks/sink.js'
import { withinTime } from '../within-time.js'
import type { ChildHistograms, ChildNumbers, FromChild } from './messages.js'

/** The way to the primary. */
export interface PrimaryChannel {
  /** Sends one message. @param onTaken - called once, when the system has taken it or never will. */
  post(message: FromChild, onTaken: () => void): void
}

/**
 * How often counters go out. A process that is killed takes with it what it received in this time: short enough to be of no
 * consequence, and 1 KiB each time costs nothing measurable.
 */
const countersPeriodMs = 100
/** Histograms go with every tenth, 82 KiB together; the sampler of the event loop has the same period. */
const ticksPerHistogram = 10
/** Time for the last numbers at the end. */
const lastNumbersMs = 1000

export class ForwardingReporter implements Reporter {
  readonly adminAddress = undefined
  readonly uiAddress = undefined
  readonly #channel: PrimaryChannel
  readonly #instruments: Instruments
  readonly #limitBytes: number
  readonly #pendingHits = new HitTally()
  readonly #timer: NodeJS.Timeout
  #outstandingBytes = 0
  #areNumbersOutstanding = false
  #tickCount = 0
  #onTaken: (() => void) | undefined

  /** @param limitBytes - events that may be on their way to the primary; one of the largest always may. */
  constructor(channel: PrimaryChannel, instruments: Instruments, limitBytes: number) {
    this.#channel = channel
    this.#instruments = instruments
    this.#limitBytes = Math.max(limitBytes, blockLimitBytes)
    this.#timer = setInterval(() => this.#tick(), countersPeriodMs)
    this.#timer.unref()
  }

  send(events: readonly Uint8Array[], ruleHits: readonly RuleHit[] = []): void {
    this.#pendingHits.add(ruleHits)
    const { fittingCount, byteCount } = this.#countFitting(events, this.#limitBytes)
    this.#instruments.counters.add(CounterId.channelDropped, events.length - fittingCount)
    // With no event to go beside them, hits wait for the next tick: they have no bound in bytes of their own.
    if (fittingCount > 0) this.#sendReport(events.slice(0, fittingCount), [], byteCount)
  }

  sendSpans(spans: readonly Uint8Array[]): void {
    const { fittingCount, byteCount } = this.#countFitting(spans, this.#limitBytes / 2)
    this.#instruments.counters.add(CounterId.spansDropped, spans.length - fittingCount)
    if (fittingCount > 0) this.#sendReport([], spans.slice(0, fittingCount), byteCount)
  }

  setEngine(info: EngineInfo): void {
    this.#channel.post({ kind: 'engine', info }, ignore)
  }

  /** The files are the primary's. */
  reopen(): void {}

  async flush(timeLimitMs: number): Promise<FlushReport> {
    if (!this.#pendingHits.isEmpty) this.#sendReport([], [], 0)
    if (this.#outstandingBytes === 0) return { isComplete: true, totals: [] }
    const taken = new Promise<void>((resolve) => {
      this.#onTaken = resolve
    })
    return { isComplete: await withinTime(taken, timeLimitMs), totals: [] }
  }

  /** Sends the last numbers. */
  async stop(): Promise<readonly SinkTotals[]> {
    clearInterval(this.#timer)
    const taken = new Promise<void>((resolve) => {
      this.#channel.post({ kind: 'numbers', numbers: this.#numbers(true) }, resolve)
    })
    await withinTime(taken, lastNumbersMs)
    return []
  }

  #countFitting(
    lines: readonly Uint8Array[],
    limitBytes: number,
  ): { readonly fittingCount: number; readonly byteCount: number } {
    let fittingCount = 0
    let byteCount = 0
    for (const { byteLength } of lines) {
      if (this.#outstandingBytes + byteCount + byteLength > limitBytes) break
      byteCount += byteLength
      fittingCount += 1
    }
    return { fittingCount, byteCount }
  }

  #sendReport(events: readonly Uint8Array[], spans: readonly Uint8Array[], byteCount: number): void {
    this.#outstandingBytes += byteCount
    const report = {
      events,
      spans,
      ruleHits: this.#pendingHits.take(),
      counters: copySlots(this.#instruments.memory.counters),
    }
    this.#channel.post({ kind: 'report', report }, () => {
      this.#outstandingBytes -= byteCount
      if (this.#outstandingBytes === 0) this.#onTaken?.()
    })
  }

  /** While the primary takes nothing, nothing more is put before it: the next numbers hold all that these would. */
  #tick(): void {
    this.#tickCount += 1
    if (this.#areNumbersOutstanding) return
    this.#areNumbersOutstanding = true
    if (!this.#pendingHits.isEmpty) this.#sendReport([], [], 0)
    const numbers = this.#numbers(this.#tickCount % ticksPerHistogram === 1)
    this.#channel.post({ kind: 'numbers', numbers }, () => {
      this.#areNumbersOutstanding = false
    })
  }

  #numbers(hasHistograms: boolean): ChildNumbers {
    if (hasHistograms) noteOwnUse(this.#instruments)
    return {
      counters: copySlots(this.#instruments.memory.counters),
      histograms: hasHistograms ? copyHistograms(this.#instruments) : undefined,
    }
  }
}

/** What the primary cannot see of this process. */
function noteOwnUse({ counters }: Instruments): void {
  const { user, system } = process.cpuUsage()
  counters.set(CounterId.childCpuUs, user + system)
  counters.set(CounterId.childResidentBytes, process.memoryUsage.rss())
}

function copyHistograms({ memory }: Instruments): ChildHistograms {
  return {
    answerLatencyUs: copySlots(memory.answerLatency),
    verdictLatencyUs: copySlots(memory.verdictLatency),
    batchRequests: copySlots(memory.batchRequests),
  }
}

function copySlots(memory: SharedArrayBuffer): Float64Array {
  return Float64Array.from(new Float64Array(memory))
}

function ignore(): void {}
