// Per-client rate limit: a token bucket for each client, in a table that is bounded.
// Of our own: it is a division and a map, and a package for it would bring stores that a process beside its clients needs not.
import { isIPv6 } from 'node:net'

export interface RateLimitSettings {
  readonly perSecond: number
  readonly burst: number
  /** Monotonic, in milliseconds. */
  readonly now: () => number
}

/**
 * Clients that are remembered. The one unseen for longest goes first: it has had time to earn its tokens back, unless more
 * clients than this ask at the same moment.
 */
export const rememberedClientLimit = 50_000

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Says whether a client may go on. */
export class RateLimit {
  readonly #settings: RateLimitSettings
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(settings: RateLimitSettings) {
    this.#settings = settings
  }

  /** @returns 0 when the request may go on, else after how many seconds the next may (at least 1). */
  take(client: string): number {
    const { perSecond, burst, now } = this.#settings
    const key = clientKey(client)
    const nowMs = now()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAtMs: nowMs }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * perSecond)
    bucket.filledAtMs = nowMs
    this.#remember(key, bucket)
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond)
    bucket.tokens -= 1
    return 0
  }

  #remember(key: string, bucket: Bucket): void {
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size <= rememberedClientLimit) return
    const oldest = this.#buckets.keys().next()
    if (!oldest.done) this.#buckets.delete(oldest.value)
  }
}

/** One IPv6 subscriber has a /64 (RFC 6177), and could ask from each of its addresses. */
function clientKey(client: string): string {
  if (!isIPv6(client)) return client
  const [head = '', tail] = client.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: gap }, () => '0'), ...back]
  return groups.slice(0, 4).join(':')
}
