// Answers that are the same for every open page: made once, one after the other, and shown for a while.

/** An answer stays for ten times what it took to make, within these. */
const freshMs = { least: 2000, most: 30_000 } as const
/** Different questions at a time. The page has a handful; an answer has some ten KiB. */
export const questionLimit = 16

interface Entry {
  readonly answer: Promise<Buffer>
  /** `undefined` while it is being made. */
  staleAtMs: number | undefined
}

export class AnswerCache {
  readonly #nowMs: () => number
  /** The last one asked is the last. */
  readonly #entries = new Map<string, Entry>()
  #lastTurn: Promise<unknown> = Promise.resolve()

  /** @param nowMs - a clock that does not step. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /**
   * @param key - of the question; bounded by the caller.
   * @param make - makes the answer; called when those before it are made.
   * @returns JSON, rejected as `make` was; `undefined`: too many different questions at once.
   */
  ask(key: string, make: () => Promise<object>): Promise<Buffer> | undefined {
    const known = this.#entries.get(key)
    if (known !== undefined && (known.staleAtMs === undefined || this.#nowMs() < known.staleAtMs)) return known.answer
    this.#entries.delete(key)
    if (!this.#makeRoom()) return undefined
    const answer = this.#lastTurn.then(() => this.#make(key, make))
    this.#lastTurn = answer.catch(() => undefined)
    this.#entries.set(key, { answer, staleAtMs: undefined })
    return answer
  }

  async #make(key: string, make: () => Promise<object>): Promise<Buffer> {
    const startMs = this.#nowMs()
    try {
      const answer = Buffer.from(JSON.stringify(await make()))
      const endMs = this.#nowMs()
      const stayMs = Math.min(freshMs.most, Math.max(freshMs.least, 10 * (endMs - startMs)))
      const entry = this.#entries.get(key)
      if (entry !== undefined) entry.staleAtMs = endMs + stayMs
      return answer
    } catch (thrown) {
      this.#entries.delete(key)
      throw thrown
    }
  }

  /** @returns false when all answers are still being made. */
  #makeRoom(): boolean {
    if (this.#entries.size < questionLimit) return true
    for (const [key, { staleAtMs }] of this.#entries) {
      if (staleAtMs === undefined) continue
      this.#entries.delete(key)
      return true
    }
    return false
  }
}
