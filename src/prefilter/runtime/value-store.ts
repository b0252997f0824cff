// Keeps the values that the engine itself must check until it is asked: bytes in one buffer, bounded, in order of requests.

/** What one engine call takes: entries of a list that the engine looks at, and bytes of a usual batch's texts. */
export const maxStoredValues = 256
const maxStoredBytes = 128 * 1024

/** Values by check. */
export class ValueStore {
  count = 0
  readonly #bytes: Buffer = Buffer.allocUnsafeSlow(maxStoredBytes)
  readonly #ends = new Int32Array(maxStoredValues)
  readonly #checks = new Int32Array(maxStoredValues)

  /** Drops all values from number `count` on. */
  truncate(count: number): void {
    this.count = count
  }

  /** Copies a value. @returns false when it does not fit. */
  add(check: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#endOf(this.count - 1)
    if (this.count === maxStoredValues || from + end - start > maxStoredBytes) return false
    for (let index = start; index < end; index++) this.#bytes[from + index - start] = bytes[index] ?? 0
    this.#ends[this.count] = from + end - start
    this.#checks[this.count] = check
    this.count++
    return true
  }

  /** True when a request with some dozens of values may not fit any more. */
  get isNearlyFull(): boolean {
    return this.count > maxStoredValues / 2 || this.#endOf(this.count - 1) > maxStoredBytes / 2
  }

  checkOf(index: number): number {
    return this.#checks[index] ?? 0
  }

  textOf(index: number): string {
    return this.#bytes.toString('utf8', this.#endOf(index - 1), this.#endOf(index))
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : (this.#ends[index] ?? 0)
  }
}
