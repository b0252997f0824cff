// Copies of requests on their way to the receiver. Nothing here is awaited by a client: a copy is gathered while its request
// passes, waits in a queue that is bounded in bytes, and goes out over a few kept connections. A receiver that is down, slow
// or closes early costs copies, which are counted, and nothing else.
import type { ListenAddress } from '../options/kinds/address.js'
import { dropHeaders, type HeaderList } from './headers.js'
import { type Fraction, isChosen } from './mirror-share.js'
import { Upstream, type UpstreamControl } from './upstream.js'

/**
 * What became of a copy. `closed`: the receiver hung up without an answer, which is how one with `--hijack` takes each copy;
 * whether it read all cannot be known.
 */
export const copyOutcomes = ['answered', 'closed', 'unreachable', 'timed_out', 'queue_full', 'unsent'] as const
export type CopyOutcome = (typeof copyOutcomes)[number]

export interface MirrorSettings {
  readonly address: ListenAddress
  readonly share: Fraction
  readonly bodyLimitBytes: number
  readonly queueLimitBytes: number
  readonly connectionLimitCount: number
  readonly timeoutMs: number
  /** 0 to below 1. */
  readonly random: () => number
  readonly onOutcome: (outcome: CopyOutcome) => void
  /** The receiver stopped, or began, taking copies. */
  readonly onReachable: (isReachable: boolean, reason: string) => void
}

/** The header that says a copy does not hold all of its body. Receivers believe it from `--peers` only. */
export const truncatedHeader = 'X-Mirrorwaf-Truncated'

/** What a copy takes in memory beside its texts and body. */
const copyOverheadBytes = 1024
/** After a failure the next try waits, so that a dead receiver costs next to no connections; doubled up to the second. */
const firstRetryMs = 100
const longestRetryMs = 5000

/** One request's copy, while its body passes. */
export interface Copy {
  /** @param chunk - copied, as far as the limit lets it in. */
  add(chunk: Buffer): void
  /** The body has ended; later calls do nothing. @param isWhole - false when the client stopped early. */
  finish(isWhole: boolean): void
}

interface Parcel {
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
  readonly body: Uint8Array | undefined
  readonly costBytes: number
}

/** The way to the receiver. */
export class Mirror {
  readonly #settings: MirrorSettings
  readonly #upstream: Upstream
  readonly #queue: Parcel[] = []
  #heldBytes = 0
  #sendingCount = 0
  #retryMs = 0
  #retryTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(settings: MirrorSettings) {
    this.#settings = settings
    const { address } = settings
    const isUnix = address.kind === 'unix'
    this.#upstream = new Upstream(isUnix ? 'http://mirrorwaf' : originOf(address), {
      connectionLimitCount: settings.connectionLimitCount,
      connectTimeoutMs: settings.timeoutMs,
      ...(isUnix ? { socketPath: address.path } : {}),
    })
  }

  /** Bytes of copies being gathered, waiting or on their way. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Connections to the receiver that are open now. */
  get connectionCount(): number {
    return this.#upstream.connectionCount
  }

  /** Begins a copy; `undefined` when this request is not among the share, or there is no room. */
  begin(method: string, target: string, headers: HeaderList): Copy | undefined {
    const { share, random, bodyLimitBytes } = this.#settings
    if (this.#isClosed || !isChosen(share, random())) return undefined
    const pieces: Buffer[] = []
    let bodyBytes = 0
    let costBytes = copyOverheadBytes + target.length + headers.reduce((sum, text) => sum + text.length, 0)
    let state: 'open' | 'truncated' | 'over' = this.#reserve(costBytes) ? 'open' : 'over'
    if (state === 'over') return undefined
    return {
      add: (chunk) => {
        if (state !== 'open' || chunk.length === 0) return
        const taken = Math.min(chunk.length, bodyLimitBytes - bodyBytes)
        if (taken < chunk.length) state = 'truncated'
        if (!this.#reserve(taken)) {
          this.#heldBytes -= costBytes
          state = 'over'
          return
        }
        // A slice would keep the whole buffer of the socket alive.
        pieces.push(Buffer.from(chunk.subarray(0, taken)))
        bodyBytes += taken
        costBytes += taken
      },
      finish: (isWhole) => {
        if (state === 'over') return
        const isTruncated = state === 'truncated' || !isWhole
        state = 'over'
        this.#enqueue({
          method,
          target,
          headers: markHeaders(headers, isTruncated),
          body: bodyBytes === 0 ? undefined : Buffer.concat(pieces),
          costBytes,
        })
      },
    }
  }

  /** Sends what waits, for at most so long, then gives up the rest. */
  async close(timeLimitMs: number): Promise<void> {
    this.#isClosed = true
    const endMs = performance.now() + timeLimitMs
    const isBusy = (): boolean => this.#sendingCount > 0 || (this.#queue.length > 0 && this.#retryTimer === undefined)
    while (isBusy() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 10))
    clearTimeout(this.#retryTimer)
    for (const _ of this.#queue.splice(0)) this.#settings.onOutcome('unsent')
    await this.#upstream.destroy()
  }

  #reserve(byteCount: number): boolean {
    if (this.#heldBytes + byteCount > this.#settings.queueLimitBytes) {
      this.#settings.onOutcome('queue_full')
      return false
    }
    this.#heldBytes += byteCount
    return true
  }

  #enqueue(parcel: Parcel): void {
    this.#queue.push(parcel)
    this.#pump()
  }

  #pump(): void {
    while (this.#retryTimer === undefined && this.#sendingCount < this.#settings.connectionLimitCount) {
      const parcel = this.#queue.shift()
      if (parcel === undefined) return
      this.#send(parcel)
    }
  }

  #send(parcel: Parcel): void {
    this.#sendingCount += 1
    let control: UpstreamControl | undefined
    let isOver = false
    const finish = (outcome: CopyOutcome, reason: string): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      this.#finish(parcel, outcome, reason)
    }
    const timer = setTimeout(() => {
      finish('timed_out', `no answer in ${this.#settings.timeoutMs} ms`)
      control?.abort()
    }, this.#settings.timeoutMs)
    this.#upstream.send(parcel, {
      onStart: (started) => {
        control = started
        if (isOver) started.abort()
      },
      onHead: () => {},
      onData: () => {},
      onEnd: () => finish('answered', ''),
      onFault: ({ kind, reason }) => finish(kind === 'closed' ? 'closed' : 'unreachable', reason),
    })
  }

  #finish({ costBytes }: Parcel, outcome: CopyOutcome, reason: string): void {
    this.#sendingCount -= 1
    this.#heldBytes -= costBytes
    this.#settings.onOutcome(outcome)
    if (outcome === 'answered' || outcome === 'closed') this.#onReached()
    else this.#onMissed(reason)
    this.#pump()
  }

  #onReached(): void {
    if (this.#retryMs > 0) this.#settings.onReachable(true, '')
    this.#retryMs = 0
  }

  #onMissed(reason: string): void {
    if (this.#isClosed || this.#retryTimer !== undefined) return
    if (this.#retryMs === 0) this.#settings.onReachable(false, reason)
    this.#retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, this.#retryMs * 2))
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      this.#pump()
    }, this.#retryMs)
  }
}

/** A copy's length is that of what it holds; undici writes it. */
function markHeaders(headers: HeaderList, isTruncated: boolean): HeaderList {
  const kept = dropHeaders(headers, (name) => name === 'content-length')
  return isTruncated ? [...kept, truncatedHeader, '1'] : kept
}

function originOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
