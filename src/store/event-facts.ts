// What the store keeps of an event beside its line: when it was, and the four things that events are counted by.
import { listOf, recordOf, textOf } from '../json-shape.js'

/** What events are counted by. The position is stored in the database: only append. */
export const dimensions = ['all', 'type', 'rule', 'route', 'client'] as const
export type Dimension = (typeof dimensions)[number]

/** One event as the store and the page's stream know it. */
export interface EventFacts {
  readonly atMs: number
  readonly rules: readonly string[]
  readonly types: readonly string[]
  /** Method, host and path with what differs from request to request replaced by `*`. */
  readonly route: string
  readonly client: string
}

/** A name is an index entry: longer ones are cut, which at worst counts two routes as one. */
const nameLimitChars = 128
/** More of a path says nothing more about which part of a service it is. */
const segmentLimit = 5

/**
 * Reads what is counted of an event line.
 * @returns `undefined` when the line is no event.
 */
export function readEventFacts(line: string): EventFacts | undefined {
  const { timestamp, matches, request, client } = recordOf(parse(line))
  const atMs = Date.parse(textOf(timestamp))
  if (Number.isNaN(atMs)) return undefined
  const { ip } = recordOf(client)
  const { rules, types } = readRules(listOf(matches))
  return { atMs, rules, types, route: routeOf(request), client: clip(textOf(ip, 'unknown')) }
}

/** The names under which an event counts in a dimension, each once. */
export function namesOf(facts: EventFacts, dimension: Dimension): readonly string[] {
  switch (dimension) {
    case 'all':
      return allNames
    case 'type':
      return facts.types
    case 'rule':
      return facts.rules
    case 'route':
      return [facts.route]
    case 'client':
      return [facts.client]
    default:
      return dimension satisfies never
  }
}

const allNames: readonly string[] = ['all']

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Not an event then; the caller counts it.
    return undefined
  }
}

function readRules(matches: readonly unknown[]): { readonly rules: string[]; readonly types: string[] } {
  const rules = new Set<string>()
  const types = new Set<string>()
  for (const match of matches) {
    const { rule } = recordOf(match)
    const { id, tags } = recordOf(rule)
    const { type } = recordOf(tags)
    rules.add(clip(textOf(id, 'unknown')))
    types.add(clip(textOf(type, 'unknown')))
  }
  return { rules: [...rules], types: [...types] }
}

/** The part of a service that a request was for: few of them, whatever senders ask for. */
export function routeOf(request: unknown): string {
  const { method, host, path } = recordOf(request)
  const segments = textOf(path).split('/').slice(1)
  const shown = segments.slice(0, segmentLimit).map((segment) => (isName(segment) ? segment : '*'))
  const rest = segments.length > segmentLimit ? '/…' : ''
  return clip(`${textOf(method)} ${textOf(host)}/${shown.join('/')}${rest}`)
}

/** A word of a program, not a number, an identifier or a payload. */
function isName(segment: string): boolean {
  if (!/^[\w.~-]{0,32}$/.test(segment)) return false
  return !/^\d+$/.test(segment) && !/^(?=.*\d)[0-9a-f-]{8,}$/i.test(segment)
}

/** Never empty: the empty name stands for all that have none of their own. */
function clip(name: string): string {
  if (name === '') return 'unknown'
  // A lone half of a surrogate pair could not be stored as UTF-8.
  return name.length > nameLimitChars ? name.slice(0, nameLimitChars).toWellFormed() : name.toWellFormed()
}
