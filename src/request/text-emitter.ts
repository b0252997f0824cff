// Sends one text to a visitor so that both visitors see exactly what the engine will: valid UTF-8, never longer than the
// engine's string limit. What is longer goes out as overlapping windows, what is not UTF-8 in two readings.
// Stage: [decode]. Hot path for ASCII and valid UTF-8 within the limit: one call, no copy.
import type { DecodeBudget } from './decode-budget.js'
import { byteAt, charBoundaryBefore, isValidUtf8, sequenceLength, writeCodePoint } from './utf8.js'
import type { ValueVisitor } from './value-visitor.js'

/** The engine cuts every string and key at this many UTF-8 bytes (libddwaf 1.30.1 through native-appsec 11.0.3). */
export const maxTextBytes = 4096

/**
 * Bytes that two neighbouring windows share: any match of up to this length lies whole in one window. The rules' longest
 * phrase has 80 bytes and their regexes match attacks well below 200; a `.*` that an attacker stretches further would
 * escape a single string as well, at the engine's own limit. 1024 costs a third more scanning, 2048 would double it.
 */
export const windowOverlapBytes = 1024

/** What the pieces of a text become. */
const asValues = 0
/** Every piece but the first becomes a key of its own, without a value. */
const asExtraKeys = 1
/** Only the first piece goes out, as the key. */
const asKey = 2
type PieceRole = typeof asValues | typeof asExtraKeys | typeof asKey

/** Sends texts to visitors. Not reentrant: a piece is valid during the visitor's call only. One per worker thread. */
export class TextEmitter {
  readonly #window: Buffer = Buffer.allocUnsafeSlow(maxTextBytes + 4)
  #visitor: ValueVisitor | undefined
  #role: PieceRole = asValues
  #pieceCount = 0
  readonly #budget: DecodeBudget

  constructor(budget: DecodeBudget) {
    this.#budget = budget
  }

  /**
   * Adds a text to the open list, or under the current key of a `multi` map.
   * @param isAscii - true when the caller knows that no byte is above 0x7f; false costs a check.
   */
  append(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (end - start <= maxTextBytes && (isAscii || isValidUtf8(bytes, start, end))) {
      visitor.string(bytes, start, end)
      return
    }
    this.#sendPieces(visitor, asValues, bytes, start, end, isAscii)
  }

  /** Sends a text where one value is due (plain map, root): a string, or a list when it takes several pieces. */
  value(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (end - start <= maxTextBytes && (isAscii || isValidUtf8(bytes, start, end))) {
      visitor.string(bytes, start, end)
      return
    }
    visitor.openList()
    this.#sendPieces(visitor, asValues, bytes, start, end, isAscii)
    visitor.closeList()
  }

  /** Sends the key of the next value; what does not fit goes out before it, as keys with a nil value. */
  key(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (end - start <= maxTextBytes && (isAscii || isValidUtf8(bytes, start, end))) {
      visitor.key(bytes, start, end)
      return
    }
    this.#sendPieces(visitor, asExtraKeys, bytes, start, end, isAscii)
    this.#sendPieces(visitor, asKey, bytes, start, end, isAscii)
  }

