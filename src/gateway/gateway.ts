// The gateway: one door in front of several backends, and a copy of each request for the receiver. The wiring, and the life
// of the whole: start, serve, drain. What a request goes through stands in `#serve`, from top to bottom.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { bind } from '../listener/bind.js'
import { createPeerCheck, peerAddressOf } from '../listener/peer-address.js'
import type { Log } from '../observe/log.js'
import { type ListenAddress, parseAddress } from '../options/kinds/address.js'
import { type ApiKeys, readApiKeys } from './door/api-keys.js'
import { Cors } from './door/cors.js'
import { type DoorChecks, decide } from './door/door.js'
import { RateLimit } from './door/rate-limit.js'
import { Exchange, type ExchangeFault } from './exchange.js'
import { clientOf, forwardHeaders, requestIdOf } from './forwarded-request.js'
import { GatewayMetrics, type Refusal } from './gateway-metrics.js'
import { checkGatewayOptions, type GatewayOptions } from './gateway-options.js'
import { type HeaderList, valuesOf } from './headers.js'
import { Mirror } from './mirror.js'
import { shareOf } from './mirror-share.js'
import { type Asked, readRequestLine } from './request-line.js'
import { parseRoute, type Route } from './route.js'
import { Router } from './router.js'
import { headLimitBytes, Upstream } from './upstream.js'

/** Idle clients are kept longer than load balancers keep theirs (usually 60 s), so that these never race a close. */
const clientIdleMs = 75_000
/** Time for copies that wait when everything else is done. */
const mirrorFlushMs = 1000
/** How long a connection that got its last answer may take to close. */
const lingerMs = 2000
const backlog = 1024
const socketMode = 0o660

/** What one request carries from the door to its log line. */
interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly startMs: number
  readonly requestId: string
  readonly client: string
  readonly asked: Asked | undefined
  keyName: string
  route: Route | undefined
}

interface Refused {
  readonly kind: Refusal
  readonly status: number
  readonly text: string
  readonly headers: HeaderList
}

type Ruling = { readonly kind: 'forward'; readonly asked: Asked; readonly upstream: Upstream } | Refused

