// Keeps the values that the engine itself must check until it is asked: bytes in one buffer, bounded.

/** Bytes and values kept at most; beyond, the request is a candidate. One engine call takes at most 256 values. */
const maxBytes = 64 * 1024
const maxValues = 256

/** Values by check. Not reentrant. */
export class ValueStore {
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(maxBytes)
  readonly #ends = new Int32Array(maxValues)
  readonly #checks = new Int32Array(maxValues)
  readonly #owners = new Int32Array(maxValues)
  count = 0

  clear(): void {
    this.count = 0
  }

  /** Drops all values from number `count` on. */
  truncate(count: number): void {
    this.count = count
  }

  /** Copies a value. @param owner - number of its request. @returns false when it does not fit. */
  add(check: number, owner: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#endOf(this.count - 1)
    if (this.count === maxValues || from + end - start > maxBytes) return false
    for (let index = start; index < end; index++) this.#bytes[from + index - start] = bytes[index] ?? 0
    this.#ends[this.count] = from + end - start
    this.#checks[this.count] = check
    this.#owners[this.count] = owner
    this.count++
    return true
  }

  checkOf(index: number): number {
    return this.#checks[index] ?? 0
  }

  ownerOf(index: number): number {
    return this.#owners[index] ?? 0
  }

  textOf(index: number): string {
    return this.#bytes.toString('utf8', this.#endOf(index - 1), this.#endOf(index))
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] ?? 0)
  }
}
