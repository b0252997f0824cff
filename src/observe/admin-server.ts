// The admin port: health, readiness, metrics, nothing else. Lives in the reporting thread, so a scrape costs the listener nothing.
// Every path except /readyz and /metrics answers 200 {"status":"ok"}, as the health check of the Go mirror does.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MirrorwafError, reasonOf } from '../errors.js'
import { CounterId, LifeState } from './counter-ids.js'
import type { SharedCounters } from './shared-counters.js'

export interface AdminAddress {
  /** An IP address; `::` also takes IPv4, and means `0.0.0.0` on a machine without IPv6. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
}

export interface AdminServer {
  /** Where it listens; the port is the real one. */
  readonly address: AdminAddress
  close(): Promise<void>
}

export interface AdminSettings {
  readonly address: AdminAddress
  /** Read for readiness. */
  readonly counters: SharedCounters
  readonly metricsContentType: string
  readonly renderMetrics: () => Promise<string>
}

/** Probes and scrapers are few; more connections than this are somebody else's. */
const connectionLimit = 128
/** Long enough for any prober, short enough that an idle or slow one holds nothing. */
const requestTimeoutMs = 10_000

const jsonType = 'application/json'

/** @throws MirrorwafError `MWAF_LISTENER_ADDRESS` when the address is taken or not this machine's. */
export async function startAdminServer(settings: AdminSettings): Promise<AdminServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, keepAliveTimeout: 65_000 },
    (request, response) => void answer(settings, request, response),
  )
  server.maxConnections = connectionLimit
  await listenDualStack(server, settings.address)
  // An accept that failed concerns one probe, which tries again; without a hearer it would end the thread.
  server.on('error', () => {})
  const bound = server.address()
  const address = isAddressInfo(bound) ? { host: bound.address, port: bound.port } : settings.address
  return { address, close: () => closeServer(server) }
}

async function answer(settings: AdminSettings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A probe's body is nobody's business; it is read away so that the connection can go on.
  request.resume()
  const path = request.url?.split('?', 1)[0]
  if (path === '/metrics') return answerMetrics(settings, response)
  if (path === '/readyz') return answerReadiness(settings, response)
  send(response, 200, jsonType, '{"status":"ok"}')
}

function answerReadiness(settings: AdminSettings, response: ServerResponse): void {
  const state = settings.counters.get(CounterId.lifeState)
  const name = state === LifeState.ready ? 'ready' : state === LifeState.draining ? 'draining' : 'starting'
  send(response, name === 'ready' ? 200 : 503, jsonType, `{"status":"${name}"}`)
}

async function answerMetrics(settings: AdminSettings, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, settings.metricsContentType, await settings.renderMetrics())
  } catch (thrown) {
    send(response, 500, 'text/plain; charset=utf-8', `the metrics cannot be shown: ${reasonOf(thrown)}\n`)
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}

async function listenDualStack(server: Server, address: AdminAddress): Promise<void> {
  try {
    await listen(server, address)
  } catch (thrown) {
    if (address.host !== '::' || !isWithoutIpv6(thrown)) throw addressError(address, thrown)
    await listen(server, { host: '0.0.0.0', port: address.port }).catch((fallback: unknown) => {
      throw addressError(address, fallback)
    })
  }
}

function listen(server: Server, { host, port }: AdminAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function isWithoutIpv6(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false
  return thrown.code === 'EAFNOSUPPORT' || thrown.code === 'EADDRNOTAVAIL'
}

function isAddressInfo(bound: AddressInfo | string | null): bound is AddressInfo {
  return typeof bound === 'object' && bound !== null
}

function addressError(address: AdminAddress, thrown: unknown): MirrorwafError {
  const shown = address.host.includes(':') ? `[${address.host}]` : address.host
  return new MirrorwafError(
    'MWAF_LISTENER_ADDRESS',
    { address: `${shown}:${address.port}`, reason: reasonOf(thrown), option: '--admin' },
    thrown,
  )
}
