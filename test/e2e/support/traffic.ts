// The requests that every gateway test sends, and what must come of each.
import { type RequestParts, requestText } from './request-text.js'

export interface TrafficCase {
  /** What it is, in words; the test's name. */
  readonly name: string
  /** The target holds `case=NAME`, so that events and recorded requests can be told apart. */
  readonly mark: string
  readonly parts: RequestParts
  /** Whether the rules must report it. */
  readonly isAttack: boolean
}

/** A value that the ruleset reports wherever it stands (the rule for PHP's superglobals). */
export const attackValue = '$globals'

/** Above the 1 MiB at which some gateways give up on mirroring; well above any socket buffer. */
export const largeBodyBytes = 3_000_000

/** What every gateway passes on. */
export const plainTraffic: readonly TrafficCase[] = [
  attack('an attack in the query', 'get', { target: '/?x=$globals&case=get' }),
  attack('an attack in a JSON body', 'json', {
    target: '/json?case=json',
    type: 'application/json',
    body: JSON.stringify({ x: attackValue }),
  }),
  attack('an attack in a urlencoded body', 'form', {
    target: '/form?case=form',
    type: 'application/x-www-form-urlencoded',
    body: 'a=1&x=%24globals',
  }),
  attack('an attack behind a double slash', 'slashes', { target: '//x?y=$globals&case=slashes' }),
  attack('an attack behind dot segments', 'dots', { target: '/a/../x?y=$globals&case=dots' }),
  attack('an attack at the end of a large body with a length', 'large-length', {
    target: '/upload?case=large-length',
    type: 'application/json',
    body: largeJson(),
  }),
  attack('an attack at the end of a large body in chunks', 'large-chunked', {
    target: '/upload?case=large-chunked',
    type: 'application/json',
    body: largeJson(),
    chunkBytes: 48_000,
  }),
  benign('a request without parameters', 'none', { target: '/?case=none' }),
  benign('a harmless query', 'query', { target: '/search?q=red+shoes&page=2&case=query' }),
  benign('a harmless JSON body', 'harmless-json', {
    target: '/orders?case=harmless-json',
    type: 'application/json',
    body: JSON.stringify({ items: [{ id: 7, note: 'gift, please wrap' }] }),
  }),
]

/** What nginx passes on although llhttp, the receiver's parser, refuses it. Envoy answers 400 to the client. */
export const oddTraffic: readonly TrafficCase[] = [
  attack('an attack with a method nobody knows', 'method', { method: 'FOO', target: '/?x=$globals&case=method' }),
  attack('an attack beside UTF-8 bytes in the target', 'utf8', { target: '/?x=é$globals&case=utf8' }),
  benign('UTF-8 bytes in the target', 'harmless-utf8', { target: '/?x=é&case=harmless-utf8' }),
]

/** The bytes of a case. */
export function bytesOf({ parts }: TrafficCase): Buffer {
  return requestText({ headers: ['User-Agent: mirrorwaf-e2e'], ...parts })
}

/** The text that finds a case among events and recorded requests. */
export function markOf({ mark }: TrafficCase): string {
  return `case=${mark}`
}

function attack(name: string, mark: string, parts: RequestParts): TrafficCase {
  return { name, mark, parts, isAttack: true }
}

function benign(name: string, mark: string, parts: RequestParts): TrafficCase {
  return { name, mark, parts, isAttack: false }
}

function largeJson(): string {
  const frame = JSON.stringify({ padding: '', x: attackValue })
  return JSON.stringify({ padding: 'a'.repeat(largeBodyBytes - frame.length), x: attackValue })
}
