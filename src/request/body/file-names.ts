// Sends the file names of a multipart body, each in every way that a backend may read it.
// Stage: [decode]. Runs once per body with files.
import { findByte } from '../ascii.js'
import type { DecodeTools } from '../decode-tools.js'
import { ParameterReader, unescapeQuoted } from '../parameters.js'
import { hasEscape, percentEscapes } from '../percent-decoding.js'
import { byteAt } from '../utf8.js'
import type { ValueVisitor } from '../value-visitor.js'
import { ByteGather } from './byte-gather.js'
import { decodeEncodedWords } from './encoded-words.js'
import { isFileNameParameter } from './part-header.js'

const semicolon = 0x3b
const asterisk = 0x2a
const singleQuote = 0x27
const backslash = 0x5c

/** Collects Content-Disposition values while a body is walked, then sends the names in them. One per worker thread. */
export class FileNameWalker {
  readonly #tools: DecodeTools
  readonly #parameters: ParameterReader = new ParameterReader()
  /** Copies of the values: a body may be walked from several buffers. */
  readonly #dispositions: ByteGather = new ByteGather()
  /** End of each value in `#dispositions`. */
  readonly #ends: number[] = []
  /** Continuations (`filename*0`, `filename*1`), joined in the order in which they came. */
  readonly #joined: ByteGather = new ByteGather()

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** Forgets the last body. */
  clear(): void {
    this.#dispositions.clear()
    this.#ends.length = 0
  }

  /** Keeps the value of a Content-Disposition that has a file name. */
  collect(bytes: Uint8Array, start: number, end: number): void {
    this.#dispositions.append(bytes, start, end)
    this.#ends.push(this.#dispositions.length)
  }

  get hasNames(): boolean {
    return this.#ends.length > 0
  }

  /** Sends a list of all names. */
  send(visitor: ValueVisitor): void {
    let start = 0
    visitor.openList()
    for (const end of this.#ends) {
      if (visitor.isDone || !this.#tools.budget.spend(end - start)) break
      this.#sendNames(visitor, this.#dispositions.bytes, start, end)
      start = end
    }
    visitor.closeList()
  }

  #sendNames(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#parameters
    let pieceCount = 0
    this.#joined.clear()
    reader.open(bytes, findByte(bytes, semicolon, start, end), end)
    while (reader.next()) {
      if (!isFileNameParameter(bytes, reader)) continue
      this.#sendReadings(visitor, bytes, reader)
      if (isContinuation(bytes, reader)) {
        pieceCount++
        this.#joined.append(bytes, reader.valueStart, reader.valueEnd)
      }
    }
    if (pieceCount > 1) this.#sendDecoded(visitor, this.#joined.bytes, 0, this.#joined.length)
  }

  /** As it stands; without backslashes (browsers send Windows paths unescaped, others escape quotes); percent-decoded. */
  #sendReadings(visitor: ValueVisitor, bytes: Uint8Array, reader: ParameterReader): void {
    const { valueStart, valueEnd } = reader
    this.#tools.text.append(visitor, bytes, valueStart, valueEnd, false)
    if (reader.isQuoted && findByte(bytes, backslash, valueStart, valueEnd) < valueEnd) {
      const plain = this.#tools.scratch.reserve(valueEnd - valueStart)
      this.#tools.text.append(visitor, plain, 0, unescapeQuoted(bytes, valueStart, valueEnd, plain), false)
    }
    const isExtended = byteAt(bytes, reader.nameEnd - 1) === asterisk
    if (hasEscape(bytes, valueStart, valueEnd, false)) {
      this.#sendDecoded(visitor, bytes, isExtended ? afterCharset(bytes, valueStart, valueEnd) : valueStart, valueEnd)
    }
    const plain = decodeEncodedWords(bytes, valueStart, valueEnd, this.#tools.budget)
    if (plain !== undefined) this.#tools.text.append(visitor, plain, 0, plain.length, false)
  }

  #sendDecoded(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    this.#tools.sendDecoded(visitor, 'append', bytes, start, end, percentEscapes)
  }
}

/** `filename*` alone is no continuation, `filename*0` is. */
function isContinuation(bytes: Uint8Array, reader: ParameterReader): boolean {
  const digit = byteAt(bytes, reader.nameStart + 'filename*'.length)
  return reader.nameEnd - reader.nameStart > 'filename*'.length && digit >= 0x30 && digit <= 0x39
}

/** RFC 8187: `charset'language'value`. */
function afterCharset(bytes: Uint8Array, start: number, end: number): number {
  const first = findByte(bytes, singleQuote, start, end)
  const second = findByte(bytes, singleQuote, first + 1, end)
  return second < end ? second + 1 : start
}
