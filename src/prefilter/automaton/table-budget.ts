// The bytes that the tables of all automata of a worker may use together. When they are used up the largest table gives its
// states up: so one that few values need is not starved by one that many do.

/** What uses bytes and can give them back. */
export interface TableOwner {
  readonly usedBytes: number
  /** Drops all states. */
  flush(): void
}

export class TableBudget {
  /** Bytes in use, counted by the owners. */
  usedBytes = 0
  readonly capBytes: number
  readonly #owners: TableOwner[] = []

  constructor(capBytes: number) {
    this.capBytes = capBytes
  }

  register(owner: TableOwner): void {
    this.#owners.push(owner)
  }

  /**
   * Whether `asking` may use more bytes; flushes another owner for it if need be.
   * @returns false when the asking owner is the largest and must flush itself.
   */
  mayUse(asking: TableOwner, bytes: number): boolean {
    if (this.usedBytes + bytes <= this.capBytes) return true
    const largest = this.#owners.reduce((left, right) => (right.usedBytes > left.usedBytes ? right : left), asking)
    if (largest === asking) return false
    largest.flush()
    return true
  }
}
