// One request of a corpus: its parts, and its bytes on the wire.
// All requests of a corpus have the same number of bytes, so that a receiver that parses nothing can tell where one ends.
import { BenchError } from '../errors.js'
import type { SeededRandom } from './random.js'

/** A request in parts. Header names as a sender writes them; `Content-Length` is added when there is a body. */
export interface BenchRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** Whether the ruleset is meant to match it. */
  readonly isAttack: boolean
}

/** The bytes of a request as HTTP/1.1. */
export function encodeRequest(request: BenchRequest): Buffer {
  const body = Buffer.from(request.body)
  const lines = [`${request.method} ${request.target} HTTP/1.1`]
  for (const [name, value] of request.headers) lines.push(`${name}: ${value}`)
  if (body.length > 0) lines.push(`Content-Length: ${body.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/**
 * Lengthens the session cookie until the encoded request has exactly `sizeBytes`.
 * A cookie, because long ones are what real requests have, and no rule reads them.
 * @throws BenchError `MWAF_BENCH_CORPUS_SIZE` when the request is larger already.
 */
export function padRequest(request: BenchRequest, sizeBytes: number, random: SeededRandom): BenchRequest {
  const withCookie = appendToCookie(request, 'sid=')
  const actual = encodeRequest(withCookie).length
  if (actual > sizeBytes) throw new BenchError('MWAF_BENCH_CORPUS_SIZE', { actual, wanted: sizeBytes })
  return appendToCookie(request, `sid=${random.token(sizeBytes - actual)}`)
}

function appendToCookie(request: BenchRequest, pair: string): BenchRequest {
  const others = request.headers.filter(([name]) => name !== 'Cookie')
  const cookies = request.headers.filter(([name]) => name === 'Cookie').map(([, value]) => value)
  return { ...request, headers: [...others, ['Cookie', [...cookies, pair].join('; ')]] }
}
