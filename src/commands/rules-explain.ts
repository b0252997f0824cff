// Renders what the prefilter makes of each rule: tested where, or why its requests always go to the engine.
import type { CompiledRuleset, RuleExplanation } from '../prefilter/compiled-ruleset.js'
import { visible } from '../visible.js'

/** What each kind means, in the order shown. */
const kinds: readonly (readonly [RuleExplanation['kind'], string])[] = [
  ['always', 'always go to the engine'],
  ['tested', 'tested by the prefilter'],
  ['attributes', 'raise no event: attributes only'],
  ['inert', 'cannot match a mirrored request'],
  ['skipped', 'not loaded'],
]

/**
 * @param ruleIds - rules to show; none = all.
 * @returns the explanations asked for, and the ids that the ruleset does not have.
 */
export function selectExplanations(
  compiled: CompiledRuleset,
  ruleIds: readonly string[],
): { readonly found: readonly RuleExplanation[]; readonly unknown: readonly string[] } {
  if (ruleIds.length === 0) return { found: compiled.explanations, unknown: [] }
  const found = compiled.explanations.filter(({ ruleId }) => ruleIds.includes(ruleId))
  const unknown = ruleIds.filter((id) => !found.some(({ ruleId }) => ruleId === id))
  return { found, unknown }
}

/** One JSON document. */
export function renderExplanationsJson(compiled: CompiledRuleset, found: readonly RuleExplanation[]): string {
  const rules = found.map(({ ruleId, kind, reason, condition, places }) => {
    return { id: ruleId, kind, reason, condition, places }
  })
  return `${JSON.stringify({ always_engine: compiled.alwaysEngine, rules }, undefined, 2)}\n`
}

/** A paragraph for each kind. */
export function renderExplanationsText(compiled: CompiledRuleset, found: readonly RuleExplanation[]): string {
  const paragraphs = kinds.flatMap(([kind, title]) => {
    const rules = found.filter((explanation) => explanation.kind === kind)
    if (rules.length === 0) return []
    return [[`${title} (${rules.length})`, ...rules.map(describeRule)].join('\n')]
  })
  const warning = compiled.alwaysEngine === '' ? [] : [`No request can be cleared: ${visible(compiled.alwaysEngine)}`]
  return `${[...warning, ...paragraphs].join('\n\n')}\n`
}

function describeRule({ ruleId, reason, condition, places }: RuleExplanation): string {
  const where = places.length === 0 ? '' : `  ${places.map(visible).join(', ')}`
  const which = condition > 0 ? `  (condition ${condition + 1})` : ''
  const why = reason === '' ? '' : `  ${visible(reason)}`
  return `  ${visible(ruleId)}${where}${which}${why}`
}
