// A server that records what is posted to it and answers as the test says.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { Test } from 'tap'

export interface Delivery {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface HttpCollector {
  readonly url: string
  readonly deliveries: Delivery[]
  /** Taken one by one; when none is left the answer is 204. `never`: the request stays without one. */
  readonly answers: (Answer | 'never')[]
  close(): void
}

export async function startHttpCollector(t: Test, tls?: ServerOptions): Promise<HttpCollector> {
  const deliveries: Delivery[] = []
  const answers: (Answer | 'never')[] = []
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    deliveries.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
    const answer = answers.shift() ?? { status: 204 }
    if (answer !== 'never') response.writeHead(answer.status, answer.headers).end()
  }
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(close)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${address.port}`, deliveries, answers, close }
}
