// Which events are alike: the same rules, on the same route, from the same client.
import type { SecurityEvent } from '../verdict/event.js'

/** Deeper paths are alike from here on: a sender must not make as many routes as it likes. */
const segmentLimit = 8
/** Segments that name one thing among many: numbers, UUIDs, long hexadecimal and long mixed ids. */
const idSegment = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|(?=\w*\d)[\w-]{20,})$/i

/** Method, host and path with `{id}` in place of ids. Bounded by the length of the event's own texts. */
export function routeOf({ request }: SecurityEvent): string {
  const segments = request.path.split('/')
  const shown = segments.slice(0, segmentLimit + 1).map((segment) => (idSegment.test(segment) ? '{id}' : segment))
  const more = segments.length > segmentLimit + 1 ? '/*' : ''
  return `${request.method} ${request.host}${shown.join('/')}${more}`
}

/** Who sent it, as far as known; empty when not at all. */
export function clientOf({ client }: SecurityEvent): string {
  return client.ip ?? client.peer ?? ''
}

/** Rule ids in order of the alphabet, between commas. */
export function rulesOf({ matches }: SecurityEvent): string {
  return matches
    .map(({ rule }) => rule.id)
    .sort()
    .join(',')
}

/** What folded events have in common. */
export function foldKeyOf(event: SecurityEvent): string {
  return JSON.stringify([rulesOf(event), routeOf(event), clientOf(event)])
}
