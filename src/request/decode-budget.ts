// The time a request's decoding may take, shared with the engine's budget: one absolute deadline for both.
// Stage: [decode]. Hot path: the clock is read once per few KiB of input, not per value.

/** Input bytes between two looks at the clock: 8 KiB take 10 to 80 µs to decode, against 40 ns for the look. */
const bytesBetweenChecks = 8192

/**
 * Share of a request's time after which its walk ends; engine runs on parts that came full in between count in it. The rest is
 * the engine's, for the part that is open then: where content is sparse, that part holds all there is.
 */
const walkShare = 0.75

/** Counts down to a deadline. One per worker thread; `start` for each request. */
export class DecodeBudget {
  /** When walks end: absolute, on the clock given to the constructor, in milliseconds. */
  deadlineMs: number = Number.POSITIVE_INFINITY
  /** True once the deadline was seen to have passed; stays true until the next `start`. */
  isExhausted = false
  readonly #now: () => number
  #unchecked = 0
  /** Input bytes accounted for since `start`, overlaps of windows included. */
  spentBytes = 0

  /** @param now - a monotonic clock in milliseconds; the deadline is on the same clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @param requestDeadlineMs - absolute deadline of the request that comes now, decoding and engine together. */
  start(requestDeadlineMs: number): void {
    const nowMs = this.#now()
    this.deadlineMs = nowMs + (requestDeadlineMs - nowMs) * walkShare
    this.isExhausted = false
    this.#unchecked = 0
    this.spentBytes = 0
  }

  /**
   * Accounts for work done; decoders call it between values.
   * @param byteCount - input bytes consumed since the last call.
   * @returns true while there is time left.
   */
  spend(byteCount: number): boolean {
    this.spentBytes += byteCount
    this.#unchecked += byteCount
    if (this.#unchecked < bytesBetweenChecks) return !this.isExhausted
    return this.check()
  }

  /** Milliseconds until the deadline; not negative, infinite without one. */
  get remainingMs(): number {
    return Math.max(0, this.deadlineMs - this.#now())
  }

  /**
   * Ends a stage that must leave time for what comes after it: unpacking a body is no use if none is left to look at it.
   * @param share - of the time left, 0 to 1.
   * @returns the absolute time at which the stage is to stop; ask `isPast`.
   */
  stageEnd(share: number): number {
    return this.#now() + this.remainingMs * share
  }

  /** @param timeMs - absolute, as `stageEnd` gave it. */
  isPast(timeMs: number): boolean {
    return this.#now() >= timeMs
  }

  /** Looks at the clock now. @returns true while there is time left. */
  check(): boolean {
    this.#unchecked = 0
    if (!this.isExhausted && this.#now() >= this.deadlineMs) this.isExhausted = true
    return !this.isExhausted
  }
}
