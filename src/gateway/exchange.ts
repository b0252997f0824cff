// One request from a client to its backend and the answer back: streamed both ways, watched for a standstill, ended once.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { MirrorwafError, reasonOf } from '../errors.js'
import { dropHopByHop, type HeaderList, valuesOf } from './headers.js'
import type { Copy } from './mirror.js'
import { RequestBody } from './request-body.js'
import type { Upstream, UpstreamConsumer, UpstreamControl, UpstreamFault } from './upstream.js'

/** How an exchange can fail. Each is logged and counted. */
export const exchangeFaults = [
  'backend_unreachable',
  'backend_failed',
  'backend_timeout',
  'client_timeout',
  'client_gone',
  'body_too_large',
] as const
export type ExchangeFault = (typeof exchangeFaults)[number]

/** What a client is told if nothing was sent yet; 499 only stands in logs, as the client is gone (nginx's number for it). */
export const faultAnswers: Readonly<Record<ExchangeFault, { readonly status: number; readonly text: string }>> = {
  backend_unreachable: { status: 502, text: 'backend error' },
  backend_failed: { status: 502, text: 'backend error' },
  backend_timeout: { status: 504, text: 'backend timeout' },
  client_timeout: { status: 408, text: 'request timeout' },
  client_gone: { status: 499, text: '' },
  body_too_large: { status: 413, text: 'request body too large' },
}

export interface ExchangeSettings {
  readonly upstreamTimeoutMs: number
  readonly clientTimeoutMs: number
  readonly bodyLimitBytes: number
}

/** What an exchange is about. */
export interface ExchangeJob {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: string
  /** For the backend. */
  readonly headers: HeaderList
  readonly upstream: Upstream
  /** Filled with the body as it passes; `undefined` when this request is not mirrored. */
  readonly copy: Copy | undefined
  /** Headers for the client, from those of the backend without hop-by-hop ones. */
  readonly decorate: (headers: string[]) => string[]
  /** Answers for the gateway itself. */
  readonly refuse: (status: number, text: string) => void
  /** Called once, at the end. `fault` is `undefined` when the backend's answer went out whole. */
  readonly onDone: (status: number, fault: ExchangeFault | undefined, reason: string) => void
}

/** One exchange. Make it and call `start`. */
export class Exchange implements UpstreamConsumer {
  readonly #job: ExchangeJob
  readonly #settings: ExchangeSettings
  readonly #body: RequestBody | undefined
  readonly #timer: NodeJS.Timeout
  #lastProgressMs: number = performance.now()
  #control: UpstreamControl | undefined
  #status = 0
  /** The client has sent all of its body. */
  #isBodyWhole: boolean
  /** The client is slower than the backend. */
  #isPaused = false
  #isRetried = false
  #isDone = false

  constructor(job: ExchangeJob, settings: ExchangeSettings) {
    this.#job = job
    this.#settings = settings
    this.#body = hasBody(job.request) ? this.#createBody(job) : undefined
    this.#isBodyWhole = this.#body === undefined
    this.#timer = setTimeout(() => this.#onStandstill(), settings.upstreamTimeoutMs)
  }