/** A running gateway. Make it with `startGateway`. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #log: Log
  readonly #router: Router
  readonly #door: DoorChecks
  readonly #isTrusted: (peer: string) => boolean
  readonly #upstreams: ReadonlyMap<string, Upstream>
  readonly #mirror: Mirror | undefined
  readonly #metrics: GatewayMetrics
  readonly #server: Server
  readonly #admin: Server | undefined
  /** Exchanges on their way. */
  #activeCount = 0
  #isDraining = false

  /** Where clients connect, and the admin port if there is one; known once it is started. */
  address = ''
  adminAddress = ''

  constructor(options: GatewayOptions, log: Log, keys: ApiKeys | undefined) {
    this.#options = options
    this.#log = log
    const routes = options.routes.flatMap((text) => parseRoute(text) ?? [])
    this.#router = new Router(routes)
    this.#door = createDoor(options, keys)
    const isListed = createPeerCheck(options.trustedProxies)
    this.#isTrusted = (peer) => options.trustedProxies.length > 0 && isListed(peer)
    this.#upstreams = createUpstreams(routes, options)
    this.#mirror = this.#createMirror()
    this.#metrics = new GatewayMetrics({
      mirrorHeldBytes: () => this.#mirror?.heldBytes ?? 0,
      mirrorConnections: () => this.#mirror?.connectionCount ?? 0,
      upstreamConnections: () =>
        new Map([...this.#upstreams].map(([key, upstream]) => [key, upstream.connectionCount])),
    })
    this.#server = this.#createServer()
    this.#admin =
      options.admin === 'off'
        ? undefined
        : createServer((request, response) => void this.#answerAdmin(request, response))
  }

  /** @throws MirrorwafError `MWAF_LISTENER_ADDRESS`. */
  async listen(): Promise<void> {
    this.address = await bind(this.#server, addressOf(this.#options.listen), {
      backlog,
      socketMode,
      option: '--listen',
      isPortShared: false,
    })
    if (this.#admin === undefined) return
    const settings = { backlog, socketMode, option: '--admin', isPortShared: false }
    this.adminAddress = await bind(this.#admin, addressOf(this.#options.admin), settings)
  }

  /** Lets requests that are here finish, for at most the drain timeout, then ends everything. */
  async stop(): Promise<void> {
    this.#isDraining = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.#options.drainTimeoutMs)
    await closed
    clearTimeout(timer)
    await this.#mirror?.close(mirrorFlushMs)
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.destroy()))
    this.#admin?.close()
    this.#admin?.closeAllConnections()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const visit = this.#receive(request, response)
    const ruling = this.#rule(visit)
    if (ruling.kind === 'forward') this.#forward(visit, ruling.asked, ruling.upstream)
    else this.#refuse(visit, ruling)
  }

  /** Everything that can keep a request from its backend, in order. */
  #rule(visit: Visit): Ruling {
    const { request, asked, client } = visit
    if (asked === undefined) return { kind: 'bad_request', status: 400, text: 'bad request', headers: [] }
    const decision = decide(this.#door, request.method ?? 'GET', request.rawHeaders, client)
    switch (decision.kind) {
      case 'rate_limited': {
        const headers = ['Retry-After', String(decision.retryAfterSeconds)]
        return { kind: 'rate_limited', status: 429, text: 'too many requests', headers }
      }
      case 'preflight':
        return { kind: 'preflight', status: 204, text: '', headers: decision.headers }
      case 'no_key':
        return { kind: 'no_key', status: 401, text: 'an API key is needed', headers: ['WWW-Authenticate', 'ApiKey'] }
      case 'pass':
        visit.keyName = decision.keyName
        return this.#findBackend(visit, asked)
      default:
        return decision satisfies never
    }
  }

  #findBackend(visit: Visit, asked: Asked): Ruling {
    visit.route = this.#router.find(asked.host, asked.path)
    if (visit.route === undefined) return { kind: 'no_route', status: 404, text: 'no route', headers: [] }
    const upstream = this.#upstreams.get(visit.route.origin ?? '')
    if (upstream === undefined) {
      return { kind: 'no_backend', status: 501, text: 'this route has no backend yet', headers: [] }
    }
    if (this.#activeCount < this.#options.requestLimitCount) return { kind: 'forward', asked, upstream }
    return { kind: 'overloaded', status: 503, text: 'too many requests at once', headers: ['Retry-After', '1'] }
  }

  #receive(request: IncomingMessage, response: ServerResponse): Visit {
    const peer = peerAddressOf(request.socket)
    return {
      request,
      response,
      startMs: performance.now(),
      requestId: requestIdOf(request.rawHeaders, randomUUID),
      client: clientOf(request.rawHeaders, { peer, isTrusted: this.#isTrusted(peer) }),
      asked: readRequestLine(request),
      keyName: '',
      route: undefined,
    }
  }

  #forward(visit: Visit, asked: Asked, upstream: Upstream): void {
    const { request, response } = visit
    const method = request.method ?? 'GET'
    const peer = peerAddressOf(request.socket)
    const arrival = { peer, isTrusted: this.#isTrusted(peer), host: asked.host, isEncrypted: false }
    const headers = forwardHeaders(request.rawHeaders, arrival, visit.requestId, this.#options)
    const refuse = (status: number, text: string): void => this.#answer(visit, status, text, [])
    this.#activeCount += 1
    const onDone = (status: number, fault: ExchangeFault | undefined, reason: string): void => {
      this.#activeCount -= 1
      if (fault !== undefined) this.#reportFault(visit, fault, reason)
      this.#account(visit, status)
    }
    const [declared] = valuesOf(request.rawHeaders, 'content-length')
    if (Number(declared ?? 0) > this.#options.bodyLimitBytes) {
      refuse(413, 'request body too large')
      onDone(413, 'body_too_large', `Content-Length ${declared}`)
      return
    }
    const copy = this.#mirror?.begin(method, asked.target, headers)
    const decorate = (answer: string[]): string[] => this.#decorate(visit, answer)
    const job = { request, response, target: asked.target, headers, upstream, copy, decorate, refuse, onDone }
    new Exchange(job, this.#options).start()
  }

  #refuse(visit: Visit, { kind, status, text, headers }: Refused): void {
    this.#metrics.countRefusal(kind)
    this.#answer(visit, status, text, headers)
    this.#account(visit, status)
  }

  /** An answer of the gateway's own. */
  #answer(visit: Visit, status: number, text: string, headers: HeaderList): void {
    const { request, response } = visit
    const body = text === '' ? '' : `${text}\n`
    const own =
      status === 204 ? [] : ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)]
    const isPreflight = status === 204
    const all = isPreflight
      ? [...headers, 'X-Request-Id', visit.requestId]
      : this.#decorate(visit, [...own, ...headers])
    // What the client still sends belongs to no request any more.
    if (!request.complete && hasUnreadBody(request)) all.push('Connection', 'close')
    response.writeHead(status, all)
    response.end(body, () => {
      if (!request.complete) request.resume()
    })
  }

  #decorate({ request, requestId }: Visit, answer: string[]): string[] {
    const decorated = this.#door.cors?.decorate(request.rawHeaders, answer) ?? answer
    if (valuesOf(decorated, 'x-request-id').length === 0) decorated.push('X-Request-Id', requestId)
    if (this.#isDraining) decorated.push('Connection', 'close')
    return decorated
  }

  #account(visit: Visit, status: number): void {
    const { request, route, requestId, client, keyName, asked } = visit
    const durationMs = performance.now() - visit.startMs
    const routeName = route === undefined ? '' : `${route.host}${route.path}`
    this.#metrics.countRequest(routeName, status, durationMs)
    if (!this.#options.accessLog) return
    this.#log.info('request', {
      method: request.method ?? '',
      host: asked?.host ?? '',
      path: asked?.path ?? '',
      status,
      duration_ms: Math.round(durationMs * 1000) / 1000,
      client,
      key: keyName,
      route: routeName,
      request_id: requestId,
    })
  }

  #reportFault({ route, requestId }: Visit, fault: ExchangeFault, reason: string): void {
    this.#metrics.countFault(fault)
    const details = { kind: fault, route: route?.path ?? '', request_id: requestId, reason }
    // Clients leave all the time; what backends do wrong is for the operator.
    const level = fault.startsWith('backend') ? 'warn' : 'info'
    this.#log.coded(level, 'MWAF_GATEWAY_EXCHANGE', details)
  }

  #createServer(): Server {
    const { clientTimeoutMs } = this.#options
    const settings = {
      maxHeaderSize: headLimitBytes,
      headersTimeout: clientTimeoutMs,
      // Bodies may take as long as they move: the exchange watches them.
      requestTimeout: 0,
      keepAliveTimeout: clientIdleMs,
      connectionsCheckingInterval: Math.min(30_000, Math.max(50, clientTimeoutMs / 4)),
    }
    const server = createServer(settings, (request, response) => this.#serve(request, response))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuseBytes(error, socket))
    return server
  }

  /** Bytes that are no request. */
  #refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const status = statusOfBadBytes(error.code)
    this.#metrics.countRefusal('bad_request')
    this.#metrics.countRequest('', Number(status.slice(0, 3)), 0)
    this.#log.info('not a request', { reason: error.message, answer: status })
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    // Destroyed at once, a connection that still sends is reset, and the answer lost with it.
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }

  #createMirror(): Mirror | undefined {
    const { mirror, mirrorPercent, mirrorFraction, ...options } = this.#options
    if (mirror === 'off') return undefined
    return new Mirror({
      address: addressOf(mirror),
      share: shareOf(mirrorPercent, mirrorFraction),
      bodyLimitBytes: options.mirrorBodyLimitBytes,
      queueLimitBytes: options.mirrorQueueLimitBytes,
      connectionLimitCount: options.mirrorConnectionLimitCount,
      timeoutMs: options.mirrorTimeoutMs,
      random: Math.random,
      onOutcome: (outcome) => this.#metrics.countCopy(outcome),
      onReachable: (isReachable, reason) => {
        if (isReachable) this.#log.info('copies reach the receiver again', { receiver: mirror })
        else this.#log.coded('warn', 'MWAF_GATEWAY_MIRROR', { receiver: mirror, reason })
      },
    })
  }

  async #answerAdmin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    const isMetrics = request.url?.split('?', 1)[0] === '/metrics'
    const isReady = !(this.#isDraining && request.url?.startsWith('/readyz'))
    const type = isMetrics ? this.#metrics.contentType : 'application/json'
    const body = isMetrics ? await this.#metrics.render() : `{"status":"${isReady ? 'ok' : 'draining'}"}`
    response.writeHead(isReady ? 200 : 503, { 'content-type': type }).end(body)
  }
}

