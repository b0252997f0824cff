// Rule hits that wait to be reported, added up: unlike events they are never dropped, so waiting must not make them grow.
import type { RuleHit } from '../observe/metrics.js'

/** Hits by rule; bounded by the number of rules. */
export class HitTally {
  readonly #hits = new Map<string, RuleHit>()

  get isEmpty(): boolean {
    return this.#hits.size === 0
  }

  add(hits: readonly RuleHit[]): void {
    for (const hit of hits) {
      const count = hit.count + (this.#hits.get(hit.rule)?.count ?? 0)
      this.#hits.set(hit.rule, { ...hit, count })
    }
  }

  /** Hands out what has gathered and starts over. */
  take(): RuleHit[] {
    const hits = [...this.#hits.values()]
    this.#hits.clear()
    return hits
  }
}
