// A rate limit: so many tokens at first, and as many again in each period.
import type { RateLimit } from './sink-spec.js'

export class TokenBucket {
  readonly #rate: RateLimit
  readonly #nowMs: () => number
  #tokens: number
  #filledMs: number

  /** @param nowMs - a clock that does not step. */
  constructor(rate: RateLimit, nowMs: () => number) {
    this.#rate = rate
    this.#nowMs = nowMs
    this.#tokens = rate.eventCount
    this.#filledMs = nowMs()
  }

  /** @returns whether there was a token to take. */
  take(): boolean {
    this.#fill()
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #fill(): void {
    const nowMs = this.#nowMs()
    const { eventCount, periodMs } = this.#rate
    this.#tokens = Math.min(eventCount, this.#tokens + ((nowMs - this.#filledMs) * eventCount) / periodMs)
    this.#filledMs = nowMs
  }
}
