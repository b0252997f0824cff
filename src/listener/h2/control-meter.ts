// Notices clients that keep a connection busy with frames that carry no request: PING and SETTINGS.
// node:http2 ends a session whose peer does not take the acknowledgements (1000 of them wait); this is for one that does.

/** Within one period; a keep-alive ping comes every few seconds. */
const frameLimitCount = 1000
const periodMs = 10_000

/** Counts the frames of one connection. */
export class ControlMeter {
  #count = 0
  #periodEndMs = 0

  /** Counts one frame. @returns true when there were too many in this period. */
  isFlood(nowMs: number): boolean {
    if (nowMs >= this.#periodEndMs) {
      this.#periodEndMs = nowMs + periodMs
      this.#count = 0
    }
    this.#count += 1
    return this.#count > frameLimitCount
  }
}
