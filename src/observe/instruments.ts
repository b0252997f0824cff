// The counters and histograms of one process in one hand: the listener writes them, the reporting thread reads them.

import { allocateHistogram, LatencyHistogram } from './latency-histogram.js'
import { allocateCounters, SharedCounters } from './shared-counters.js'

/** The shared memory behind `Instruments`; this is what crosses threads. */
export interface InstrumentsMemory {
  readonly counters: SharedArrayBuffer
  readonly answerLatency: SharedArrayBuffer
  readonly verdictLatency: SharedArrayBuffer
  readonly batchRequests: SharedArrayBuffer
}

/** Memory for one process's instruments, all zero. */
function allocateInstruments(): InstrumentsMemory {
  return {
    counters: allocateCounters(),
    answerLatency: allocateHistogram(),
    verdictLatency: allocateHistogram(),
    batchRequests: allocateHistogram(),
  }
}

/** Views of one process's instruments. Only the listener's thread writes; see `shared-counters.ts`. */
export class Instruments {
  readonly memory: InstrumentsMemory
  readonly counters: SharedCounters
  /** Microseconds from the last body byte to the first answer byte, or to FIN when hijacked. */
  readonly answerLatencyUs: LatencyHistogram
  /** Microseconds from the last body byte to the verdict. */
  readonly verdictLatencyUs: LatencyHistogram
  /** Requests per batch. */
  readonly batchRequests: LatencyHistogram

  constructor(memory: InstrumentsMemory = allocateInstruments()) {
    this.memory = memory
    this.counters = new SharedCounters(memory.counters)
    this.answerLatencyUs = new LatencyHistogram(memory.answerLatency)
    this.verdictLatencyUs = new LatencyHistogram(memory.verdictLatency)
    this.batchRequests = new LatencyHistogram(memory.batchRequests)
  }
}