  start(): void {
    const { response } = this.#job
    response.once('close', () => {
      if (!response.writableFinished) this.#fail('client_gone', 'the client closed the connection')
    })
    response.on('drain', () => this.#resume())
    this.#send()
  }

  onStart(control: UpstreamControl): void {
    this.#control = control
    if (this.#isDone) control.abort()
  }

  onHead(status: number, statusMessage: string, headers: HeaderList): void {
    if (this.#isDone) return
    this.#progress()
    const { request, response, decorate, copy } = this.#job
    const passed = decorate(dropHopByHop(headers))
    // A body that nobody takes any more cannot be skipped on a kept connection.
    if (!request.complete && this.#body !== undefined) passed.push('Connection', 'close')
    try {
      response.writeHead(status, isPlain(statusMessage) ? statusMessage : '', passed)
    } catch (thrown) {
      this.#fail('backend_failed', reasonOf(thrown))
      return
    }
    this.#status = status
    // The head goes out with the first piece of the body, or alone if that is not here yet.
    setImmediate(() => {
      if (this.#isDone) return
      response.flushHeaders()
      if (this.#isBodyWhole) copy?.finish(true)
    })
  }

  onData(chunk: Buffer): void {
    if (this.#isDone) return
    this.#progress()
    if (this.#job.response.write(chunk)) return
    this.#isPaused = true
    this.#control?.pause()
  }

  onEnd(): void {
    if (this.#isDone) return
    const { request, response } = this.#job
    this.#finish(this.#status, undefined, '')
    response.end(() => {
      if (!request.complete) request.destroy()
    })
  }

  onFault({ kind, reason }: UpstreamFault): void {
    if (this.#isDone) return
    if (kind === 'closed' && this.#mayRetry()) {
      this.#isRetried = true
      this.#control = undefined
      this.#send()
      return
    }
    this.#fail(kind === 'unreachable' ? 'backend_unreachable' : 'backend_failed', reason)
  }

  #createBody({ copy }: ExchangeJob): RequestBody {
    const body = new RequestBody({
      limitBytes: this.#settings.bodyLimitBytes,
      onChunk: (chunk) => {
        this.#progress()
        copy?.add(chunk)
      },
      onWhole: () => {
        this.#progress()
        this.#isBodyWhole = true
        if (this.#status !== 0) copy?.finish(true)
      },
    })
    body.on('drain', () => this.#progress())
    body.once('error', (error) => {
      const isTooLarge = error instanceof MirrorwafError && error.code === 'MWAF_GATEWAY_BODY_LIMIT'
      if (isTooLarge) this.#fail('body_too_large', error.message)
    })
    return body
  }

  #send(): void {
    const { request, target, headers, upstream } = this.#job
    if (this.#body !== undefined) request.pipe(this.#body)
    upstream.send({ method: request.method ?? 'GET', target, headers, body: this.#body }, this)
  }

  /**
   * A backend may close a kept connection at the moment a request goes out on it. What is safe to send twice (RFC 9110
   * 9.2.1) and has no body is sent once more; all else is the client's to decide.
   */
  #mayRetry(): boolean {
    const { request, response } = this.#job
    const isSafe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    return isSafe && this.#body === undefined && !this.#isRetried && !response.headersSent
  }

  #progress(): void {
    this.#lastProgressMs = performance.now()
    if (!this.#isDone) this.#timer.refresh()
  }

  #resume(): void {
    if (!this.#isPaused || this.#isDone) return
    this.#isPaused = false
    this.#progress()
    this.#control?.resume()
  }

  /** Nothing has moved for as long as a backend may take. If it is the client that is waited for, it gets its own time. */
  #onStandstill(): void {
    if (!this.#isWaitingForClient()) {
      this.#fail('backend_timeout', `no progress in ${this.#settings.upstreamTimeoutMs} ms`)
      return
    }
    const { clientTimeoutMs } = this.#settings
    if (performance.now() - this.#lastProgressMs >= clientTimeoutMs) {
      this.#fail('client_timeout', `no progress in ${clientTimeoutMs} ms`)
    } else this.#timer.refresh()
  }

  #isWaitingForClient(): boolean {
    if (this.#status !== 0) return this.#isPaused
    return this.#body !== undefined && !this.#job.request.complete && !this.#body.isHeldUp
  }

  #fail(fault: ExchangeFault, reason: string): void {
    if (this.#isDone) return
    const { request, response, refuse } = this.#job
    const { status, text } = faultAnswers[fault]
    this.#finish(this.#status === 0 ? status : this.#status, fault, reason)
    this.#control?.abort()
    // An answer that was begun must not look as if it were whole.
    if (response.headersSent || fault === 'client_gone') response.destroy()
    else {
      request.unpipe()
      refuse(status, text)
    }
  }

  #finish(status: number, fault: ExchangeFault | undefined, reason: string): void {
    this.#isDone = true
    clearTimeout(this.#timer)
    // The client's answer first: a copy that needs a new connection takes a tenth of a millisecond to send.
    setImmediate(() => this.#job.copy?.finish(this.#isBodyWhole))
    if (this.#body !== undefined && !this.#body.readableEnded) {
      this.#job.request.unpipe(this.#body)
      this.#body.destroy()
    }
    this.#job.onDone(status, fault, reason)
  }
}

/** A request has a body if and only if one of these says so (RFC 9112 6). */
function hasBody({ rawHeaders }: IncomingMessage): boolean {
  if (valuesOf(rawHeaders, 'transfer-encoding').length > 0) return true
  return valuesOf(rawHeaders, 'content-length').some((value) => Number(value) > 0)
}

/** Characters that may stand in a status line (RFC 9112 4); others come from broken backends. */
function isPlain(statusMessage: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage)
}
