// The page's server: files, questions about stored events, and the live stream. Lives in the reporting thread.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { AdminAddress } from '../observe/admin-server.js'
import type { History } from '../store/history.js'
import { AnswerCache } from './answer-cache.js'
import type { Asset, Assets } from './assets.js'
import { ConnectionReserve } from './connection-reserve.js'
import { loginPath, refuse, securityHeaders } from './guard.js'
import type { LiveStream } from './live-stream.js'
import type { LiveHello } from './page/api-types.js'
import { answerCounts, answerEvent, answerExclusion, answerPreview, answerSearch, countsRangeMs } from './questions.js'
import type { RuleBook } from './rule-book.js'
import type { Sessions } from './sessions.js'

/** What the server shows; read anew for each request, because rules and store may be replaced. */
export interface UiSources {
  /** `undefined`: the store cannot be opened just now. */
  readonly history: () => History | undefined
  readonly rules: () => RuleBook
  readonly hello: () => LiveHello
  readonly stream: LiveStream
}

export interface UiSettings {
  readonly address: AdminAddress
  /** Names the page may be asked for under, lower case. */
  readonly hosts: ReadonlySet<string>
  readonly sessions: Sessions
  readonly assets: Assets
  readonly sources: UiSources
}

/**
 * Pages, their questions and somebody's scripts. Half is for those who have shown a token; the others have their requests
 * answered within the time that a request and a braked login may take, and then go.
 */
const connectionLimits = { all: 128, unknown: 64, unknownLifeMs: 20_000 } as const
const requestTimeoutMs = 10_000
const loginLimitBytes = 8192
const jsonType = 'application/json; charset=utf-8'
/** Questions at work at once: each looks through events for a second at most, in short steps. */
const searchLimit = 4

export class UiServer {
  readonly address: AdminAddress
  readonly #server: Server

  private constructor(server: Server, address: AdminAddress) {
    this.#server = server
    this.address = address
  }

  /** @throws MirrorwafError `MWAF_LISTENER_ADDRESS`. */
  static async start(settings: UiSettings): Promise<UiServer> {
    const reserve = new ConnectionReserve(connectionLimits)
    const handler = new RequestHandler(settings, reserve)
    const server = createServer(
      { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, keepAliveTimeout: 65_000 },
      (request, response) => void handler.handle(request, response),
    )
    server.on('connection', (socket) => reserve.admit(socket))
    await listen(server, settings.address)
    // The thread lives as long as its channel to the main thread; a start that failed elsewhere must not linger here.
    server.unref()
    // An accept that failed concerns one page, which tries again; without a hearer it would end the thread.
    server.on('error', () => {})
    const bound = server.address()
    const isBound = typeof bound === 'object' && bound !== null
    return new UiServer(server, isBound ? { host: bound.address, port: bound.port } : settings.address)
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

class RequestHandler {
  readonly #settings: UiSettings
  readonly #reserve: ConnectionReserve
  readonly #counts = new AnswerCache(() => performance.now())
  #searchCount = 0

  constructor(settings: UiSettings, reserve: ConnectionReserve) {
    this.#settings = settings
    this.#reserve = reserve
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away in the middle of an answer is nobody's fault.
    response.on('error', () => {})
    try {
      await this.#answer(request, response)
    } catch (thrown) {
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: reasonOf(thrown) })
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { hosts, sessions, assets } = this.#settings
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
    const { host, origin, 'sec-fetch-site': fetchSite, authorization, cookie } = request.headers
    const hasSession = sessions.hasSession(cookie, Date.now())
    this.#keep(request, response, hasSession)
    const refusal = refuse({ method: request.method ?? '', host, origin, fetchSite: firstOf(fetchSite), path }, hosts)
    if (refusal !== undefined) {
      request.resume()
      sendJson(response, refusal.status, { error: refusal.reason })
      return
    }
    if (path === loginPath) {
      await this.#login(request, response)
      return
    }
    request.resume()
    const file = assets.files.get(path)
    if (file !== undefined) {
      sendAsset(response, 200, file)
      return
    }
    const access = hasSession ? 'open' : await sessions.judgeBearer(authorization, addressOf(request))
    switch (access) {
      case 'too-many':
        sendTooMany(response)
        return
      case 'closed':
        if (path === '/') sendAsset(response, 401, assets.login)
        else sendJson(response, 401, { error: 'a token is needed' })
        return
      case 'open':
        this.#keep(request, response, true)
        if (path === '/') sendAsset(response, 200, assets.page)
        else await this.#answerQuestion(path, new URLSearchParams(query), response)
        return
      default:
        access satisfies never
    }
  }

  /** A connection that has shown no token ends with its answer. */
  #keep({ socket }: IncomingMessage, response: ServerResponse, isKnown: boolean): void {
    if (isKnown) this.#reserve.trust(socket)
    if (this.#reserve.isTrusted(socket)) response.removeHeader('connection')
    else response.setHeader('connection', 'close')
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await readBody(request))
    const result = await this.#settings.sessions.login(form.get('token') ?? '', addressOf(request), Date.now())
    switch (result.kind) {
      case 'accepted':
        response.writeHead(303, { ...securityHeaders, location: '/', 'set-cookie': result.cookie }).end()
        break
      case 'refused':
        sendAsset(response, 401, this.#settings.assets.login)
        break
      case 'too-many':
        sendTooMany(response)
        break
      default:
        result satisfies never
    }
  }

  async #answerQuestion(path: string, question: URLSearchParams, response: ServerResponse): Promise<void> {
    const { sources } = this.#settings
    const [, api, subject, idText = '', more = ''] = path.split('/')
    const id = /^\d{1,15}$/.test(idText) ? Number(idText) : 0
    const isWanted = (): boolean => !response.destroyed
    const asked = api === 'api' ? `${subject}${idText === '' ? '' : '/id'}${more === '' ? '' : `/${more}`}` : ''
    if (asked === 'live') {
      this.#openStream(response)
      return
    }
    const history = sources.history()
    if (history === undefined) {
      sendJson(response, 503, { error: 'the history does not work at the moment; it is tried again' })
      return
    }
    switch (asked) {
      case 'counts':
        await this.#answerCounts(history, countsRangeMs(question), response)
        return
      case 'events':
        await this.#search(response, () => answerSearch(history, question, isWanted))
        return
      case 'events/id':
        sendFound(response, answerEvent(history, sources.rules(), id))
        return
      case 'events/id/exclusion':
        sendFound(response, answerExclusion(history, id, question))
        return
      case 'events/id/preview':
        await this.#search(response, () => answerPreview(history, id, question, isWanted))
        return
      default:
        sendJson(response, 404, { error: 'there is no such thing here' })
    }
  }

