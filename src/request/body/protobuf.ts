// Walks a protobuf message without its schema: what can be a string goes out as text, what can be a message is opened.
// Stage: [decode]. Own code: decoders of the ecosystem want a schema or build objects. The wire format does not tell a string
// from bytes or a nested message (protobuf.dev, "Encoding"), so a value that may well be both goes out as both.
import type { DecodeTools } from '../decode-tools.js'
import { isValidUtf8, sequenceLength } from '../utf8.js'
import type { ValueVisitor } from '../value-visitor.js'
import { walkLooseText } from './loose-text.js'

/** Parsers refuse messages that are nested deeper; what is deeper goes out by its looks. */
const maxDepth = 100
/** Levels that a key names, `1.4.2`: a bound on what a field of two bytes makes of keys. */
const namedDepth = 8
/** Digits of the largest field number, 2^29 - 1, and a dot. */
const bytesPerLevel = 10

const wireType = { varint: 0, fixed64: 1, length: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const

/** Readable bytes in a row outside the strings of a message: numbers and tags do not look so by chance, hidden text does. */
const suspiciousRunBytes = 8
/** The same in a body that says that it is a message, where it is valid UTF-8. */
const suspiciousTopRunBytes = 4

/** A varint of 64 bits; longer ones are none. */
const maxVarintBytes = 10

/** Walks messages into the open `multi` map of a visitor: keys are field numbers from the outside in. One per worker thread. */
export class ProtobufWalker {
  readonly #tools: DecodeTools
  readonly #key: Buffer = Buffer.alloc(namedDepth * bytesPerLevel)
  /** Where the next read is. */
  #at = 0
  /** Value of the varint just read. */
  #varint = 0

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /**
   * @param isCertain - what stands around the range says that it is a message; else it goes out by its looks too wherever it may
   * be something else.
   * @returns false when the range is no message: then nothing was sent.
   */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, isCertain: boolean = true): boolean {
    if (!this.#isMessage(bytes, start, end)) return false
    // A true message has tags and lengths that are readable by chance, a few in a row: it is not sent twice for those.
    const runBytes = isCertain ? suspiciousTopRunBytes : 1
    if (isPlainText(bytes, start, end) || this.#hidesText(bytes, start, end, runBytes)) {
      visitor.key(this.#key, 0, 0)
      walkLooseText(this.#tools, visitor, bytes, start, end)
    }
    this.#walkFields(visitor, bytes, start, end, 0, 0)
    return true
  }

  #walkFields(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    depth: number,
    keyLength: number,
  ): void {
    let at = start
    while (at < end && !visitor.isDone) {
      const fieldStart = at
      this.#at = at
      this.#readVarint(bytes, end)
      const tag = this.#varint
      const type = tag % 8
      const length = this.#readValue(bytes, end, type)
      at = this.#at
      if (!this.#tools.budget.spend(at - fieldStart)) return
      if (type !== wireType.length || length === 0) continue
      const innerKeyLength = this.#writeKey(depth, keyLength, Math.floor(tag / 8))
      this.#emit(visitor, bytes, at - length, at, depth, innerKeyLength)
    }
  }

  #emit(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, depth: number, keyLength: number): void {
    const isMessage = depth < maxDepth && this.#isMessage(bytes, start, end)
    if (!isMessage || isPlainText(bytes, start, end) || this.#hidesText(bytes, start, end, 1)) {
      visitor.key(this.#key, 0, keyLength)
      walkLooseText(this.#tools, visitor, bytes, start, end)
    }
    if (isMessage) this.#walkFields(visitor, bytes, start, end, depth + 1, keyLength)
  }

  /** @returns the length of the key with this level's number. */
  #writeKey(depth: number, keyLength: number, fieldNumber: number): number {
    if (depth >= namedDepth) return keyLength
    return keyLength + this.#key.write(depth === 0 ? `${fieldNumber}` : `.${fieldNumber}`, keyLength, 'latin1')
  }

  /** True when the range divides into fields; what is inside them is not looked at. */
  #isMessage(bytes: Buffer, start: number, end: number): boolean {
    this.#at = start
    while (this.#at < end) {
      if (!this.#readVarint(bytes, end)) return false
      const tag = this.#varint
      // Field numbers begin at 1 and have 29 bits.
      if (tag < 8 || tag > 0xffffffff) return false
      if (this.#readValue(bytes, end, tag % 8) < 0) return false
    }
    return this.#at === end
  }

  /**
   * A text with a control character may be made to read as a message in which the text lies in tags and numbers.
   * @param textRunBytes - readable bytes in a row that are suspicious in valid UTF-8, which strings must be.
   * @returns true when bytes of text belong to no string of it: in valid UTF-8 so many; where it is none, a longer run, as numbers
   * of true messages look readable now and then.
   */
  #hidesText(bytes: Buffer, start: number, end: number, textRunBytes: number): boolean {
    const mayBeString = isValidUtf8(bytes, start, end)
    let runBytes = 0
    let at = start
    while (at < end) {
      const fieldStart = at
      this.#at = at
      this.#readVarint(bytes, end)
      const type = this.#varint % 8
      const length = this.#readValue(bytes, end, type)
      at = this.#at
      const isString = type === wireType.length && length > 0
      const numbersEnd = isString ? at - length : at
      for (let index = fieldStart; index < numbersEnd; index += 1) {
        runBytes = isReadable(bytes[index] ?? 0) ? runBytes + 1 : 0
        if (runBytes === (mayBeString ? textRunBytes : suspiciousRunBytes)) return true
      }
      if (mayBeString && textRunBytes === 1 && isString && isPlainText(bytes, fieldStart, numbersEnd)) return true
      if (isString) runBytes = 0
    }
    return false
  }

  /** Moves behind a field's value. @returns the length of what is in it, -1 when it does not fit into the range. */
  #readValue(bytes: Buffer, end: number, type: number): number {
    switch (type) {
      case wireType.varint:
        return this.#readVarint(bytes, end) ? 0 : -1
      case wireType.fixed64:
        return this.#skip(8, end)
      case wireType.fixed32:
        return this.#skip(4, end)
      case wireType.length:
        return this.#readVarint(bytes, end) ? this.#skip(this.#varint, end) : -1
      case wireType.groupStart:
      case wireType.groupEnd:
        // The fields of a group lie between the two, so they are read as if they were the message's own.
        return 0
      default:
        return -1
    }
  }

  #skip(byteCount: number, end: number): number {
    if (byteCount > end - this.#at) return -1
    this.#at += byteCount
    return byteCount
  }

  #readVarint(bytes: Buffer, end: number): boolean {
    let value = 0
    let factor = 1
    for (let count = 0; count < maxVarintBytes && this.#at < end; count += 1) {
      const byte = bytes[this.#at] ?? 0
      this.#at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) {
        this.#varint = value
        return true
      }
      factor *= 128
    }
    return false
  }
}

/** UTF-8 without control characters other than white space: what protobuf calls a string, and people too. */
function isPlainText(bytes: Buffer, start: number, end: number): boolean {
  let index = start
  while (index < end) {
    const byte = bytes[index] ?? 0
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) return false
    const length = byte < 0x80 ? 1 : sequenceLength(bytes, index, end)
    if (length < 0) return false
    index += length
  }
  return true
}

function isReadable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}
