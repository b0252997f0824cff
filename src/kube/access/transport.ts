// HTTP requests to one API server: kept connections, a limit in flight, a time limit each, retries where the server asks.
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { MirrorwafError, reasonOf } from '../../errors.js'
import { type JsonValue, parseJson } from '../json/json-value.js'
import type { ClusterConnection } from './kubeconfig.js'

/** One request. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute path on the API server, without query. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: JsonValue
  /** Of the body; JSON by default. */
  readonly contentType?: string
}

/** One answer, whatever its status. */
export interface ApiResponse {
  readonly status: number
  readonly body: JsonValue
  /** Texts of the `Warning` headers: deprecated versions, fields that were dropped. */
  readonly warnings: readonly string[]
}

/** Requests in flight at once. Enough to hide a round trip of 20 ms, few enough for API priority and fairness. */
export const requestsInFlight = 8

/** A request that the server is too busy for (429, 503) is tried so often in all. */
const attemptLimit = 5
const longestRetryDelayMs = 30_000
/** A list page of 500 routes takes about 2 MB; an answer beyond this is no list of routes. */
const responseLimitBytes = 256 * 1024 * 1024

/** Speaks to one API server. Call `close` when done, else kept connections hold the process. */
export class Transport {
  readonly connection: ClusterConnection
  readonly #requestTimeoutMs: number
  readonly #agent: HttpAgent | HttpsAgent

  constructor(connection: ClusterConnection, requestTimeoutMs: number) {
    this.connection = connection
    this.#requestTimeoutMs = requestTimeoutMs
    const settings = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: requestsInFlight }
    this.#agent = connection.server.protocol === 'http:' ? new HttpAgent(settings) : new HttpsAgent(settings)
  }

  /**
   * Sends one request and reads the whole answer; retries while the server says that it is too busy.
   * @throws MirrorwafError `MWAF_KUBE_UNREACHABLE`, `MWAF_KUBE_REQUEST_TIMEOUT`, `MWAF_KUBE_RESPONSE`.
   */
  async send(request: ApiRequest): Promise<ApiResponse> {
    for (let attempt = 1; ; attempt++) {
      const { response, retryAfterMs } = await this.#sendOnce(request)
      if (retryAfterMs === undefined || attempt === attemptLimit) return response
      await sleep(retryAfterMs)
    }
  }

  /**
   * Opens a stream of JSON lines (a watch). An answer other than 200 is one line, its Status object.
   * @param idleTimeoutMs - a stream that is silent for longer has lost its server.
   * @throws MirrorwafError as `send`; an abort of `signal` ends the stream without an error.
   */
  async *stream(request: ApiRequest, idleTimeoutMs: number, signal: AbortSignal): AsyncGenerator<JsonValue, void> {
    const call = await this.#open(request, signal)
    const silence = new AbortController()
    call.setTimeout(idleTimeoutMs, () => {
      silence.abort(new Error(`silent for ${idleTimeoutMs} ms`))
      call.destroy()
    })
    try {
      const message = await responseOf(call)
      // readline reports nothing of the stream's own failure; destroying the request shows up as an aborted message.
      const lines = createInterface({ input: message, crlfDelay: Number.POSITIVE_INFINITY })
      for await (const line of lines) if (line !== '') yield readJson(line, request)
      if (message.errored) throw message.errored
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof MirrorwafError) throw error
      // The message itself only says that it was aborted.
      throw this.#unreachable(silence.signal.aborted ? silence.signal.reason : error)
    } finally {
      call.destroy()
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #sendOnce(request: ApiRequest): Promise<{ response: ApiResponse; retryAfterMs: number | undefined }> {
    const deadline = AbortSignal.timeout(this.#requestTimeoutMs)
    try {
      const message = await this.#exchange(request, deadline)
      const text = await readText(message, request)
      const status = message.statusCode ?? 0
      const response = { status, body: text === '' ? null : readJson(text, request), warnings: readWarnings(message) }
      return { response, retryAfterMs: retryDelayMs(status, message.headers['retry-after']) }
    } catch (error) {
      if (error instanceof MirrorwafError) throw error
      if (deadline.aborted) {
        const details = { request: describeRequest(request), timeoutMs: this.#requestTimeoutMs }
        throw new MirrorwafError('MWAF_KUBE_REQUEST_TIMEOUT', details, error)
      }
      throw this.#unreachable(error)
    }
  }

  /**
   * A kept connection may be closed by the server at the moment it is used again; that request never arrived, so it is
   * sent once more. Even if it did arrive: every write here is harmless twice (resourceVersion, server-side apply).
   */
  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const call = await this.#open(request, signal)
    try {
      return await responseOf(call)
    } catch (error) {
      if (!call.reusedSocket || signal.aborted) throw error
      return await responseOf(await this.#open(request, signal))
    }
  }

  async #open(
    { method, path, query = {}, body, contentType }: ApiRequest,
    signal: AbortSignal,
  ): Promise<ClientRequest> {
    const url = new URL(path.slice(1), this.connection.server)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const authorized = await this.connection.authorize()
    const options: RequestOptions = {
      ...authorized,
      agent: this.connection.usesProxy ? authorized.agent : this.#agent,
      method,
      signal,
      headers: {
        ...authorized.headers,
        accept: 'application/json',
        'user-agent': 'mirrorwaf',
        // Node frames no body of a DELETE by itself: the server would take it for the next request.
        ...(payload && { 'content-type': contentType ?? 'application/json', 'content-length': payload.length }),
      },
    }
    const call = url.protocol === 'http:' ? requestHttp(url, options) : requestHttps(url, options)
    call.end(payload)
    return call
  }

  #unreachable(error: unknown): MirrorwafError {
    const { server } = this.connection
    return new MirrorwafError('MWAF_KUBE_UNREACHABLE', { server: server.origin, reason: describeFault(error) }, error)
  }
}

/** `PATCH /apis/...`, for messages. */
export function describeRequest({ method, path }: ApiRequest): string {
  return `${method} ${path}`
}

function responseOf(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once('response', resolve)
    // Stays for the life of the request: an error after the response must not end the process.
    call.on('error', reject)
  })
}

async function readText(message: IncomingMessage, request: ApiRequest): Promise<string> {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk)
    lengthBytes += bytes.length
    if (lengthBytes > responseLimitBytes) {
      throw new MirrorwafError('MWAF_KUBE_RESPONSE', {
        request: describeRequest(request),
        reason: `more than ${responseLimitBytes} bytes`,
      })
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readJson(text: string, request: ApiRequest): JsonValue {
  try {
    return parseJson(text)
  } catch (error) {
    const reason = `no JSON, but ${JSON.stringify(text.slice(0, 80))}`
    throw new MirrorwafError('MWAF_KUBE_RESPONSE', { request: describeRequest(request), reason }, error)
  }
}

/** The quoted text of each `299 - "text"`. */
function readWarnings(message: IncomingMessage): string[] {
  const { warning = [] } = message.headersDistinct
  return [...warning.join(', ').matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  )
}

function retryDelayMs(status: number, retryAfter: string | undefined): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const seconds = Number(retryAfter ?? 1)
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, longestRetryDelayMs) : 1000
}

/** Node says nothing in the message of an error that stands for several addresses. */
function describeFault(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return reasonOf(error)
}