  #sendPieces(
    visitor: ValueVisitor,
    role: PieceRole,
    bytes: Uint8Array,
    start: number,
    end: number,
    isAscii: boolean,
  ): void {
    this.#visitor = visitor
    this.#role = role
    this.#pieceCount = 0
    if (isAscii || isValidUtf8(bytes, start, end)) this.#sendWindows(bytes, start, end)
    else {
      this.#sendReading(bytes, start, end, writeReplacement)
      this.#sendReading(bytes, start, end, writeLenient)
    }
    this.#visitor = undefined
  }

  #sendWindows(bytes: Uint8Array, start: number, end: number): void {
    while (end - start > maxTextBytes && !this.#isFinished) {
      const cut = charBoundaryBefore(bytes, start + maxTextBytes, start)
      this.#sendPiece(bytes, start, cut)
      start = charBoundaryBefore(bytes, cut - windowOverlapBytes, start)
    }
    if (!this.#isFinished) this.#sendPiece(bytes, start, end)
  }

  /** Rewrites bytes that are not UTF-8 into a window at a time; the slow path, linear in the input. */
  #sendReading(bytes: Uint8Array, start: number, end: number, writeInvalid: InvalidWriter): void {
    const window = this.#window
    let length = 0
    let index = start
    while (index < end && !this.#isFinished) {
      if (length > maxTextBytes - 4) {
        this.#sendPiece(window, 0, length)
        const keptFrom = charBoundaryBefore(window, length - windowOverlapBytes, 0)
        window.copyWithin(0, keptFrom, length)
        length -= keptFrom
      }
      const byte = bytes[index] ?? 0
      if (byte < 0x80) {
        window[length++] = byte
        index++
        continue
      }
      const sequence = sequenceLength(bytes, index, end)
      if (sequence > 0) {
        for (let offset = 0; offset < sequence; offset++) window[length++] = byteAt(bytes, index + offset)
        index += sequence
        continue
      }
      length = writeInvalid(window, length, bytes, index, end)
      index += writeInvalid === writeLenient ? overlongLength(bytes, index, end) : -sequence
    }
    if (!this.#isFinished) this.#sendPiece(window, 0, length)
  }

  get #isFinished(): boolean {
    if (this.#role === asKey && this.#pieceCount > 0) return true
    return this.#budget.isExhausted || (this.#visitor?.isDone ?? true)
  }

  #sendPiece(bytes: Uint8Array, start: number, end: number): void {
    const visitor = this.#visitor
    const index = this.#pieceCount++
    this.#budget.spend(end - start)
    if (visitor === undefined) return
    if (this.#role === asValues) {
      visitor.string(bytes, start, end)
      return
    }
    if (this.#role === asKey) {
      if (index === 0) visitor.key(bytes, start, end)
      return
    }
    if (index === 0) return
    visitor.key(bytes, start, end)
    visitor.nil()
  }
}

/** Writes what stands for the invalid bytes at `index`; at most 4 bytes. @returns the length of the window after it. */
type InvalidWriter = (window: Uint8Array, length: number, bytes: Uint8Array, index: number, end: number) => number

/** The reading of every strict decoder: U+FFFD. */
function writeReplacement(window: Uint8Array, length: number): number {
  return writeCodePoint(window, length, 0xfffd)
}

/**
 * The reading of a byte-wise backend: over-long forms decoded (`C0 BC` is `<`), 0xA0 as the white space that SQL engines take
 * it for, any other byte as latin1. Without it `1\xA0or\xA01=1`, which the Go mirror reports, would pass.
 */
function writeLenient(window: Uint8Array, length: number, bytes: Uint8Array, index: number, end: number): number {
  const overlong = overlongLength(bytes, index, end)
  if (overlong > 1) return writeCodePoint(window, length, overlongCodePoint(bytes, index, overlong))
  const byte = bytes[index] ?? 0
  return writeCodePoint(window, length, byte === 0xa0 ? 0x20 : byte)
}

/** Bytes of the over-long sequence at `index`; 1 when there is none. */
function overlongLength(bytes: Uint8Array, index: number, end: number): number {
  const lead = byteAt(bytes, index)
  const length = lead === 0xc0 || lead === 0xc1 ? 2 : lead === 0xe0 ? 3 : lead === 0xf0 ? 4 : 1
  if (index + length > end) return 1
  for (let offset = 1; offset < length; offset++) {
    if ((byteAt(bytes, index + offset) & 0xc0) !== 0x80) return 1
  }
  return length
}

function overlongCodePoint(bytes: Uint8Array, index: number, length: number): number {
  let codePoint = byteAt(bytes, index) & (0xff >> (length + 1))
  for (let offset = 1; offset < length; offset++) codePoint = (codePoint << 6) | (byteAt(bytes, index + offset) & 0x3f)
  return codePoint
}
