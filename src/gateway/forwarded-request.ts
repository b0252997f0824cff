// What the backend is told about a request beside what the client sent: who it came from, and under which id.
import { dropHeaders, dropHopByHop, type HeaderList, valuesOf } from './headers.js'

/** Who asks, as the gateway sees it. */
export interface Arrival {
  /** Address of the connection's other end. */
  readonly peer: string
  /** The peer is a proxy whose X-Forwarded-* headers are believed. */
  readonly isTrusted: boolean
  readonly host: string
  readonly isEncrypted: boolean
}

export interface ForwardPolicy {
  /** `keep`: the backend gets the Host that the client asked for; `backend`: its own address. */
  readonly host: 'keep' | 'backend'
  /** Header of the gateway's own key check, in lower case: it is no business of the backend or the receiver. */
  readonly keyHeader: string
}

/**
 * The longest request id that is taken over from a client; what is longer or not of these characters is replaced: an id
 * ends in logs of many systems.
 */
const acceptedRequestId = /^[\w.:/+=-]{1,128}$/

/** Set by mirrorwaf's own senders about a copy; from a client they would be lies. */
const ownPrefix = 'x-mirrorwaf-'
const forwardingNames: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
])

/** The id of a request: the client's if it is fit for logs, else a new one. */
export function requestIdOf(headers: HeaderList, createId: () => string): string {
  const [given, ...others] = valuesOf(headers, 'x-request-id')
  return given !== undefined && others.length === 0 && acceptedRequestId.test(given) ? given : createId()
}

/** The address that limits and logs go by: the entry that the trusted proxy in front added, or the peer. */
export function clientOf(headers: HeaderList, { peer, isTrusted }: Pick<Arrival, 'peer' | 'isTrusted'>): string {
  if (!isTrusted) return peer
  return valuesOf(headers, 'x-forwarded-for').join(',').split(',').at(-1)?.trim() || peer
}

/** Headers for the backend; those for the receiver are the same. */
export function forwardHeaders(
  headers: HeaderList,
  arrival: Arrival,
  requestId: string,
  policy: ForwardPolicy,
): string[] {
  const passed = dropHeaders(dropHopByHop(headers), (name) => isReplaced(name, arrival, policy))
  const chain = arrival.isTrusted ? valuesOf(headers, 'x-forwarded-for') : []
  passed.push('X-Forwarded-For', [...chain, arrival.peer].join(', '))
  const given = (name: string): string | undefined => (arrival.isTrusted ? valuesOf(headers, name).at(-1) : undefined)
  passed.push('X-Forwarded-Host', given('x-forwarded-host') ?? arrival.host)
  passed.push('X-Forwarded-Proto', given('x-forwarded-proto') ?? (arrival.isEncrypted ? 'https' : 'http'))
  passed.push('X-Request-Id', requestId)
  return passed
}

function isReplaced(name: string, { isTrusted }: Arrival, policy: ForwardPolicy): boolean {
  if (name === 'x-request-id' || name === policy.keyHeader || name.startsWith(ownPrefix)) return true
  if (name === 'host') return policy.host === 'backend'
  if (name === 'forwarded' || name === 'x-real-ip' || name === 'x-forwarded-port') return !isTrusted
  return forwardingNames.has(name)
}
