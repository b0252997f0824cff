// Notices clients that keep a connection busy with bytes that carry no request: WINDOW_UPDATE, padding, frames that nobody knows.
// node:http2 neither shows nor bounds these frames, but the socket counts its bytes: what was read and is part of no request may
// not become too much. One such frame costs a tenth of a microsecond, so what is tolerated here costs nothing that shows.

/** Tolerated at once: heads that are refused for their length cost up to 128 KiB each, and belong to no request either. */
const burstBytes = 1024 * 1024
/** Tolerated for good: a client that updates its window with each answer, and pings, sends less than a tenth of it. */
const tolerableBytesPerSecond = 64 * 1024
/** Frame heads, and the frames that some clients send around each request (curl: a WINDOW_UPDATE, Firefox: a PRIORITY too). */
const requestOverheadBytes = 1024
/** The head of the frame, its padding, and what TLS puts around it. */
const pieceOverheadBytes = 512
/** What a stream's window lets its sender have on the way when we read no further. */
const streamWindowBytes = 64 * 1024
const msPerSecond = 1000

/** Holds the bytes of one connection's requests against all that it read. */
export class ProgressMeter {
  /** Since the last look. */
  #usefulBytes = 0
  /** Read and of no use, less what is tolerated since. */
  #uselessBytes = 0
  #seenBytes = 0
  #lookedAtMs: number

  /** @param nowMs - `performance.now()` */
  constructor(nowMs: number) {
    this.#lookedAtMs = nowMs
  }

  /** @param headBytes - of the head as it was laid out: compressed it is hardly longer. */
  noteRequest(headBytes: number): void {
    this.#usefulBytes += requestOverheadBytes + 2 * headBytes
  }

  /** A piece of a body, or its trailers. */
  notePiece(byteCount: number): void {
    this.#usefulBytes += pieceOverheadBytes + byteCount
  }

  /** A request whose body is not read to its end: the rest of it is no fault of its sender. */
  noteUnread(): void {
    this.#usefulBytes += streamWindowBytes
  }

  /**
   * Looks at all bytes read so far; once a second is often enough.
   * @returns true when too many of them were of no use.
   */
  isFlood(readBytes: number, nowMs: number): boolean {
    const tolerableBytes = ((nowMs - this.#lookedAtMs) / msPerSecond) * tolerableBytesPerSecond
    const newBytes = readBytes - this.#seenBytes
    // Never below zero: what a connection did not waste yesterday it may not waste today.
    this.#uselessBytes = Math.max(0, this.#uselessBytes + newBytes - this.#usefulBytes - tolerableBytes)
    this.#usefulBytes = 0
    this.#seenBytes = readBytes
    this.#lookedAtMs = nowMs
    return this.#uselessBytes > burstBytes
  }
}
