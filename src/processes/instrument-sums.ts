// The primary's instruments as the sum of its children's: what the admin port shows of all processes together.
// Counters and histograms keep what an ended child had counted; gauges are those of the children that live.
import { CounterId, counterSlots } from '../observe/counter-ids.js'
import type { Instruments } from '../observe/instruments.js'
import { outcomeIndex, outcomes } from '../verdict/outcome.js'
import type { ChildHistograms, ChildNumbers } from './messages.js'

/** How a gauge of several children becomes one number. */
type Fold = 'sum' | 'largest' | 'mean'

/** Every gauge that children set. */
export const gaugeFolds: ReadonlyMap<number, Fold> = new Map<number, Fold>([
  [CounterId.connectionsOpen, 'sum'],
  [CounterId.queueBytes, 'sum'],
  [CounterId.inFlightBytes, 'sum'],
  [CounterId.workers, 'sum'],
  [CounterId.workerBusyRatio, 'mean'],
  // The same ruleset in all; they differ only while a reload is under way.
  [CounterId.rulesLoaded, 'largest'],
  [CounterId.rulesFailed, 'largest'],
  [CounterId.loopDelayP50Us, 'largest'],
  [CounterId.loopDelayP99Us, 'largest'],
  [CounterId.loopDelayMaxUs, 'largest'],
  [CounterId.prefilterTableBytes, 'sum'],
  [CounterId.prefilterStates, 'sum'],
  [CounterId.prefilterFlushes, 'sum'],
  [CounterId.prefilterRefused, 'sum'],
  [CounterId.childResidentBytes, 'sum'],
])

/** What the primary sets itself. */
export const primaryNumbers: ReadonlySet<number> = new Set([
  CounterId.lifeState,
  CounterId.startedAtMs,
  CounterId.childProcesses,
])

/** One child's share. Made by `InstrumentSums.addPart`. */
export interface InstrumentPart {
  counters: Float64Array
  histograms: ChildHistograms
}

/** Adds up children. The thread that calls is the one writer of the instruments. */
export class InstrumentSums {
  readonly #total: Instruments
  readonly #parts = new Set<InstrumentPart>()

  /** @param total - where the sums go; what its owner adds there itself stays. */
  constructor(total: Instruments) {
    this.#total = total
  }

  /** A share for a new child, empty. */
  addPart(): InstrumentPart {
    const part = { counters: new Float64Array(counterSlots), histograms: noHistograms }
    this.#parts.add(part)
    return part
  }

  /** Puts a child's newest numbers in the place of its last ones. */
  update(part: InstrumentPart, { counters, histograms }: ChildNumbers): void {
    for (let index = 0; index < counterSlots; index++) {
      if (gaugeFolds.has(index) || primaryNumbers.has(index)) continue
      this.#total.counters.add(index, (counters[index] ?? 0) - (part.counters[index] ?? 0))
    }
    // Copies: what IPC delivers are views of a larger buffer, which would live on with them.
    part.counters = counters.slice()
    if (histograms !== undefined) this.#updateHistograms(part, histograms)
    this.#foldGauges()
  }

  /**
   * A child has ended: what it had received and not decided is counted as lost.
   * @returns how many requests that were.
   */
  retire(part: InstrumentPart): number {
    this.#parts.delete(part)
    const lostCount = undecidedCount(part.counters)
    this.#total.counters.add(CounterId.outcome + outcomeIndex('lost'), lostCount)
    this.#foldGauges()
    return lostCount
  }

  #updateHistograms(part: InstrumentPart, newer: ChildHistograms): void {
    const { answerLatencyUs, verdictLatencyUs, batchRequests } = this.#total
    answerLatencyUs.addGrowth(part.histograms.answerLatencyUs, newer.answerLatencyUs)
    verdictLatencyUs.addGrowth(part.histograms.verdictLatencyUs, newer.verdictLatencyUs)
    batchRequests.addGrowth(part.histograms.batchRequests, newer.batchRequests)
    part.histograms = {
      answerLatencyUs: newer.answerLatencyUs.slice(),
      verdictLatencyUs: newer.verdictLatencyUs.slice(),
      batchRequests: newer.batchRequests.slice(),
    }
  }

  #foldGauges(): void {
    for (const [index, fold] of gaugeFolds) {
      const values = [...this.#parts].map(({ counters }) => counters[index] ?? 0)
      this.#total.counters.set(index, foldValues(values, fold))
    }
  }
}

const empty = new Float64Array(0)
const noHistograms: ChildHistograms = { answerLatencyUs: empty, verdictLatencyUs: empty, batchRequests: empty }

function foldValues(values: readonly number[], fold: Fold): number {
  if (fold === 'largest') return Math.max(0, ...values)
  const sum = values.reduce((total, value) => total + value, 0)
  return fold === 'mean' ? sum / Math.max(1, values.length) : sum
}

function undecidedCount(counters: Float64Array): number {
  const first = CounterId.outcome
  const decided = counters.subarray(first, first + outcomes.length).reduce((total, count) => total + count, 0)
  return (counters[CounterId.received] ?? 0) - decided
}
