// In which order the engine looks at the rules of a ruleset. Of the rules of a type it reports the first that matches, and which is
// first follows from the hashes of all ids (libddwaf 1.30, tried: taking other rules away changes it), so the engine is asked.
import { type JsonRecord, recordOf, textOf } from '../json-shape.js'
import type { Engine, EngineInput, RuleMatch } from './engine.js'
import { itemsOf, ruleSections } from './ruleset-sections.js'

const address = 'mirrorwaf.order'
/** Far more than a run of rules with one word each takes. */
const budgetUs = 1_000_000

/** Tells which of several matches the engine would report if all rules were in it, and in which order. */
export class RuleOrder {
  /** Place by rule id; rules of one type lie together. */
  readonly #places = new Map<string, number>()
  readonly #types = new Map<string, string>()

  /**
   * @param documents - the ruleset, in the engine's order.
   * @param createEngine - an engine for one document; disposed here.
   */
  constructor(documents: readonly JsonRecord[], createEngine: (rules: object) => Engine) {
    const sections = ruleSections.map((section) => [section, itemsOf(documents, section).map(recordOf)] as const)
    for (const [, rules] of sections)
      for (const { id, tags } of rules) this.#types.set(textOf(id), textOf(recordOf(tags)['type']))
    const words = sections.map(([section, rules]) => [section, rules.map(asWord)] as const)
    const engine = createEngine({
      version: '2.2',
      ...Object.fromEntries(words.filter(([, rules]) => rules.length > 0)),
    })
    try {
      this.#ask(engine)
    } finally {
      engine.dispose()
    }
  }

  /**
   * Of each type the match that stands first, in the engine's order, with the type of the ruleset.
   * @param matches - of rules that have their ids for types.
   */
  first(matches: readonly RuleMatch[]): RuleMatch[] {
    const firsts = new Map<string, RuleMatch>()
    for (const match of matches) {
      const type = this.#types.get(match.id) ?? ''
      const earlier = firsts.get(type)
      if (earlier !== undefined && this.#placeOf(earlier) <= this.#placeOf(match)) continue
      firsts.set(type, { ...match, tags: { ...match.tags, type } })
    }
    return [...firsts.values()].sort((left, right) => this.#placeOf(left) - this.#placeOf(right))
  }

  #placeOf({ id }: RuleMatch): number {
    return this.#places.get(id) ?? 0
  }

  /** Each run names the first rule of each type that is still asked for. */
  #ask(engine: Engine): void {
    const left = new Set(this.#types.keys())
    const typePlaces = new Map<string, number>()
    const spacing = left.size
    for (let round = 0; left.size > 0; round++) {
      const found = askOnce(engine, { [address]: [...left] })
      for (const id of found) {
        const type = this.#types.get(id) ?? ''
        const typePlace = typePlaces.get(type) ?? typePlaces.size
        typePlaces.set(type, typePlace)
        if (left.delete(id)) this.#places.set(id, typePlace * spacing + round)
      }
      // The rest is disabled, or for other versions of the engine.
      if (found.length === 0) return
    }
  }
}

function askOnce(engine: Engine, input: EngineInput): string[] {
  const context = engine.createContext()
  try {
    return context.run(input, budgetUs).matches.map(({ id }) => id)
  } finally {
    context.dispose()
  }
}

/** The rule in its place, but all it asks for is its own id. */
function asWord({ transformers: _transformers, output: _output, ...rule }: JsonRecord): JsonRecord {
  const parameters = { inputs: [{ address }], list: [rule['id']] }
  return { ...rule, conditions: [{ operator: 'exact_match', parameters }] }
}
