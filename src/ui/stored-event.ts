// Reads stored event lines for the page. Lines were written by this program, but perhaps by an older or newer version of it:
// what is not there reads as empty.
import { listOf, recordOf, textOf } from '../json-shape.js'
import { placeWords } from './addresses.js'
import type { EventDetail, EventMatchDetail, EventSummary, MatchedCondition } from './page/api-types.js'
import { type RuleBook, textTags } from './rule-book.js'

/** Longest texts in lists; the whole is in the event. */
const summaryLimits = { path: 200, query: 200, value: 160, host: 100, name: 120 } as const

/** What the store says of an event beside its line. */
export interface StoredFacts {
  readonly atMs: number
  readonly route: string
  readonly client: string
}

export function summarise(id: number, facts: StoredFacts, line: string): EventSummary {
  const { request, matches } = recordOf(JSON.parse(line))
  const { method, host, path, query } = recordOf(request)
  const [first] = listOf(matches)
  const condition = readCondition(listOf(recordOf(first)['matches'])[0])
  return {
    id,
    atMs: facts.atMs,
    client: facts.client,
    route: facts.route,
    method: cut(textOf(method), 20),
    host: cut(textOf(host), summaryLimits.host),
    path: cut(textOf(path), summaryLimits.path),
    query: cut(textOf(query), summaryLimits.query),
    rules: listOf(matches).map((match) => {
      const rule = recordOf(recordOf(match)['rule'])
      const { type } = recordOf(rule['tags'])
      return { id: textOf(rule['id']), name: cut(textOf(rule['name']), summaryLimits.name), type: textOf(type) }
    }),
    where: cut(condition.where, summaryLimits.name),
    value: cut(condition.value, summaryLimits.value),
  }
}

export function openEvent(id: number, facts: StoredFacts, line: string, rules: RuleBook): EventDetail {
  const event = recordOf(JSON.parse(line))
  const request = recordOf(event['request'])
  const { type, seen, inspected } = recordOf(request['body'])
  const { ip, chain } = recordOf(event['client'])
  const omitted = event['matches_omitted']
  return {
    summary: summarise(id, facts, line),
    request: {
      method: textOf(request['method']),
      host: textOf(request['host_raw']) || textOf(request['host']),
      path: textOf(request['path']),
      query: textOf(request['query']),
      httpVersion: textOf(request['http_version']),
      headers: textTags(request['headers']),
      bodyType: textOrNull(type),
      bodySeenBytes: numberOf(seen),
      bodyInspectedBytes: numberOf(inspected),
    },
    clientIp: textOrNull(ip),
    chain: listOf(chain).map((address) => textOf(address)),
    requestId: textOrNull(request['request_id']),
    traceId: textOrNull(request['trace_id']),
    outcome: textOf(event['outcome']),
    flags: Object.entries(recordOf(event['flags'])).flatMap(([name, isSet]) => (isSet === true ? [name] : [])),
    matches: listOf(event['matches']).map((match) => readMatch(match, rules)),
    matchesOmitted: numberOf(omitted),
    json: JSON.stringify(event, undefined, 2),
  }
}

/** The matches of a line, for what looks at many of them. */
export function readMatches(
  line: string,
): readonly { readonly ruleId: string; readonly conditions: MatchedCondition[] }[] {
  return listOf(recordOf(JSON.parse(line))['matches']).map((match) => {
    const { rule, matches } = recordOf(match)
    return { ruleId: textOf(recordOf(rule)['id']), conditions: listOf(matches).map(readCondition) }
  })
}

/** Path and query of a line's request, as sent. */
export function readTarget(line: string): string {
  const { path, query } = recordOf(recordOf(JSON.parse(line))['request'])
  return textOf(query) === '' ? textOf(path) : `${textOf(path)}?${textOf(query)}`
}

function readMatch(match: unknown, rules: RuleBook): EventMatchDetail {
  const { rule, matches } = recordOf(match)
  const { id, name, tags } = recordOf(rule)
  return {
    ruleId: textOf(id),
    ruleName: textOf(name),
    tags: textTags(tags),
    rule: rules.describe(textOf(id)) ?? null,
    conditions: listOf(matches).map(readCondition),
  }
}

function readCondition(condition: unknown): MatchedCondition {
  const { operator, operator_value, address, key_path, value, highlight } = recordOf(condition)
  const keyPath = listOf(key_path).map((key) => textOf(key))
  return {
    where: placeWords(textOf(address), keyPath),
    operator: textOf(operator),
    operatorValue: textOf(operator_value),
    address: textOf(address),
    keyPath,
    value: textOf(value),
    highlight: listOf(highlight).map((part) => textOf(part)),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}
