// Watches the thread it runs in and copies what it sees into the shared counters once a second: event-loop delay, garbage
// collection, share of time the workers were busy. Runs in the listener's thread, because a loop can only be measured from inside.
import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { CounterId, gcKinds } from './counter-ids.js'
import type { SharedCounters } from './shared-counters.js'

/** How often the loop delay is looked at; 10 ms costs nothing measurable and still sees every stall that matters. */
const delayResolutionMs = 10
const samplePeriodMs = 1000

const gcKindIndexes: ReadonlyMap<number, number> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 0],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 1],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 2],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 3],
])

export interface LoopSampler {
  /** Copies the current values at once; the timer calls it, tests may. */
  sample(): void
  stop(): void
}

/**
 * Starts watching the calling thread. Its timer does not keep the process alive.
 * @param counters - written from this thread, which must be their one writer.
 */
export function startLoopSampler(counters: SharedCounters): LoopSampler {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delay.enable()
  const gc = observeGc(counters)
  const busy = new BusyRatio(counters)
  const sample = (): void => {
    // The timer itself waits one resolution between looks; what is over that is delay.
    counters.set(CounterId.loopDelayP50Us, overResolutionUs(delay.percentile(50)))
    counters.set(CounterId.loopDelayP99Us, overResolutionUs(delay.percentile(99)))
    counters.set(CounterId.loopDelayMaxUs, overResolutionUs(delay.max))
    delay.reset()
    busy.sample()
  }
  const timer = setInterval(sample, samplePeriodMs)
  timer.unref()
  return {
    sample,
    stop() {
      clearInterval(timer)
      delay.disable()
      gc.disconnect()
    },
  }
}

function observeGc(counters: SharedCounters): PerformanceObserver {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = gcKindIndexes.get(gcKindOf('detail' in entry ? entry.detail : undefined))
      if (kind === undefined || kind >= gcKinds.length) continue
      counters.add(CounterId.gcCount + kind, 1)
      counters.add(CounterId.gcUs + kind, entry.duration * 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return observer
}

function gcKindOf(detail: unknown): number {
  if (typeof detail !== 'object' || detail === null || !('kind' in detail)) return -1
  return typeof detail.kind === 'number' ? detail.kind : -1
}

/** An idle histogram says NaN or 0 for percentiles and a huge or 0 value for its extremes; both mean no delay seen. */
function overResolutionUs(nanoseconds: number): number {
  const us = nanoseconds / 1000 - delayResolutionMs * 1000
  return us > 0 ? us : 0
}

/** Turns the growing sum of busy microseconds into the share of the last period. */
class BusyRatio {
  readonly #counters: SharedCounters
  #lastAtMs = performance.now()
  #lastBusyUs: number

  constructor(counters: SharedCounters) {
    this.#counters = counters
    this.#lastBusyUs = counters.get(CounterId.workerBusyUs)
  }

  sample(): void {
    const nowMs = performance.now()
    const busyUs = this.#counters.get(CounterId.workerBusyUs)
    const capacityUs = (nowMs - this.#lastAtMs) * 1000 * Math.max(1, this.#counters.get(CounterId.workers))
    const ratio = capacityUs > 0 ? (busyUs - this.#lastBusyUs) / capacityUs : 0
    this.#lastAtMs = nowMs
    this.#lastBusyUs = busyUs
    // A batch is added when it ends, so a long one may count its whole time into one period.
    this.#counters.set(CounterId.workerBusyRatio, Math.min(1, ratio))
  }
}
