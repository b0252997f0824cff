// Numbers that one thread writes and another reads at scrape: no message, no lock, nothing for the listener to serve.
// Hot path (listener); bench: scenarios/observe.bench.ts. An add is one load and one store into a Float64Array.
// Exactly one thread writes. A reader may see one number newer than another; each number alone is whole, because the
// supported platforms are 64 bit and the array is 8-byte aligned.
import { counterSlots } from './counter-ids.js'

/** Memory for one set of counters, all zero; hand it to `SharedCounters` in every thread that looks at it. */
export function allocateCounters(): SharedArrayBuffer {
  return new SharedArrayBuffer(counterSlots * Float64Array.BYTES_PER_ELEMENT)
}

/** A view of counters in shared memory. Indexes are those of `CounterId`. */
export class SharedCounters {
  readonly #slots: Float64Array

  /** @param memory - from `allocateCounters`; stays shared. */
  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Float64Array(memory)
  }

  /** Writer thread only. */
  add(index: number, amount: number): void {
    this.#slots[index] = (this.#slots[index] ?? 0) + amount
  }

  /** Writer thread only; for gauges. */
  set(index: number, value: number): void {
    this.#slots[index] = value
  }

  get(index: number): number {
    return this.#slots[index] ?? 0
  }
}
