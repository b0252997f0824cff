// Kept connections to one origin: a backend, or the receiver. Sole import of undici's client.
// `dispatch` and not `request`: it gives the header bytes as they came, and both directions can be held up.
import type { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { HeaderList } from './headers.js'

/** One request to an origin. */
export interface UpstreamRequest {
  readonly method: string
  /** Path and query, sent byte for byte. */
  readonly target: string
  readonly headers: HeaderList
  readonly body: Readable | Uint8Array | undefined
}

/** The handle of a request that is on its way. */
export interface UpstreamControl {
  /** Ends it; its connection closes if anything was sent. `onFault` follows. */
  abort(): void
  pause(): void
  resume(): void
}

/** How a request went wrong. `closed`: the connection ended before the answer did. */
export interface UpstreamFault {
  readonly kind: 'unreachable' | 'closed' | 'protocol'
  readonly reason: string
}

/** Called as an answer arrives; exactly one of `onEnd` and `onFault` comes last. */
export interface UpstreamConsumer {
  /** The request has a connection; before this it waits and cannot be aborted. */
  onStart(control: UpstreamControl): void
  onHead(status: number, statusMessage: string, headers: HeaderList): void
  /** @param chunk - borrowed until the call returns, unless it is copied. */
  onData(chunk: Buffer): void
  onEnd(): void
  onFault(fault: UpstreamFault): void
}

export interface UpstreamSettings {
  readonly connectionLimitCount: number
  readonly connectTimeoutMs: number
  /** Connect to this unix socket instead of the origin's address. */
  readonly socketPath?: string
}

/** As the gateway's own server accepts from clients. */
export const headLimitBytes: number = 64 * 1024

/** One origin and its connections; shared by all requests. */
export class Upstream {
  readonly #pool: Pool
  readonly #origin: string

  /** @param origin - scheme, host and port. Nothing is opened before the first request. */
  constructor(origin: string, settings: UpstreamSettings) {
    this.#origin = origin
    this.#pool = new Pool(origin, {
      connections: settings.connectionLimitCount,
      pipelining: 1,
      maxHeaderSize: headLimitBytes,
      // Time limits are the caller's, who knows what it waits for; undici's have a resolution of a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: settings.connectTimeoutMs,
        ...(settings.socketPath === undefined ? {} : { socketPath: settings.socketPath }),
      },
    })
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.#pool.stats.connected
  }

  /** Sends a request. Never throws: what undici refuses is a fault too. */
  send(request: UpstreamRequest, consumer: UpstreamConsumer): void {
    const options: Dispatcher.DispatchOptions = {
      origin: this.#origin,
      path: request.target,
      method: request.method,
      headers: [...request.headers],
      body: request.body ?? null,
    }
    try {
      this.#pool.dispatch(options, createHandler(consumer))
    } catch (thrown) {
      consumer.onFault({ kind: 'protocol', reason: reasonOf(thrown) })
    }
  }

  /** Closes all connections; what is on its way fails. */
  async destroy(): Promise<void> {
    await this.#pool.destroy()
  }
}

function createHandler(consumer: UpstreamConsumer): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      consumer.onStart({
        abort: () => controller.abort(new MirrorwafError('MWAF_GATEWAY_ABORTED')),
        pause: () => controller.pause(),
        resume: () => controller.resume(),
      })
    },
    onResponseStart(controller, status, _headers, statusMessage) {
      // Interim answers (103 Early Hints) are optional to pass on (RFC 9110 15.2).
      if (status >= 200) consumer.onHead(status, statusMessage ?? '', readRawHeaders(controller.rawHeaders))
    },
    onResponseData: (_controller, chunk) => consumer.onData(chunk),
    onResponseEnd: () => consumer.onEnd(),
    onResponseError: (_controller, error) => consumer.onFault({ kind: kindOf(error), reason: reasonOf(error) }),
  }
}

/** Bytes to characters one by one: undici's own header object would merge, decode and lower-case them. */
function readRawHeaders(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  if (!Array.isArray(raw)) return []
  return raw.map((part: Buffer | string) => (typeof part === 'string' ? part : part.toString('latin1')))
}

const unreachableCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

const closedCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

function kindOf(error: Error): UpstreamFault['kind'] {
  const code = 'code' in error ? String(error.code) : ''
  if (unreachableCodes.has(code)) return 'unreachable'
  return closedCodes.has(code) ? 'closed' : 'protocol'
}
