// A log-linear histogram in shared memory, after the idea of HDR histograms: exact below 128, then 128 slots per power of two.
// Hot path (listener); bench: scenarios/observe.bench.ts. `record` does no allocation, no search and no lock.
// Error bound: a slot is at most 1/128 of its values wide, so what is read back is at most 0.8 % above what was recorded.
// One thread writes; readers may miss the newest values but never see a slot half written.

/** Slots per power of two; 128 keeps two significant decimal digits. */
const slotsPerOctave = 128
const octaveBits = 7
/** Largest value told apart; larger ones count as this one. In microseconds: 71 minutes, beyond every time-out. */
const largestValue = 0xffffffff
/** 128 exact slots, then the octaves 7..31. */
const slotCount = slotsPerOctave * (32 - octaveBits + 1)
const sumIndex = slotCount
const maxIndex = slotCount + 1

/** What one pass over the slots gave; `counts[i]` is the number of values at or below `bounds[i]`. */
export interface CumulativeCounts {
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
}

/** Memory for one histogram, empty; 27 KiB. */
export function allocateHistogram(): SharedArrayBuffer {
  return new SharedArrayBuffer((slotCount + 2) * Float64Array.BYTES_PER_ELEMENT)
}

/** A view of one histogram in shared memory. The unit of its values is the caller's and stands in the name it gives it. */
export class LatencyHistogram {
  readonly #slots: Float64Array

  /** @param memory - from `allocateHistogram`; stays shared. */
  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Float64Array(memory)
  }

  /**
   * Counts one value. Writer thread only.
   * @param value - rounded down to a whole number; negative and NaN count as 0 (a clock that stepped back).
   */
  record(value: number): void {
    const slots = this.#slots
    const known = value > 0 ? value : 0
    const index = slotOf(known)
    slots[index] = (slots[index] ?? 0) + 1
    slots[sumIndex] = (slots[sumIndex] ?? 0) + known
    if (known > (slots[maxIndex] ?? 0)) slots[maxIndex] = known
  }

  /** How many values were recorded; one pass over the slots. */
  get count(): number {
    let total = 0
    for (let index = 0; index < slotCount; index++) total += this.#slots[index] ?? 0
    return total
  }

  get sum(): number {
    return this.#slots[sumIndex] ?? 0
  }

  /** The largest value recorded, exact; 0 when there is none. */
  get max(): number {
    return this.#slots[maxIndex] ?? 0
  }

  /**
   * The value that a share of all values does not exceed, at most 0.8 % too high.
   * @param percentile - 0 to 100.
   * @returns 0 when nothing was recorded.
   */
  valueAtPercentile(percentile: number): number {
    const total = this.count
    if (total === 0) return 0
    const wanted = Math.max(1, Math.ceil((percentile / 100) * total))
    let seen = 0
    for (let index = 0; index < slotCount; index++) {
      seen += this.#slots[index] ?? 0
      if (seen >= wanted) return Math.min(slotEnd(index), this.max)
    }
    return this.max
  }

  /**
   * Counts at or below each bound, total and sum, from one pass: the parts agree with one another.
   * @param bounds - ascending. A slot counts under a bound when all its values do, so a bound inside a slot reads low by that slot.
   */
  cumulativeCounts(bounds: readonly number[]): CumulativeCounts {
    const counts: number[] = []
    const sum = this.sum
    let seen = 0
    let index = 0
    for (const bound of bounds) {
      while (index < slotCount && slotEnd(index) <= bound) seen += this.#slots[index++] ?? 0
      counts.push(seen)
    }
    while (index < slotCount) seen += this.#slots[index++] ?? 0
    return { counts, count: seen, sum }
  }

  /**
   * Adds what another process's histogram has gained between two moments. Writer thread only.
   * @param older - copy of that histogram's memory at the first moment; an empty array stands for a new histogram.
   * @param newer - copy of it at the second.
   */
  addGrowth(older: Float64Array, newer: Float64Array): void {
    const slots = this.#slots
    for (let index = 0; index <= sumIndex; index++) {
      slots[index] = (slots[index] ?? 0) + (newer[index] ?? 0) - (older[index] ?? 0)
    }
    slots[maxIndex] = Math.max(this.max, newer[maxIndex] ?? 0)
  }

  /** Adds another histogram's values to this one. Writer thread only. */
  merge(other: LatencyHistogram): void {
    const slots = this.#slots
    for (let index = 0; index <= sumIndex; index++) slots[index] = (slots[index] ?? 0) + (other.#slots[index] ?? 0)
    slots[maxIndex] = Math.max(this.max, other.max)
  }
}

function slotOf(value: number): number {
  const whole = value < largestValue ? value >>> 0 : largestValue
  const shift = 31 - octaveBits - Math.clz32(whole)
  return shift > 0 ? shift * slotsPerOctave + (whole >>> shift) : whole
}

/** The largest whole number that falls into a slot. */
function slotEnd(index: number): number {
  if (index < 2 * slotsPerOctave) return index
  const shift = Math.floor(index / slotsPerOctave) - 1
  return (index - shift * slotsPerOctave + 1) * 2 ** shift - 1
}
