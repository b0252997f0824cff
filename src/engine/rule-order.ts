// In which order the engine reports matches, and which of several. Of rules of one type it reports the first, but not in all its
// modules; which is first follows from the hashes of all ids (libddwaf 1.30, tried: taking other rules away changes it). So an
// engine with all rules is asked, in which each matches its own id.
import { type JsonRecord, recordOf, textOf } from '../json-shape.js'
import type { Engine, RuleMatch } from './engine.js'
import { itemsOf, ruleSections } from './ruleset-sections.js'

const address = 'mirrorwaf.order'
/** Far more than a run of rules with one word each takes. */
const budgetUs = 1_000_000

/** Bounds what learning the order costs, 25 to 80 µs each. Datadog's ruleset takes 2,500. */
const askLimitCount = 6000

/** Of those in one group the first in order is reported. */
interface RulePlace {
  readonly group: string
  readonly order: number
}

/** Tells which of several matches the engine would report if all rules were in it, and in which order. */
export class RuleOrder {
  readonly #places = new Map<string, RulePlace>()
  readonly #types = new Map<string, string>()

  /**
   * @param documents - the ruleset, in the engine's order.
   * @param createEngine - an engine for one document; disposed here.
   * @param checkpoint - called between runs of the engine; may throw to give up.
   */
  constructor(
    documents: readonly JsonRecord[],
    createEngine: (rules: object) => Engine,
    checkpoint: () => void = () => {},
  ) {
    for (const { id, tags } of itemsOf(documents, ruleSections))
      this.#types.set(textOf(id), textOf(recordOf(tags)['type']))
    const words = ruleSections.map((section) => [section, itemsOf(documents, [section]).map(asWord)] as const)
    const engine = createEngine({
      version: '2.2',
      ...Object.fromEntries(words.filter(([, rules]) => rules.length > 0)),
    })
    try {
      let askedCount = 0
      this.#ask((ids) => {
        checkpoint()
        askedCount += 1
        return askedCount > askLimitCount ? ids : askOnce(engine, ids)
      })
      if (askedCount > askLimitCount) this.#places.clear()
    } finally {
      engine.dispose()
    }
  }

  /** Whether the order of all of these is known; not with very many rules, nor with ids that the engine does not give back. */
  knows(ids: readonly string[]): boolean {
    return ids.every((id) => this.#places.has(id) && id.isWellFormed() && this.#types.get(id) !== '')
  }

  /**
   * What is reported of these matches: of each group the first, in order, with the types of the ruleset.
   * @param matches - of rules that have their ids for types. @param earlier - those reported before of the same request.
   */
  report(matches: readonly RuleMatch[], earlier: readonly RuleMatch[]): RuleMatch[] {
    const reported = new Set(earlier.map(({ id }) => this.#placeOf(id).group))
    const sorted = matches.toSorted((left, right) => this.#placeOf(left.id).order - this.#placeOf(right.id).order)
    return sorted.flatMap((match) => {
      const { group } = this.#placeOf(match.id)
      if (reported.has(group)) return []
      reported.add(group)
      return { ...match, tags: { ...match.tags, type: this.#types.get(match.id) ?? '' } }
    })
  }

  /** A rule that the probe did not name, e.g. one for other versions of the engine, cannot match. */
  #placeOf(id: string): RulePlace {
    return this.#places.get(id) ?? { group: id, order: 0 }
  }

  /** Of two that match the engine tells which comes first, and whether both are reported. */
  #ask(ask: (ids: readonly string[]) => readonly string[]): void {
    // What does not match its own id is disabled, or for other versions of the engine.
    const ids = [...this.#types.keys()].filter((id) => ask([id]).length > 0)
    ids.sort((left, right) => (ask([left, right])[0] === left ? -1 : 1))
    for (const [order, id] of ids.entries()) {
      const rivals = ids.slice(0, order).filter((earlier) => this.#types.get(earlier) === this.#types.get(id))
      const rival = rivals.find((earlier) => ask([earlier, id]).length === 1)
      this.#places.set(id, { group: rival === undefined ? id : this.#placeOf(rival).group, order })
    }
  }
}

/** @returns those that matched, as reported. */
function askOnce(engine: Engine, ids: readonly string[]): string[] {
  const context = engine.createContext()
  try {
    return context.run({ [address]: ids }, budgetUs).matches.map(({ id }) => id)
  } finally {
    context.dispose()
  }
}

/** The rule in its place, but all it asks for is its own id. */
function asWord({ transformers: _transformers, output: _output, on_match: _actions, ...rule }: JsonRecord): JsonRecord {
  const parameters = { inputs: [{ address }], list: [rule['id']] }
  return { ...rule, conditions: [{ operator: 'exact_match', parameters }] }
}
