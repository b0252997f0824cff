// Cuts chunks into lines, holding at most one incomplete line.

/** Feed chunks, get lines without their break (LF or CRLF). */
export class LineSplitter {
  /** Lines that were longer than the limit and dropped. */
  droppedCount = 0
  readonly #limitBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #isDropping = false

  /** @param limitBytes - last accepted length of a line. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Lines that end in this chunk. */
  *feed(chunk: Buffer): Generator<Buffer> {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      this.#keep(chunk.subarray(start, end))
      start = end + 1
      yield* this.#take()
    }
    this.#keep(chunk.subarray(start))
  }

  /** The last line, when the file does not end with a break. */
  *end(): Generator<Buffer> {
    if (this.#pendingBytes > 0 || this.#isDropping) yield* this.#take()
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#isDropping) return
    this.#pendingBytes += part.length
    this.#pending.push(part)
    // One more for a carriage return that does not count.
    if (this.#pendingBytes <= this.#limitBytes + 1) return
    this.#isDropping = true
    this.#pending = []
  }

  *#take(): Generator<Buffer> {
    const line = Buffer.concat(this.#pending)
    const isDropped = this.#isDropping
    this.#pending = []
    this.#pendingBytes = 0
    this.#isDropping = false
    const text = line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
    if (isDropped || text.length > this.#limitBytes) this.droppedCount++
    else yield text
  }
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
