// What the compiler knows of a ruleset after reading it: enabled rules with their conditions, data lists, derived addresses.
import type { JsonRecord } from '../../json-shape.js'

/** Which side of a map a condition looks at. 'both' where that cannot be told for sure. */
export type MatchScope = 'values' | 'keys' | 'both'

/** An address, or a key under it. */
export interface PlaceSource {
  readonly address: string
  readonly keyPath: readonly string[]
}

/** One place a condition looks at. */
export interface InputSource extends PlaceSource {
  /** In order, without the ones that only choose the scope. */
  readonly transformers: readonly string[]
  readonly scope: MatchScope
}

export interface ConditionSource {
  /** Without `!` and `@vN`. */
  readonly operator: string
  readonly isNegated: boolean
  readonly inputs: readonly InputSource[]
  /**
   * All addresses named anywhere in the condition, for operators whose inputs have another shape. Detectors that compare a
   * resource (a file, a query) with parameters of the request need the resource first: theirs alone count.
   */
  readonly addresses: readonly string[]
  readonly parameters: JsonRecord
}

export interface RuleSource {
  readonly id: string
  readonly name: string
  /** Of rules of one type the engine reports the first that matches. */
  readonly type: string
  readonly conditions: readonly ConditionSource[]
  /** Sets attributes only: no event, no keep, no action. */
  readonly isAttributeOnly: boolean
  /** What is done when it matches may keep other rules from being looked at. */
  readonly hasActions: boolean
  /** It sets attributes, or is otherwise not reported as an event alone. */
  readonly hasOutput: boolean
  /** Where the rule takes attributes from when it matches. */
  readonly attributeInputs: readonly PlaceSource[]
}

/** One entry of `rules_data`. */
export interface DataEntry {
  readonly value: string
  /** Seconds since the epoch; 0 = never. */
  readonly expiresAt: number
}

/** An address that a processor fills from another one before the rules run. */
export interface DerivedAddress {
  /** Whether it is filled depends on other values of the request. */
  readonly isConditional: boolean
  readonly generator: string
  readonly output: string
  readonly inputs: readonly PlaceSource[]
}

/** A rule that is not compiled, and why. */
export interface SkippedRule {
  readonly id: string
  readonly reason: string
}

/** Something of the ruleset that the compiler does not understand; `addresses` empty = it may concern all. */
export interface Doubt {
  readonly ruleId: string
  readonly reason: string
  readonly addresses: readonly string[]
}

export interface RulesetSource {
  readonly rules: readonly RuleSource[]
  readonly skipped: readonly SkippedRule[]
  readonly data: ReadonlyMap<string, readonly DataEntry[]>
  readonly derived: readonly DerivedAddress[]
  readonly doubts: readonly Doubt[]
  readonly hasExclusions: boolean
  /** Rules may be other than they are written: overrides, or sections that are not known. */
  readonly isRewritten: boolean
}
