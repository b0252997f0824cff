// When a run has to stop: the operator asked for it, or its time is up. Time spent waiting for an answer does not count.

/** Asked between two objects; what is under way is always finished. */
export class StopWatch {
  readonly #signal: AbortSignal
  readonly #limitMs: number
  #startedMs = performance.now()

  /** @param limitMs - 0: no limit. */
  constructor(signal: AbortSignal, limitMs: number) {
    this.#signal = signal
    this.#limitMs = limitMs
  }

  get isOver(): boolean {
    return this.reason !== undefined
  }

  /** Why the run stops, or `undefined` while it may go on. */
  get reason(): string | undefined {
    if (this.#signal.aborted) return 'the run was interrupted'
    const isLate = this.#limitMs > 0 && performance.now() - this.#startedMs >= this.#limitMs
    return isLate ? `the time limit of ${this.#limitMs} ms is over` : undefined
  }

  /** Waits for a person; the clock stands still meanwhile. */
  async pauseFor<T>(answer: () => Promise<T>): Promise<T> {
    const pausedMs = performance.now()
    try {
      return await answer()
    } finally {
      this.#startedMs += performance.now() - pausedMs
    }
  }
}