  async #answerCounts(history: History, rangeMs: number, response: ServerResponse): Promise<void> {
    const { rules } = this.#settings.sources
    const answer = this.#counts.ask(String(rangeMs), () => answerCounts(history, rules(), rangeMs, Date.now()))
    if (answer === undefined) sendJson(response, 503, { error: 'too many questions at once; try again' })
    else send(response, 200, jsonType, await answer)
  }

  async #search(response: ServerResponse, run: () => Promise<object | undefined>): Promise<void> {
    if (this.#searchCount >= searchLimit) {
      sendJson(response, 503, { error: 'too many searches at once; try again' })
      return
    }
    this.#searchCount += 1
    try {
      sendFound(response, await run())
    } finally {
      this.#searchCount -= 1
    }
  }

  #openStream(response: ServerResponse): void {
    const { stream, hello } = this.#settings.sources
    if (stream.isFull) {
      sendJson(response, 503, { error: 'too many pages are open' })
      return
    }
    response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream; charset=utf-8' })
    stream.add(response, hello())
  }
}

function sendFound(response: ServerResponse, answer: object | undefined): void {
  if (answer === undefined) sendJson(response, 404, { error: 'this event is not stored (any more)' })
  else sendJson(response, 200, answer)
}

function sendJson(response: ServerResponse, status: number, answer: object): void {
  send(response, status, jsonType, Buffer.from(JSON.stringify(answer)))
}

function sendTooMany(response: ServerResponse): void {
  response.setHeader('retry-after', '5')
  sendJson(response, 429, { error: 'too many wrong tokens from this address; try again in some seconds' })
}

function sendAsset(response: ServerResponse, status: number, { type, body }: Asset): void {
  send(response, status, type, body)
}

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { ...securityHeaders, 'content-type': type, 'content-length': body.byteLength })
  response.end(body)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let byteCount = 0
  for await (const chunk of request) {
    byteCount += Buffer.byteLength(chunk)
    if (byteCount > loginLimitBytes) return ''
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks).toString()
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? ''
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function listen(server: Server, { host, port }: AdminAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      const details = { address: shown, reason: reasonOf(error), option: '--ui' }
      reject(new MirrorwafError('MWAF_LISTENER_ADDRESS', details, error))
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}
