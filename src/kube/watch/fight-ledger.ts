// Notices when somebody keeps removing what the watch adds (GitOps, another controller), and makes it wait longer each time.
import { backOffMs, type WatchTiming } from './watch-timing.js'

/** What is known of one route. */
interface Entry {
  /** Rules that the watch has given a filter, by digest of their matches: a new rule is no fight. */
  readonly rules: Set<string>
  fights: number
  lastPatchMs: number
}

/** Remembers what was patched. Grows with the routes of the cluster; `forget` those that are gone. */
export class FightLedger {
  readonly #timing: Pick<WatchTiming, 'firstFightMs' | 'longestFightMs' | 'peaceMs'>
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  /** @param now - a clock in milliseconds. */
  constructor(timing: Pick<WatchTiming, 'firstFightMs' | 'longestFightMs' | 'peaceMs'>, now: () => number) {
    this.#timing = timing
    this.#now = now
  }

  /** Routes that are fought over at present. */
  get size(): number {
    return [...this.#entries.values()].filter(({ fights }) => fights > 0).length
  }

  /**
   * How long to wait before rules get their filter (again).
   * @param rules - digests of the rules that lack it.
   * @returns 0 for rules that never had one from us.
   */
  delayMs(key: string, rules: readonly string[]): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || !rules.some((rule) => entry.rules.has(rule))) return 0
    if (this.#now() - entry.lastPatchMs >= this.#timing.peaceMs) entry.fights = 0
    const { firstFightMs, longestFightMs } = this.#timing
    const dueMs = entry.lastPatchMs + backOffMs(entry.fights + 1, firstFightMs, longestFightMs)
    return Math.max(dueMs - this.#now(), 0)
  }

  /**
   * Notes that rules got their filter.
   * @returns how many times in a row it had been removed from them before.
   */
  patched(key: string, rules: readonly string[]): number {
    const entry = this.#entries.get(key) ?? { rules: new Set(), fights: 0, lastPatchMs: 0 }
    entry.fights = rules.some((rule) => entry.rules.has(rule)) ? entry.fights + 1 : 0
    for (const rule of rules) entry.rules.add(rule)
    entry.lastPatchMs = this.#now()
    this.#entries.set(key, entry)
    return entry.fights
  }

  /** How often what was added to a route has been removed so far. */
  fightsOver(key: string): number {
    return this.#entries.get(key)?.fights ?? 0
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }
}
