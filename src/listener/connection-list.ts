// All open connections, least recently active first, so that pressure closes the oldest idle one.
// Hot path: `touch` runs once per chunk; a doubly linked list makes it a few stores.
import type { ListedConnection } from './connection-host.js'

/** How many of the oldest connections are looked at for an idle one: bounds the cost of a new connection at the limit. */
const evictionSearchCount = 32

/** A doubly linked list through the connections' own `previous` and `next`. */
export class ConnectionList {
  #first: ListedConnection | undefined
  #last: ListedConnection | undefined
  #count = 0

  get count(): number {
    return this.#count
  }

  add(connection: ListedConnection): void {
    this.#count += 1
    this.#append(connection)
  }

  /**
   * Takes a connection out. It lets go of its neighbours: one that the collector has promoted would otherwise keep alive, and so
   * promote, each one closed after it, and all of them would wait for a full collection.
   */
  remove(connection: ListedConnection): void {
    this.#count -= 1
    this.#unlink(connection)
    connection.previous = undefined
    connection.next = undefined
  }

  /** Moves a connection to the end: it was active last. */
  touch(connection: ListedConnection): void {
    if (this.#last === connection) return
    this.#unlink(connection)
    this.#append(connection)
  }

  /**
   * The idle connection among the least recently active that rests for at least `minIdleMs`.
   * @returns undefined when there is none: then all are at work.
   */
  findOldestIdle(nowMs: number, minIdleMs: number): ListedConnection | undefined {
    let connection = this.#first
    for (let index = 0; index < evictionSearchCount && connection !== undefined; index += 1) {
      if (nowMs - connection.lastActiveMs < minIdleMs) return undefined
      if (connection.isIdle) return connection
      connection = connection.next
    }
    return undefined
  }

  /** Calls `visit` for each connection; `visit` may remove the one it is given. */
  forEach(visit: (connection: ListedConnection) => void): void {
    let connection = this.#first
    while (connection !== undefined) {
      const { next } = connection
      visit(connection)
      connection = next
    }
  }

  #append(connection: ListedConnection): void {
    connection.previous = this.#last
    connection.next = undefined
    if (this.#last === undefined) this.#first = connection
    else this.#last.next = connection
    this.#last = connection
  }

  #unlink(connection: ListedConnection): void {
    const { previous, next } = connection
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
  }
}
