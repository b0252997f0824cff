// Families of rules that may be judged apart from the others, by an engine of their own.
// Of rules of one type the engine reports the first that matches; whoever judges families apart has to do the same. A rule that
// sets attributes or has actions changes what becomes of others, so what may match one is left to the whole ruleset.
import type { RuleSource } from './ruleset/rule-source.js'

/** A set of families, one bit each. */
export type FamilySet = number

/** Not a family: the whole ruleset must judge. */
export const wholeRuleset: FamilySet = 1 << 30

/** Where there are more, some share a bit. */
const maxFamilies = 30

/** Sorts rules into families by their types; those that the engine's own operators decide stand apart, they may match often. */
export class FamilyBook {
  /** Family by rule id. */
  readonly #familyOf = new Map<string, FamilySet>()
  readonly #indexes = new Map<string, number>()
  readonly #families: string[][] = []

  add({ id, type, hasOutput, hasActions }: RuleSource, isChecked: boolean): void {
    if (hasOutput || hasActions) {
      this.#familyOf.set(id, wholeRuleset)
      return
    }
    const key = `${isChecked ? 'checked' : 'tested'} ${type}`
    const index = this.#indexes.get(key) ?? this.#indexes.size % maxFamilies
    this.#indexes.set(key, index)
    this.#familyOf.set(id, this.of(id) | (1 << index))
    const family = (this.#families[index] ??= [])
    family.push(id)
  }

  of(ruleId: string): FamilySet {
    return this.#familyOf.get(ruleId) ?? 0
  }

  /** Ids of the rules of each family. */
  list(): readonly (readonly string[])[] {
    return this.#families
  }
}
