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
 * phrase has 84 bytes and their regexes match attacks well below 200; a `.*` that an attacker stretches further would
 * escape a single string as well, at the engine's own limit. 1024 costs a third more scanning, 2048 would double it.
 */
export const windowOverlapBytes = 1024

/**
 * Bytes of a long text that are looked at in one go: four windows, whose tiling thus goes on over blocks as if there were none.
 * Short enough that a text of megabytes is seen from its beginning on before the budget can end.
 */
const blockBytes = maxTextBytes + 3 * (maxTextBytes - windowOverlapBytes)

/**
 * What a text is to its visitor. `append`: one more string of the open list, or under the current key of a `multi` map.
 * `value`: the one value that is due (plain map, root); a list if it takes several pieces. `key`: the key of the next value;
 * pieces beyond the first go out before it, as keys with a nil value.
 */
export type TextRole = 'append' | 'value' | 'key'

/** Sends texts to visitors. Not reentrant: a piece is valid during the visitor's call only. One per worker thread. */
export class TextEmitter {
  readonly #budget: DecodeBudget
  /** What of a long text is not sent yet, with the overlap to what is. */
  readonly #block: Buffer = Buffer.allocUnsafeSlow(blockBytes)
  #blockLength = 0
  /** Bytes at the start of the block that pieces hold already. */
  #sentLength = 0
  readonly #window: Buffer = Buffer.allocUnsafeSlow(maxTextBytes + 4)
  readonly #firstKey: Buffer = Buffer.allocUnsafeSlow(maxTextBytes)
  #firstKeyLength = 0
  #visitor: ValueVisitor | undefined
  #role: TextRole = 'append'
  #pieceCount = 0

  constructor(budget: DecodeBudget) {
    this.#budget = budget
  }

  /** @param isAscii - true when the caller knows that no byte is above 0x7f; false costs a check. */
  append(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (isShort(bytes, start, end, isAscii)) visitor.string(bytes, start, end)
    else this.#sendLong(visitor, 'append', bytes, start, end)
  }

  /** As `append`. */
  value(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (isShort(bytes, start, end, isAscii)) visitor.string(bytes, start, end)
    else this.#sendLong(visitor, 'value', bytes, start, end)
  }

  /** As `append`. */
  key(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isAscii: boolean): void {
    if (isShort(bytes, start, end, isAscii)) visitor.key(bytes, start, end)
    else this.#sendLong(visitor, 'key', bytes, start, end)
  }

  /** Begins a text that comes in pieces; `feed` them, then `endLong`. */
  beginLong(visitor: ValueVisitor, role: TextRole): void {
    this.#visitor = visitor
    this.#role = role
    this.#blockLength = 0
    this.#sentLength = 0
    this.#pieceCount = 0
    this.#firstKeyLength = 0
    if (role === 'value') visitor.openList()
  }

  /** True when a long text need not be fed further: the visitor has enough or the time is up. */
  get isFinished(): boolean {
    return this.#budget.isExhausted || (this.#visitor?.isDone ?? true)
  }

  /** @param bytes - borrowed until the call returns. */
  feed(bytes: Uint8Array, start: number, end: number): void {
    while (start < end && !this.isFinished) {
      const count = Math.min(end - start, blockBytes - this.#blockLength)
      this.#block.set(bytes.subarray(start, start + count), this.#blockLength)
      this.#blockLength += count
      start += count
      if (this.#blockLength === blockBytes) this.#sendBlock(false)
    }
  }

  endLong(): void {
    const visitor = this.#visitor
    if (visitor === undefined) return
    if (this.#blockLength > this.#sentLength || this.#pieceCount === 0) this.#sendBlock(true)
    if (this.#role === 'value') visitor.closeList()
    if (this.#role === 'key') visitor.key(this.#firstKey, 0, this.#firstKeyLength)
    this.#visitor = undefined
  }

  #sendLong(visitor: ValueVisitor, role: TextRole, bytes: Uint8Array, start: number, end: number): void {
    this.beginLong(visitor, role)
    this.feed(bytes, start, end)
    this.endLong()
  }

  /** Sends the block up to its last whole character and keeps the overlap. */
  #sendBlock(isLast: boolean): void {
    const block = this.#block
    const end = isLast ? this.#blockLength : wholeCharactersEnd(block, this.#blockLength)
    if (isValidUtf8(block, 0, end)) this.#sendWindows(block, end)
    else {
      this.#sendReading(block, end, writeReplacement)
      this.#sendReading(block, end, writeLenient)
    }
    if (isLast) return
    const keptFrom = charBoundaryBefore(block, end - windowOverlapBytes, 0)
    block.copyWithin(0, keptFrom, this.#blockLength)
    this.#blockLength -= keptFrom
    this.#sentLength = end - keptFrom
  }

  #sendWindows(bytes: Uint8Array, end: number): void {
    let start = 0
    while (end - start > maxTextBytes && !this.isFinished) {
      const cut = charBoundaryBefore(bytes, start + maxTextBytes, start)
      this.#sendPiece(bytes, start, cut)
      start = charBoundaryBefore(bytes, cut - windowOverlapBytes, start)
    }
    if (!this.isFinished) this.#sendPiece(bytes, start, end)
  }

  /** Rewrites bytes that are not UTF-8 into a window at a time; the slow path, linear in the input. */
  #sendReading(bytes: Uint8Array, end: number, writeInvalid: InvalidWriter): void {
    const window = this.#window
    let length = 0
    let index = 0
    while (index < end && !this.isFinished) {
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
    if (!this.isFinished) this.#sendPiece(window, 0, length)
  }

  #sendPiece(bytes: Uint8Array, start: number, end: number): void {
    const visitor = this.#visitor
    if (visitor === undefined) return
    this.#budget.spend(end - start)
    const isFirst = this.#pieceCount++ === 0
    if (this.#role !== 'key') {
      visitor.string(bytes, start, end)
      return
    }
    if (isFirst) {
      this.#firstKey.set(bytes.subarray(start, end))
      this.#firstKeyLength = end - start
      return
    }
    visitor.key(bytes, start, end)
    visitor.nil()
  }
}

function isShort(bytes: Uint8Array, start: number, end: number, isAscii: boolean): boolean {
  return end - start <= maxTextBytes && (isAscii || isValidUtf8(bytes, start, end))
}

/** End of the last character that is not cut off; a broken one counts as whole after four bytes. */
function wholeCharactersEnd(bytes: Uint8Array, end: number): number {
  const start = charBoundaryBefore(bytes, end - 1, Math.max(0, end - 4))
  const lead = byteAt(bytes, start)
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start + length > end ? start : end
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
