// The prefilter of one ruleset, as a worker uses it: what it is built with, what it tells, what it counts.
import type { Engine } from '../engine/engine.js'
import type { BuildLimits, Clock } from './automaton/build-budget.js'
import type { FamilySet } from './families.js'
import type { Prefilter } from './prefilter.js'
import type { VerdictReport } from './runtime/held-requests.js'

export interface PrefilterLimits extends BuildLimits {
  /** Bytes that the tables of all automata of this worker may take. */
  readonly tableBytes: number
}

/** What a prefilter is built with. */
export interface PrefilterParts {
  /** Builds the small handle that confirms is_sqli and is_xss; called once, if the ruleset has them. */
  readonly createEngine: (rulesDocument: object) => Engine
  /** Monotonic, milliseconds. */
  readonly now: Clock
  readonly limits?: Partial<PrefilterLimits>
}

/** Totals since the start; for metrics. */
export interface PrefilterStats {
  readonly states: number
  readonly transitions: number
  readonly tableBytes: number
  readonly flushes: number
  /** Milliseconds spent building states and transitions. */
  readonly buildMs: number
  readonly refusedByRequest: number
  readonly refusedByRate: number
  /** Texts that were transformed and looked at again. */
  readonly rescans: number
  /** Calls of the confirming handle, and values given to it. */
  readonly checkCalls: number
  readonly checkedValues: number
  readonly tables: readonly TableStats[]
}

/** The tables of one group of patterns. */
export interface TableStats {
  /** For people; not stable across rulesets. */
  readonly name: string
  readonly states: number
  /** Memory in use. */
  readonly tableBytes: number
  readonly flushes: number
}

/**
 * The prefilter of one ruleset.
 *
 * A worker with a batch of requests in hand asks the engine once for all of them:
 * ```ts
 * for each request: reset(); walk into sink
 *   if (isCandidate) run the engine
 *   else if (isPending) { hold(number of the request); if (mustSettle) settle(decide) }
 *   else it is cleared
 * settle(decide)
 * ```
 * `isCleared` decides one request at once, for a full call's price.
 */
export interface RulesetPrefilter extends Prefilter {
  /** The request in hand must go to the engine; known without asking it. */
  readonly isCandidate: boolean
  /** Not a candidate so far, but the engine must check some of its values before it is cleared. */
  readonly isPending: boolean
  /** Too little room is left for another request's values: settle before the next. */
  readonly mustSettle: boolean
  /** Puts the pending request in hand aside. @param ticket - the caller's number for it. */
  hold(ticket: number): void
  /** Decides all requests that were put aside, in order; not to be called while a request is being walked. */
  settle(report: VerdictReport): void
  /**
   * True when the values of a candidate may be looked at one by one: what no rule can match without, or takes attributes from,
   * is then among those that `takeSuspicion` told of, so the engine decides the request on these alone.
   */
  readonly findsAllValues: boolean
  /**
   * Whether the engine needs what was sent since the last call; forgets it.
   * @param asksEngine - whether the engine is asked about single values first, or they count as needed.
   */
  takeSuspicion(asksEngine: boolean): boolean
  /** Ids of the rules of each family that may be judged apart from the others; empty: all rules must judge. */
  readonly families: readonly (readonly string[])[]
  /** Whether `takeFamilies` tells anything, for which each value that may match is looked at again; until `reset`. */
  tellsFamilies: boolean
  /** Families that may match what was sent since the last call, or need it; forgets them. */
  takeFamilies(): FamilySet
  readonly stats: PrefilterStats
  /**
   * Sends harmless requests of its own through the automata, until their states are there or the time is used up.
   * @param limitMs - of the injected clock; the default is what a worker may take before it is ready.
   * @returns how many were sent.
   */
  warmUp(limitMs?: number): number
  /** Does work during which states are built without bounds, and forgets the request in hand. Not while requests are held. */
  withoutBounds(work: () => void): void
  /** From now on requests that fill this address are candidates: the engine contradicted a clearance. */
  distrust(address: string, reason: string): void
  /** Gives native memory back. */
  dispose(): void
}
