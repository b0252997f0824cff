// Which connections the page's server keeps: those that have shown no token are few and short-lived, and give way to newer ones,
// so that they can never keep out somebody who has one.
import type { Socket } from 'node:net'

export interface ReserveLimits {
  /** All connections. */
  readonly all: number
  /** Those that have not shown a token; the rest is kept for those that have. */
  readonly unknown: number
  /** How long a connection may go without showing one, requests included. */
  readonly unknownLifeMs: number
}

export class ConnectionReserve {
  readonly #limits: ReserveLimits
  /** With the timer that ends each, oldest first. */
  readonly #unknown = new Map<Socket, NodeJS.Timeout>()
  #count = 0

  constructor(limits: ReserveLimits) {
    this.#limits = limits
  }

  /** Takes a new connection, or ends it when all others have shown a token. */
  admit(socket: Socket): void {
    const { all, unknown, unknownLifeMs } = this.#limits
    if (this.#unknown.size >= unknown || this.#count >= all) {
      const [oldest] = this.#unknown.keys()
      if (oldest === undefined) {
        socket.destroy()
        return
      }
      this.#forget(oldest)
      oldest.destroy()
    }
    this.#count += 1
    const timer = setTimeout(() => socket.destroy(), unknownLifeMs)
    timer.unref()
    this.#unknown.set(socket, timer)
    socket.once('close', () => {
      this.#count -= 1
      this.#forget(socket)
    })
  }

  /** It has shown a token, or none is needed: from now on it may stay. */
  trust(socket: Socket): void {
    this.#forget(socket)
  }

  isTrusted(socket: Socket): boolean {
    return !this.#unknown.has(socket)
  }

  #forget(socket: Socket): void {
    clearTimeout(this.#unknown.get(socket))
    this.#unknown.delete(socket)
  }
}
