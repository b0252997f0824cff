// Doctor's own receiver: stands where mirrorwaf stands and notes each marked copy: bytes of the head, connection, body.
// Only this shows what a gateway really sends; a running mirrorwaf need not open itself to questions for it.
import net from 'node:net'
import { MirrorwafError, reasonOf } from '../../errors.js'
import type { ListenAddress } from '../../options/kinds/address.js'
import { delay } from '../../within-time.js'
import { type Message, MessageReader } from './message-reader.js'

/** A copy of one of our probes. */
export interface SeenCopy extends Message {
  /** Connections are numbered in the order of their arrival. */
  readonly connection: number
  /** Address of the gateway. */
  readonly peer: string
}

/** How copies are answered: at once, after a time, or not at all (the connection is closed). */
export type AnswerMode = { readonly kind: 'answer'; readonly afterMs: number } | { readonly kind: 'close' }

/** More copies than any examination makes. */
const copyLimit = 10_000
const connectionLimit = 1_024
const answer = 'HTTP/1.1 204 No Content\r\n\r\n'
const lastAnswer = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'

/** Make it with `open`. */
export class CopyReceiver {
  mode: AnswerMode = { kind: 'answer', afterMs: 0 }
  /** Requests that carry none of our marks: the traffic of others. */
  foreignCount = 0
  readonly #secret: string
  readonly #address: ListenAddress
  readonly #sockets = new Set<net.Socket>()
  readonly #copies: SeenCopy[] = []
  #server: net.Server
  #connectionCount = 0

  private constructor(address: ListenAddress, secret: string) {
    this.#address = address
    this.#secret = secret
    this.#server = this.#createServer()
  }

  /**
   * Listens.
   * @param secret - part of each mark; requests without it are not ours.
   * @throws MirrorwafError `MWAF_LISTENER_ADDRESS`.
   */
  static async open(address: ListenAddress, secret: string): Promise<CopyReceiver> {
    const receiver = new CopyReceiver(address, secret)
    await receiver.#listen()
    return receiver
  }

  /** The copies of one probe so far. */
  copiesOf(mark: string): readonly SeenCopy[] {
    return this.#copies.filter(({ startLine }) => startLine.includes(mark))
  }

  /** Waits for the first copy of a probe; `undefined` when the time is up. */
  async awaitCopy(mark: string, timeLimitMs: number): Promise<SeenCopy | undefined> {
    const endMs = performance.now() + timeLimitMs
    for (;;) {
      const [copy] = this.copiesOf(mark)
      if (copy !== undefined || performance.now() >= endMs) return copy
      await delay(10)
    }
  }

  /** As if the receiver had died: nothing listens, all connections are cut. `open` it anew afterwards. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #createServer(): net.Server {
    const server = net.createServer((socket) => this.#serve(socket))
    server.maxConnections = connectionLimit
    return server
  }

  #listen(): Promise<void> {
    const address = this.#address
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        const shown = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
        const reason = `${reasonOf(error)} (stop the receiver for the examination, or let the gateway mirror to another port)`
        reject(new MirrorwafError('MWAF_LISTENER_ADDRESS', { address: shown, reason, option: '--receive' }, error))
      })
      this.#server.listen(
        address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
        resolve,
      )
    })
  }

  #serve(socket: net.Socket): void {
    this.#connectionCount += 1
    const connection = this.#connectionCount
    const peer = withoutMapping(socket.remoteAddress ?? '')
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // The gateway may reset it; what was read before counts.
    socket.on('error', () => socket.destroy())
    const reader = new MessageReader('request', (message) => {
      if (!message.startLine.includes(this.#secret)) this.foreignCount += 1
      else if (this.#copies.length < copyLimit) this.#copies.push({ ...message, connection, peer })
      if (message.isWhole) void this.#answer(socket, message)
    })
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
    socket.once('end', () => reader.end())
  }

  async #answer(socket: net.Socket, message: Message): Promise<void> {
    if (this.mode.kind === 'close') {
      socket.end()
      return
    }
    if (this.mode.afterMs > 0) await delay(this.mode.afterMs)
    if (!socket.writable) return
    const isLast = message.startLine.endsWith('HTTP/1.0') || message.headers.some(isConnectionClose)
    socket.write(isLast ? lastAnswer : answer)
    if (isLast) socket.end()
  }
}

/** `::ffff:192.0.2.1` is 192.0.2.1. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function isConnectionClose([name, value]: Message['headers'][number]): boolean {
  return name.toLowerCase() === 'connection' && value.toLowerCase() === 'close'
}
