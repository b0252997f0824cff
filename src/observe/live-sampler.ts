// Looks at the shared numbers once a second for the live page: rates, and latencies of that second alone. Runs in the reporting
// thread and only while there is a page; the listener does not know of it.
import { outcomes } from '../verdict/outcome.js'
import { CounterId } from './counter-ids.js'
import type { Instruments } from './instruments.js'
import { allocateHistogram, LatencyHistogram } from './latency-histogram.js'

/** One second; latencies in microseconds, 0 when nothing happened. */
export interface Sample {
  readonly atMs: number
  readonly receivedPerSecond: number
  /** In the order of `outcomes`. */
  readonly outcomesPerSecond: readonly number[]
  readonly eventsPerSecond: number
  readonly droppedPerSecond: number
  readonly answerP50Us: number
  readonly answerP99Us: number
  readonly verdictP50Us: number
  readonly verdictP99Us: number
  readonly queueBytes: number
  readonly inFlightBytes: number
  readonly connections: number
  readonly workerBusyRatio: number
}

/** Samples kept: what a page shows at once when it is opened. */
export const keptSamples = 300

export class LiveSampler {
  readonly #instruments: Instruments
  readonly #answer: GrowthReader
  readonly #verdict: GrowthReader
  readonly #samples: Sample[] = []
  #last: readonly number[]
  #lastAtMs: number

  /** @param nowMs - a clock that does not step. */
  constructor(instruments: Instruments, nowMs: number) {
    this.#instruments = instruments
    this.#answer = new GrowthReader(instruments.memory.answerLatency)
    this.#verdict = new GrowthReader(instruments.memory.verdictLatency)
    this.#last = this.#readCounters()
    this.#lastAtMs = nowMs
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** @param wallClockMs - what the sample says its time is. */
  sample(nowMs: number, wallClockMs: number): Sample {
    const seconds = Math.max(0.001, (nowMs - this.#lastAtMs) / 1000)
    const values = this.#readCounters()
    const [received = 0, events = 0, dropped = 0, ...outcomesPerSecond] = values.map(
      (value, index) => (value - (this.#last[index] ?? 0)) / seconds,
    )
    this.#last = values
    this.#lastAtMs = nowMs
    const { counters } = this.#instruments
    const [answerP50Us, answerP99Us] = this.#answer.read()
    const [verdictP50Us, verdictP99Us] = this.#verdict.read()
    const sample: Sample = {
      atMs: wallClockMs,
      receivedPerSecond: received,
      outcomesPerSecond,
      eventsPerSecond: events,
      droppedPerSecond: dropped,
      answerP50Us,
      answerP99Us,
      verdictP50Us,
      verdictP99Us,
      queueBytes: counters.get(CounterId.queueBytes),
      inFlightBytes: counters.get(CounterId.inFlightBytes),
      connections: counters.get(CounterId.connectionsOpen),
      workerBusyRatio: counters.get(CounterId.workerBusyRatio),
    }
    this.#samples.push(sample)
    if (this.#samples.length > keptSamples) this.#samples.shift()
    return sample
  }

  #readCounters(): readonly number[] {
    const { counters } = this.#instruments
    const indexes = [CounterId.received, CounterId.eventsBuilt, CounterId.channelDropped]
    return [...indexes, ...outcomes.map((_, index) => CounterId.outcome + index)].map((index) => counters.get(index))
  }
}

/** Percentiles of what a histogram gained since the last look. */
class GrowthReader {
  readonly #slots: Float64Array
  readonly #growthMemory: Float64Array
  readonly #growth: LatencyHistogram
  #older: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Float64Array(memory)
    this.#older = Float64Array.from(this.#slots)
    const scratch = allocateHistogram()
    this.#growthMemory = new Float64Array(scratch)
    this.#growth = new LatencyHistogram(scratch)
  }

  read(): readonly [p50Us: number, p99Us: number] {
    const newer = Float64Array.from(this.#slots)
    this.#growthMemory.fill(0)
    this.#growth.addGrowth(this.#older, newer)
    this.#older = newer
    return [this.#growth.valueAtPercentile(50), this.#growth.valueAtPercentile(99)]
  }
}
