// Health, readiness and metrics of the watch, for the kubelet and Prometheus.
import { createServer, type Server } from 'node:http'
import { MirrorwafError, reasonOf } from '../../errors.js'
import { parseAddress } from '../../options/kinds/address.js'

/** What is asked. */
export interface HealthSource {
  /** Why this instance is not ready, or `undefined`. */
  notReady(): string | undefined
  renderMetrics(): string
}

/** A listening server. */
export interface HealthServer {
  /** Where it listens: `host:port`. */
  readonly address: string
  close(): Promise<void>
}

/** @throws MirrorwafError `MWAF_LISTENER_ADDRESS`. */
export async function startHealthServer(listenAddress: string, source: HealthSource): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = answerTo(request.method ?? '', request.url ?? '', source)
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  await listen(server, listenAddress)
  const bound = server.address()
  return {
    address: bound === null || typeof bound === 'string' ? listenAddress : `${bound.address}:${bound.port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const json = 'application/json'

function answerTo(method: string, url: string, source: HealthSource): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: json, body: '{"status":"GET only"}' }
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return { status: 200, type: json, body: '{"status":"ok"}' }
    case '/readyz': {
      const reason = source.notReady()
      if (reason === undefined) return { status: 200, type: json, body: '{"status":"ok"}' }
      return { status: 503, type: json, body: JSON.stringify({ status: reason }) }
    }
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: source.renderMetrics() }
    default:
      return { status: 404, type: json, body: '{"status":"not found"}' }
  }
}

async function listen(server: Server, listenAddress: string): Promise<void> {
  const address = parseAddress(listenAddress)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      if (address?.kind === 'unix') server.listen(address.path, resolve)
      else server.listen({ host: address?.host ?? '::', port: address?.port ?? 0 }, resolve)
    })
  } catch (error) {
    const details = { address: listenAddress, reason: reasonOf(error), option: '--health-listen' }
    throw new MirrorwafError('MWAF_LISTENER_ADDRESS', details, error)
  }
}
