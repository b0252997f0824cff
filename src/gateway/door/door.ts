// The door: what is decided about every request once, before a backend hears of it.
import type { HeaderList } from '../headers.js'
import type { ApiKeys } from './api-keys.js'
import type { Cors } from './cors.js'
import type { RateLimit } from './rate-limit.js'

/** The checks that are switched on; each is optional. */
export interface DoorChecks {
  readonly rateLimit: RateLimit | undefined
  readonly cors: Cors | undefined
  readonly keys: ApiKeys | undefined
  /** In lower case. */
  readonly keyHeader: string
}

/** `keyName`: whose key it was; empty when none is asked for. */
export type DoorDecision =
  | { readonly kind: 'pass'; readonly keyName: string }
  | { readonly kind: 'preflight'; readonly headers: HeaderList }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'no_key' }

/**
 * Decides about one request. The limit comes first, so that keys cannot be guessed faster; preflights before the key,
 * since browsers send them without one.
 */
export function decide(checks: DoorChecks, method: string, headers: HeaderList, client: string): DoorDecision {
  const retryAfterSeconds = checks.rateLimit?.take(client) ?? 0
  if (retryAfterSeconds > 0) return { kind: 'rate_limited', retryAfterSeconds }
  const preflight = checks.cors?.answerPreflight(method, headers)
  if (preflight !== undefined) return { kind: 'preflight', headers: preflight }
  if (checks.keys === undefined) return { kind: 'pass', keyName: '' }
  const keyName = checks.keys.find(headers, checks.keyHeader)
  return keyName === undefined ? { kind: 'no_key' } : { kind: 'pass', keyName }
}
