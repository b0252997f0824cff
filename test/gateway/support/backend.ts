// Services behind the gateway, and clients in front of it that see bytes.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Backend {
  readonly origin: string
  readonly port: number
  /** Connections accepted so far. */
  readonly connectionCount: () => number
  /** Connections that are open now. */
  readonly openCount: () => number
}

/** A service that ends with the test. */
export function startBackend(t: Test, listener: RequestListener): Promise<Backend> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  t.teardown(() => server.closeAllConnections())
  return listen(t, server)
}

/** A service of raw bytes. */
export function startRawBackend(t: Test, onConnection: (socket: Socket) => void): Promise<Backend> {
  return listen(t, createTcpServer(onConnection))
}

/** A service that answers each request with what it saw of it, as JSON. */
export function startEcho(t: Test, name = 'echo'): Promise<Backend> {
  return startBackend(t, (request, response) => {
    const answer = (body: string): void => {
      response.end(JSON.stringify({ name, method: request.method, url: request.url, raw: request.rawHeaders, body }))
    }
    // A body that breaks off has nobody left to answer.
    readBody(request).then(answer, () => response.destroy())
  })
}

/** What `startEcho` answers. */
export interface Echo {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly raw: readonly string[]
  readonly body: string
}

export function parseEcho(answer: RawAnswer): Echo {
  return JSON.parse(Buffer.from(answer.body, 'latin1').toString())
}

/** All of a request's body as latin1 text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

export interface RawAnswer {
  readonly status: number
  readonly head: string
  /** Still chunked if it was sent so, unless `send` decoded it. */
  readonly body: string
}

/** Sends bytes and reads until the connection ends; requests must ask for that (`Connection: close`). */
export function send(port: number, text: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      received += piece
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(parseAnswer(received)))
  })
}

/** A GET that closes its connection. @param headers - whole lines. */
export function get(port: number, target: string, ...headers: string[]): Promise<RawAnswer> {
  const hosted = headers.some((line) => /^host:/i.test(line)) ? headers : ['Host: app.example', ...headers]
  return send(port, [`GET ${target} HTTP/1.1`, ...hosted, 'Connection: close', '', ''].join('\r\n'))
}

export function parseAnswer(received: string): RawAnswer {
  const end = received.indexOf('\r\n\r\n')
  const head = end === -1 ? received : received.slice(0, end)
  const rest = end === -1 ? '' : received.slice(end + 4)
  const isChunked = /^transfer-encoding: chunked$/im.test(head)
  return { status: Number(head.split(' ')[1] ?? 0), head, body: isChunked ? joinChunks(rest) : rest }
}

/** All values of a header in an answer's head. */
export function headerValues(head: string, name: string): string[] {
  const lines = head.split('\r\n').slice(1)
  const found = lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return found.map((line) => line.slice(name.length + 1).trim())
}

/** All values of a header in a raw list. */
export function rawValues(raw: readonly string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name.toLowerCase())
}

function joinChunks(text: string): string {
  let rest = text
  let joined = ''
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, lineEnd), 16)
    if (!(size > 0)) return joined
    joined += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    rest = rest.slice(lineEnd + 2 + size + 2)
  }
}

function listen(t: Test, server: Server): Promise<Backend> {
  let accepted = 0
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    accepted += 1
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => {})
  })
  t.teardown(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({
        origin: `http://127.0.0.1:${port}`,
        port,
        connectionCount: () => accepted,
        openCount: () => open.size,
      })
    })
  })
}
