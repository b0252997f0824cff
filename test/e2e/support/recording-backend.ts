// A backend that writes down what reaches it, byte by byte: the primary of every test.
import net from 'node:net'
import type { Test } from 'tap'
import { portOf } from './free-ports.js'
import { type HttpMessage, headerOf, takeMessage } from './http-message.js'

export interface RecordedRequest extends HttpMessage {
  /** Connections are numbered from 1 in the order of their arrival. */
  readonly connection: number
}

/** What the primary says to everything; clients compare it. */
export const primaryAnswerBody = 'the primary answers\n'

/** Records every request and answers 200, kept alive unless the request asks otherwise. */
export class RecordingBackend {
  readonly requests: RecordedRequest[] = []
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #connectionCount = 0

  private constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket))
  }

  /** Listens on a free loopback port until the test `t` is over. */
  static async start(t: Test): Promise<RecordingBackend> {
    const backend = new RecordingBackend()
    await new Promise<void>((resolve, reject) => {
      backend.#server.once('error', reject)
      backend.#server.listen(0, '127.0.0.1', resolve)
    })
    t.teardown(() => backend.stop())
    return backend
  }

  get port(): number {
    return portOf(this.#server)
  }

  get connectionCount(): number {
    return this.#connectionCount
  }

  /** The requests whose first line contains `text`. */
  withTarget(text: string): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.startLine.includes(text))
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #serve(socket: net.Socket): void {
    this.#connectionCount += 1
    const connection = this.#connectionCount
    let pending: Buffer = Buffer.alloc(0)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A gateway that goes away resets its connections; what counts is what arrived before.
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, Buffer.from(chunk)])
      for (let message = takeMessage(pending, 'no-body'); message; message = takeMessage(pending, 'no-body')) {
        pending = pending.subarray(message.byteLength)
        this.requests.push({ ...message, connection })
        answer(socket, message)
      }
    })
  }
}

function answer(socket: net.Socket, request: HttpMessage): void {
  const isClosing = request.startLine.endsWith('HTTP/1.0') || headerOf(request, 'connection')?.toLowerCase() === 'close'
  const connection = isClosing ? 'close' : 'keep-alive'
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${primaryAnswerBody.length}\r\nConnection: ${connection}\r\n\r\n`
  socket.write(head + primaryAnswerBody)
  if (isClosing) socket.end()
}
