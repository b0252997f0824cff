// One client connection to the gateway under examination; sends bytes as they are and times the answers.
import net from 'node:net'
import tls from 'node:tls'
import { withoutMapping } from './copy-receiver.js'
import { type Message, MessageReader } from './message-reader.js'

export interface ProbeAnswer {
  readonly status: number
  readonly headers: Message['headers']
  /** Milliseconds from the first byte sent to the last byte of the answer. */
  readonly durationMs: number
}

/** Far longer than any answer that is not in trouble. */
const answerTimeLimitMs = 10_000

interface Waiting {
  readonly sentAtMs: number
  readonly resolve: (answer: ProbeAnswer | undefined) => void
}

/** Closed by its user, or by the gateway. */
export class ProbeClient {
  readonly #socket: net.Socket
  #waiting: Waiting | undefined
  #isClosed = false

  /**
   * @param gateway - http or https; certificates are not checked: nothing secret is sent, and gateways under test have their own.
   * @param localAddress - to connect from; `undefined`: the system's choice.
   */
  constructor(gateway: URL, localAddress: string | undefined) {
    const host = gateway.hostname.replace(/^\[|\]$/g, '')
    const isEncrypted = gateway.protocol === 'https:'
    const port = Number(gateway.port || (isEncrypted ? 443 : 80))
    this.#socket = isEncrypted
      ? tls.connect({ host, port, rejectUnauthorized: false, servername: net.isIP(host) === 0 ? host : '' })
      : net.connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
    this.#socket.setNoDelay(true)
    const reader = new MessageReader('answer', (message) => this.#settle(message))
    this.#socket.on('data', (chunk: Buffer) => reader.push(chunk))
    this.#socket.once('end', () => reader.end())
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.once('close', () => {
      this.#isClosed = true
      this.#settle(undefined)
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Our own address, as far as we can know it; empty before the connection stands. */
  get localAddress(): string {
    return withoutMapping(this.#socket.localAddress ?? '')
  }

  /** Sends one request; `undefined` when the connection ends or the time is up before its answer is whole. */
  send(bytes: Uint8Array): Promise<ProbeAnswer | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), answerTimeLimitMs)
      this.#waiting = {
        sentAtMs: performance.now(),
        resolve: (given) => {
          clearTimeout(timer)
          resolve(given)
        },
      }
      this.#socket.write(bytes)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #settle(message: Message | undefined): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (message === undefined || !message.isWhole) {
      waiting?.resolve(undefined)
      return
    }
    const status = Number(message.startLine.split(' ')[1])
    waiting?.resolve({ status, headers: message.headers, durationMs: performance.now() - waiting.sentAtMs })
  }
}
