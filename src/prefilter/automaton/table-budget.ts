// The bytes that the tables of all automata of a worker may take together. When one wants to grow beyond, the largest gives
// its states up: so a table that few values need cannot be starved by one that many do.

/** What takes bytes and can give them back. */
export interface TableOwner {
  readonly tableBytes: number
  /** Drops all states and the memory of most. */
  flush(): void
}

export class TableBudget {
  readonly #capBytes: number
  readonly #owners: TableOwner[] = []
  #usedBytes = 0

  constructor(capBytes: number) {
    this.#capBytes = capBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  register(owner: TableOwner): void {
    this.#owners.push(owner)
    this.#usedBytes += owner.tableBytes
  }

  /** Counts bytes given back. */
  release(bytes: number): void {
    this.#usedBytes -= bytes
  }

  /**
   * Asks for more bytes; flushes other owners if that makes room.
   * @returns false when the asking owner is the largest and must flush itself.
   */
  take(asking: TableOwner, bytes: number): boolean {
    while (this.#usedBytes + bytes > this.#capBytes) {
      const largest = this.#owners.reduce((left, right) => (right.tableBytes > left.tableBytes ? right : left), asking)
      if (largest === asking) return false
      const before = largest.tableBytes
      largest.flush()
      if (largest.tableBytes >= before) return false
    }
    this.#usedBytes += bytes
    return true
  }
}
