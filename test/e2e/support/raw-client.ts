// A client that sends the bytes it is given, as no HTTP library would, and times the answers.
import net from 'node:net'
import { type HttpMessage, takeMessage } from './http-message.js'
import { patienceMs } from './wait-until.js'

export interface Answer {
  readonly status: number
  readonly message: HttpMessage
  /** Milliseconds from the first byte sent to the last byte of the answer. */
  readonly durationMs: number
}

interface Waiting {
  readonly sentAtMs: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** One client connection; one request at a time. */
export class RawClient {
  readonly #socket: net.Socket
  #pending: Buffer = Buffer.alloc(0)
  #waiting: Waiting | undefined

  private constructor(port: number, localAddress: string) {
    this.#socket = net.connect({ port, host: '127.0.0.1', localAddress })
    this.#socket.setNoDelay(true)
    this.#socket.setTimeout(patienceMs, () => this.#socket.destroy(new Error('the gateway does not answer')))
    this.#socket.on('data', (chunk) => {
      this.#pending = Buffer.concat([this.#pending, Buffer.from(chunk)])
      this.#settle(false)
    })
    this.#socket.once('end', () => this.#settle(true))
    this.#socket.on('error', (error) => this.#waiting?.reject(error))
    this.#socket.once('close', () => this.#waiting?.reject(new Error('closed without an answer')))
  }

  /** @param localAddress - the client's address as the gateway sees it: all of 127.0.0.0/8 is this machine's. */
  static connect(port: number, localAddress = '127.0.0.1'): RawClient {
    return new RawClient(port, localAddress)
  }

  /** Sends one request and resolves with its answer; rejects if the connection is closed before it is whole. */
  send(bytes: Buffer | string): Promise<Answer> {
    if (this.#socket.destroyed) return Promise.reject(new Error('the connection is closed'))
    if (this.#waiting !== undefined) throw new Error('the last request has no answer yet')
    return new Promise((resolve, reject) => {
      this.#waiting = { sentAtMs: performance.now(), resolve, reject }
      this.#socket.write(bytes)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #settle(isEnded: boolean): void {
    const message = takeMessage(this.#pending, 'until-close', isEnded)
    const waiting = this.#waiting
    if (message === undefined || waiting === undefined) return
    this.#pending = this.#pending.subarray(message.byteLength)
    if (message.startLine.startsWith('HTTP/1.1 100')) return
    this.#waiting = undefined
    const status = Number(message.startLine.split(' ')[1])
    waiting.resolve({ status, message, durationMs: performance.now() - waiting.sentAtMs })
  }
}

/** Sends one request on a connection of its own. */
export async function sendAlone(port: number, bytes: Buffer | string, localAddress = '127.0.0.1'): Promise<Answer> {
  const client = RawClient.connect(port, localAddress)
  try {
    return await client.send(bytes)
  } finally {
    client.close()
  }
}
