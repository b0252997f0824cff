// A reusable buffer for bytes that had to be rewritten (unescaped, percent-decoded) before a visitor may see them.
// Stage: [decode]. Every rewriting here shrinks or keeps its input, so the source's length is always enough.

/** Larger scratch is given back after use: one hostile body must not pin megabytes in every worker. */
const keptBytes = 256 * 1024

/** One growing buffer; what `reserve` returned before is void after the next `reserve`. */
export class Scratch {
  #bytes: Buffer = Buffer.allocUnsafeSlow(4096)

  /** @returns a buffer of at least `byteCount` bytes; contents undefined. */
  reserve(byteCount: number): Buffer {
    if (this.#bytes.length >= byteCount) return this.#bytes
    if (byteCount > keptBytes) return Buffer.allocUnsafeSlow(byteCount)
    let capacity = this.#bytes.length
    while (capacity < byteCount) capacity *= 2
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
    return this.#bytes
  }
}
