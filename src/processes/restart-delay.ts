// How long a place in the primary's ranks stays empty before a new process takes it.

const shortestMs = 100
const longestMs = 10_000
/** A process that lived this long was no failed start; what ended it is a new matter. */
const healthyLifeMs = 60_000

/** Doubles from 100 ms to 10 s with each process that ends young; one per place. */
export class RestartDelay {
  #nextMs = shortestMs

  /** @param livedMs - how long the process that ended had lived. */
  nextMs(livedMs: number): number {
    if (livedMs >= healthyLifeMs) this.#nextMs = shortestMs
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(longestMs, 2 * delayMs)
    return delayMs
  }
}
