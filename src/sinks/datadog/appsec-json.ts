// The tag `_dd.appsec.json`: what matched, in the form of libddwaf's own events.
import type { EventCondition, EventMatch } from '../../verdict/event.js'

/** The tag, and how many matches did not fit into it. */
export interface AppsecJson {
  readonly text: string
  readonly omittedCount: number
}

/** Datadog's agent cuts tags at 25,000 characters; what is cut there is no JSON any more. */
export const appsecJsonLimit = 24_000
/** Values are cut to the first of these that makes the matches fit, before matches are left out. */
const valueLimits: readonly number[] = [Number.POSITIVE_INFINITY, 1024, 256, 64]

/** @param matches - of one event. */
export function encodeAppsecJson(matches: readonly EventMatch[]): AppsecJson {
  for (const limit of valueLimits) {
    const text = encode(matches, limit)
    if (text.length <= appsecJsonLimit) return { text, omittedCount: 0 }
  }
  for (let count = matches.length - 1; count > 0; count -= 1) {
    const text = encode(matches.slice(0, count), valueLimits.at(-1) ?? 0)
    if (text.length <= appsecJsonLimit) return { text, omittedCount: matches.length - count }
  }
  return { text: '{"triggers":[]}', omittedCount: matches.length }
}

function encode(matches: readonly EventMatch[], limit: number): string {
  const triggers = matches.map(({ rule, matches: conditions }) => ({
    rule: { id: rule.id, name: rule.name, tags: rule.tags, on_match: [] },
    rule_matches: conditions.map((condition) => toRuleMatch(condition, limit)),
  }))
  return JSON.stringify({ triggers })
}

function toRuleMatch(condition: EventCondition, limit: number): object {
  const { operator, operator_value, address, key_path, value, highlight } = condition
  const cut = (text: string): string => (text.length <= limit ? text : `${text.slice(0, limit)}…`)
  const parameter = { address, key_path: key_path.map(cut), value: cut(value), highlight: highlight.map(cut) }
  return { operator, operator_value: cut(operator_value), parameters: [parameter] }
}
