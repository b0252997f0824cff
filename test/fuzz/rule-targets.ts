// What a sample aims at: one rule, through one input of each of its positive conditions.
import { listOf, recordOf, textOf } from '#src/json-shape.js'
import { parseRegex } from '#src/prefilter/regex/parser.js'
import { readRulesetSource } from '#src/prefilter/ruleset/read-ruleset.js'
import type { ConditionSource, MatchScope } from '#src/prefilter/ruleset/rule-source.js'
import { requestAddresses } from '#src/request/value-visitor.js'
import type { Random } from './random.js'
import { sampleRegex } from './regex-samples.js'
import { byteSoup, htmlSoup, plainSoup, sqlSoup } from './soups.js'

/** Makes a text for one condition. */
export type TextMaker = (random: Random) => string

/** Where a text of one condition may be put. */
export interface TargetInput {
  readonly address: string
  readonly keyPath: readonly string[]
  readonly scope: MatchScope
}

export interface TargetCondition {
  readonly inputs: readonly TargetInput[]
  readonly makeText: TextMaker
}

export interface RuleTarget {
  readonly ruleId: string
  readonly conditions: readonly TargetCondition[]
}

/** The address that jwt_decode makes; the sample maker puts a token into the header instead. */
export const tokenAddress = 'server.request.jwt'

/** Every rule that a request can match, as the engine of this version would load it. */
export function findTargets(documents: readonly object[], engineVersion: string): RuleTarget[] {
  const source = readRulesetSource(documents, engineVersion)
  return source.rules.flatMap(({ id, conditions, isAttributeOnly }) => {
    const targets = conditions.map(toTargetCondition)
    const isReachable = !isAttributeOnly && targets.every((target) => target !== undefined && target.inputs.length > 0)
    return isReachable ? [{ ruleId: id, conditions: targets.flatMap((target) => target ?? []) }] : []
  })
}

function toTargetCondition(condition: ConditionSource): TargetCondition | undefined {
  const makeText = textMaker(condition)
  if (makeText === undefined) return undefined
  return { inputs: condition.inputs.filter(({ address }) => isFed(address)), makeText }
}

function isFed(address: string): boolean {
  return requestAddresses.some((fed) => fed === address) || address === tokenAddress
}

function textMaker({ operator, isNegated, parameters }: ConditionSource): TextMaker | undefined {
  if (isNegated) return plainSoup
  const { regex, options } = parameters
  const list = listOf(parameters['list']).map((item) => textOf(item))
  switch (operator) {
    case 'match_regex': {
      const parsed = parseRegex(textOf(regex), recordOf(options)['case_sensitive'] === true)
      return 'unsupported' in parsed ? undefined : (random) => sampleRegex(parsed.tree, random)
    }
    case 'phrase_match':
    case 'exact_match':
      return list.length === 0 ? undefined : (random) => random.pick(list)
    case 'is_sqli':
      return sqlSoup
    case 'is_xss':
      return htmlSoup
    case 'equals':
      return () => textOf(parameters['value'])
    default:
      return undefined
  }
}

/** A text aimed at nothing in particular. */
export function aimlessText(random: Random): string | Uint8Array {
  const kind = random.next()
  if (kind < 0.4) return sqlSoup(random)
  if (kind < 0.55) return htmlSoup(random)
  if (kind < 0.9) return plainSoup(random)
  return byteSoup(random)
}
