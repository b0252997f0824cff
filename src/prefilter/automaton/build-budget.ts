// How much work the lazily built automata of one worker may do: per request, and as a share of the worker's time.
// Without it a sender of ever new texts could keep a worker busy building states. When the budget is used up the value
// counts as fired: the engine, whose cost is bounded by its own budget, decides.

/** Milliseconds of a monotonic clock. */
export type Clock = () => number

export interface BuildLimits {
  /** Work that one request may cause; the unit is one NFA node moved, about 20 ns. */
  readonly workPerRequest: number
  /** Share of the worker's time that building may take in the long run. */
  readonly timeShare: number
  /** Building time that may be spent at once after a quiet spell; bounds the share within a second. */
  readonly burstMs: number
}

/** Why building was refused. */
export type BuildRefusal = 'request' | 'rate'

/** Shared by all automata of a worker. */
export class BuildBudget {
  /** The reason of the last refusal since `beginRequest`. */
  refusal: BuildRefusal | undefined
  /** Totals for metrics. */
  refusedByRequest = 0
  refusedByRate = 0
  buildMs = 0

  readonly #limits: BuildLimits
  readonly #now: Clock
  #work = 0
  #allowanceMs: number
  #refilledAt: number
  #startedAt = 0
  #isUnlimited = false

  constructor(limits: BuildLimits, now: Clock) {
    this.#limits = limits
    this.#now = now
    this.#allowanceMs = limits.burstMs
    this.#refilledAt = now()
  }

  /** While warming up only the warm-up's own deadline counts. */
  setUnlimited(isUnlimited: boolean): void {
    this.#isUnlimited = isUnlimited
    this.#refilledAt = this.#now()
  }

  beginRequest(): void {
    this.#work = this.#limits.workPerRequest
    this.refusal = undefined
  }

  /** Asks for leave to work out one transition; when granted, `end` must follow. */
  begin(): boolean {
    if (this.#work <= 0 && !this.#isUnlimited) return this.#refuse('request')
    this.#startedAt = this.#now()
    if (this.#isUnlimited) return true
    this.#refill()
    return this.#allowanceMs > 0 || this.#refuse('rate')
  }

  /** @param work - NFA nodes moved. */
  end(work: number): void {
    const spentMs = this.#now() - this.#startedAt
    this.buildMs += spentMs
    if (this.#isUnlimited) return
    this.#allowanceMs -= spentMs
    this.#work -= work
  }

  #refill(): void {
    const elapsedMs = this.#startedAt - this.#refilledAt
    this.#refilledAt = this.#startedAt
    this.#allowanceMs = Math.min(this.#limits.burstMs, this.#allowanceMs + elapsedMs * this.#limits.timeShare)
  }

  #refuse(refusal: BuildRefusal): false {
    this.refusal = refusal
    if (refusal === 'request') this.refusedByRequest++
    else this.refusedByRate++
    return false
  }
}
