// One automaton of the runtime with what follows from the flags it raises.
import type { Automaton } from '../automaton/automaton.js'
import type { CheckRequest } from '../compiled-ruleset.js'
import type { AsciiSet } from '../regex/required-bytes.js'
import type { TransformerPort } from '../transformers/transformer.js'

/** An automaton and what to do about its flags. */
export interface ScanGroup {
  readonly automaton: Automaton
  readonly rescans: readonly ReadyRescan[]
  readonly checks: readonly CheckRequest[]
}

/** A rescan with its code looked up; one shape. Without a group it asks for characters: for none, if a trigger fires. */
export interface ReadyRescan {
  readonly triggers: number
  readonly seeds: number
  readonly ports: readonly TransformerPort[]
  readonly group: ScanGroup | undefined
  readonly required: readonly (readonly AsciiSet[])[]
}