/**
 * Starts a gateway.
 * @throws MirrorwafError `MWAF_OPTIONS_VALUE`, `MWAF_GATEWAY_KEYS` or `MWAF_LISTENER_ADDRESS`.
 */
export async function startGateway(options: GatewayOptions, log: Log): Promise<Gateway> {
  checkGatewayOptions(options)
  const keys = options.keyFile === '' ? undefined : await readApiKeys(options.keyFile)
  const gateway = new Gateway(options, log, keys)
  try {
    await gateway.listen()
  } catch (thrown) {
    await gateway.stop()
    throw thrown
  }
  return gateway
}

function createDoor(options: GatewayOptions, keys: ApiKeys | undefined): DoorChecks {
  const { rateLimit, rateBurst, corsOrigins, corsCredentials, keyHeader } = options
  const burst = rateBurst === 0 ? rateLimit : rateBurst
  const now = (): number => performance.now()
  return {
    rateLimit: rateLimit === 0 ? undefined : new RateLimit({ perSecond: rateLimit, burst, now }),
    cors: corsOrigins.length === 0 ? undefined : new Cors({ origins: corsOrigins, allowsCredentials: corsCredentials }),
    keys,
    keyHeader,
  }
}

/** One for each origin, whatever number of routes lead there. */
function createUpstreams(routes: readonly Route[], options: GatewayOptions): ReadonlyMap<string, Upstream> {
  const settings = {
    connectionLimitCount: options.upstreamConnectionLimitCount,
    connectTimeoutMs: options.upstreamTimeoutMs,
  }
  const origins = new Set(routes.flatMap(({ origin }) => origin ?? []))
  return new Map([...origins].map((origin) => [origin, new Upstream(origin, settings)]))
}

function addressOf(text: string): ListenAddress {
  return parseAddress(text) ?? { kind: 'tcp', host: '::', port: 0 }
}

function hasUnreadBody({ rawHeaders }: IncomingMessage): boolean {
  return valuesOf(rawHeaders, 'transfer-encoding').length > 0 || valuesOf(rawHeaders, 'content-length').length > 0
}

function statusOfBadBytes(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
}
