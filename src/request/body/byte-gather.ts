// Collects bytes that lie apart into one growing buffer.
// Stage: [decode]. Its size is bounded by the input it is filled from.

const keptBytes = 64 * 1024

/** A growing buffer; `bytes` up to `length` is valid until the next change. */
export class ByteGather {
  bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  length = 0

  /** Empties it, and gives an unusually large buffer back. */
  clear(): void {
    this.length = 0
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafeSlow(1024)
  }

  /** Makes room, so that `byteCount` more bytes may be written at `length`. */
  reserve(byteCount: number): void {
    if (this.length + byteCount <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + byteCount))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.set(source.subarray(start, end), this.length)
    this.length += end - start
  }
}
