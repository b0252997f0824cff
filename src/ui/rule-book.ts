// The rules that are loaded, by id, as a reader wants them: name, tags, conditions in words.
import type { RulesetDocument } from '../engine/ruleset.js'
import { ruleSections } from '../engine/ruleset-sections.js'
import { listOf, recordOf, textOf } from '../json-shape.js'
import { anyOf } from './addresses.js'
import type { ConditionWords, RuleWords } from './page/api-types.js'

/** Phrases shown of a list; some rules have hundreds. */
const shownPhrases = 12

export class RuleBook {
  readonly #rules: ReadonlyMap<string, unknown>

  /** @param documents - as the engine got them; what is no rule is left out. */
  constructor(documents: readonly RulesetDocument[]) {
    const rules = documents.flatMap(({ text }) => {
      const document = recordOf(JSON.parse(text))
      return ruleSections.flatMap((section) => listOf(document[section]))
    })
    this.#rules = new Map(rules.map((rule) => [textOf(recordOf(rule)['id']), rule]))
  }

  nameOf(id: string): string | undefined {
    const rule = this.#rules.get(id)
    return rule === undefined ? undefined : textOf(recordOf(rule)['name'], id)
  }

  /** @returns `undefined` when no such rule is loaded. */
  describe(id: string): RuleWords | undefined {
    const rule = this.#rules.get(id)
    if (rule === undefined) return undefined
    const { name, tags, conditions, transformers } = recordOf(rule)
    return {
      id,
      name: textOf(name, id),
      tags: textTags(tags),
      conditions: listOf(conditions).map((condition) => describeCondition(condition, listOf(transformers))),
    }
  }
}

/** Only texts; without the `type` of objects, and no prototype to reach. */
export function textTags(tags: unknown): Readonly<Record<string, string>> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(recordOf(tags))) texts[name] = textOf(value)
  return texts
}

function describeCondition(condition: unknown, ruleTransformers: readonly unknown[]): ConditionWords {
  const { operator, parameters } = recordOf(condition)
  const { inputs, transformers } = recordOf(parameters)
  const places = listOf(inputs).map((input) => {
    const { address, key_path } = recordOf(input)
    return { address: textOf(address), keyPath: listOf(key_path).map((key) => textOf(key)) }
  })
  const own = listOf(inputs).flatMap((input) => listOf(recordOf(input)['transformers']))
  const applied = [own, listOf(transformers), ruleTransformers].find((list) => list.length > 0) ?? []
  return {
    subject: places.length === 0 ? 'what the application does' : anyOf(places),
    ...describeOperator(textOf(operator), recordOf(parameters)),
    transformers: [...new Set(applied.map((name) => textOf(name)))],
  }
}

function describeOperator(
  operator: string,
  parameters: Readonly<Record<string, unknown>>,
): { readonly verb: string; readonly object: string } {
  const { regex, list, value, data } = parameters
  const base = operator.replace(/^!/, '').replace(/@v\d+$/, '')
  const isNegated = operator.startsWith('!')
  switch (base) {
    case 'match_regex':
      return { verb: isNegated ? 'does not match the pattern' : 'matches the pattern', object: textOf(regex) }
    case 'phrase_match':
      return { verb: isNegated ? 'contains none of the phrases' : 'contains one of the phrases', object: phrases(list) }
    case 'exact_match':
      return { verb: isNegated ? 'is none of' : 'is one of', object: phrases(list) || `the list ${textOf(data)}` }
    case 'ip_match':
      return { verb: isNegated ? 'is not in' : 'is in', object: phrases(list) || `the list ${textOf(data)}` }
    case 'is_sqli':
      return { verb: 'reads like a piece of SQL (libinjection)', object: '' }
    case 'is_xss':
      return { verb: 'reads like script or markup (libinjection)', object: '' }
    case 'exists':
      return { verb: isNegated ? 'is not there' : 'is there', object: '' }
    case 'equals':
      return { verb: isNegated ? 'does not equal' : 'equals', object: String(value) }
    case 'greater_than':
      return { verb: 'is greater than', object: String(value) }
    case 'lower_than':
      return { verb: 'is lower than', object: String(value) }
    case 'hidden_ascii_match':
      return { verb: 'hides text in invisible characters', object: '' }
    default:
      return { verb: `is found by the detector ${operator}`, object: '' }
  }
}

function phrases(list: unknown): string {
  const all = listOf(list).map((phrase) => textOf(phrase))
  const more = all.length > shownPhrases ? ` and ${all.length - shownPhrases} more` : ''
  return `${all.slice(0, shownPhrases).join('  ')}${more}`
}
