// What the compiler makes of a ruleset and every worker runs on. Structured-clonable; the large arrays share their memory.
import type { AutomatonGroup } from './automaton/group.js'
import type { Nfa } from './automaton/nfa.js'
import type { FamilySet } from './families.js'
import type { AsciiSet } from './regex/required-bytes.js'
import type { CheckedOperator } from './ruleset/condition-test.js'

/** A second look at values that a transformer may change; `triggers` are flags of which one must be raised. */
export type Rescan =
  | {
      /** The text is transformed and tested by another group. */
      readonly kind: 'scan'
      readonly triggers: number
      /** Flags of which one must be raised as well; 0 = none needed. */
      readonly seeds: number
      /** Names in `transformers`, in order. */
      readonly ports: readonly string[]
      /** Index into `groups`. */
      readonly group: number
    }
  | {
      /** The text's characters are normalised one by one: does it hold what one of the patterns needs, in any order? */
      readonly kind: 'collect'
      readonly triggers: number
      /** Per pattern: sets of which the text must hold a character each. */
      readonly required: readonly (readonly AsciiSet[])[]
    }
  /** Nothing better is known: a trigger makes a candidate. */
  | { readonly kind: 'fire'; readonly triggers: number }

/** Values that the engine itself must check for one operator. */
export interface CheckRequest {
  /** Flags of which one must be raised. */
  readonly triggers: number
  /** Index into `CompiledRuleset.checks`. */
  readonly check: number
}

/** One automaton and what to do about the flags it raises. */
export interface CompiledGroup extends AutomatonGroup {
  readonly rescans: readonly Rescan[]
  readonly checks: readonly CheckRequest[]
  /** Rules whose conditions are tested here. */
  readonly ruleIds: readonly string[]
}

/** An operator that only the engine has, with the transformers in front of it. */
export interface Check {
  readonly operator: CheckedOperator
  readonly transformers: readonly string[]
}

/** Tests of some families at a place: a part of what the place's group tests. */
export interface FamilyTests {
  readonly families: FamilySet
  /** Index into `groups`. */
  readonly group: number
}

/** What is tested at one place of a request: an address, or a key under it. Tests of places above apply as well. */
export interface CompiledPlace {
  /** Indexes into `groups`; -1 = nothing to match. */
  readonly values: number
  readonly keys: number
  /** The same by family, for values and keys that may match. */
  readonly valueFamilies: readonly FamilyTests[]
  readonly keyFamilies: readonly FamilyTests[]
  /** Not empty: any value here makes a candidate, and this says why. */
  readonly present: string
  /** Any value here may be what the engine needs beside those that tests find. */
  readonly isNeeded: boolean
  /** Rules set attributes by any value here, though they report nothing. */
  readonly describes: boolean
  readonly firesOnNumber: boolean
  readonly firesOnBoolean: boolean
  /** Indexes into `ipLists`. */
  readonly ipLists: readonly number[]
  /** Derived addresses made of a string here. */
  readonly jwtOutput: string
  readonly children: readonly (readonly [string, CompiledPlace])[]
}

/** What the compiler did with a rule. */
export interface RuleExplanation {
  readonly ruleId: string
  readonly kind: 'tested' | 'inert' | 'skipped' | 'attributes' | 'always'
  /** Why it is not tested, or why its addresses always go to the engine. */
  readonly reason: string
  /** Index of the condition that is tested; -1 when none is. */
  readonly condition: number
  /** Where: `address` or `address[key][key]`, with ` keys` where keys are looked at. */
  readonly places: readonly string[]
}

export interface CompiledRuleset {
  readonly nfa: Nfa
  readonly groups: readonly CompiledGroup[]
  /** Address -> what is tested there; addresses without rules are missing. */
  readonly addresses: readonly (readonly [string, CompiledPlace])[]
  readonly ipLists: readonly (readonly string[])[]
  readonly checks: readonly Check[]
  /** Not empty: no request can be cleared, and this says why. */
  readonly alwaysEngine: string
  /** See `RulesetPrefilter.findsAllValues`. */
  readonly findsAllValues: boolean
  /** Ids of the rules of each family; none: families cannot be judged apart. */
  readonly families: readonly (readonly string[])[]
  readonly explanations: readonly RuleExplanation[]
}
