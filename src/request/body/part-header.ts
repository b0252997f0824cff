// Reads the header block of a multipart part: which field it is, whether it is a file, and what else it says.
// Stage: [decode]. A cursor over ranges; makes no strings.
import { equalsIgnoreCase, findByte, skipBlanks, trimBlanksEnd } from '../ascii.js'
import { ParameterReader } from '../parameters.js'
import { byteAt } from '../utf8.js'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const colon = 0x3a
const semicolon = 0x3b

/** A range of bytes; empty when what it stands for is absent. */
export class ByteRange {
  start = 0
  end = 0

  set(start: number, end: number): void {
    this.start = start
    this.end = end
  }

  get isEmpty(): boolean {
    return this.start >= this.end
  }
}

/** Walks header lines `name: value`. */
export class HeaderLineReader {
  readonly name: ByteRange = new ByteRange()
  readonly value: ByteRange = new ByteRange()
  #bytes: Uint8Array = new Uint8Array(0)
  #index = 0
  #end = 0

  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#index = start
    this.#end = end
  }

  /** Goes to the next line; folded lines belong to the value before them. @returns false after the last. */
  next(): boolean {
    const bytes = this.#bytes
    if (this.#index >= this.#end) return false
    const start = this.#index
    let lineEnd = findByte(bytes, lineFeed, start, this.#end)
    while (isFold(bytes, lineEnd + 1, this.#end)) lineEnd = findByte(bytes, lineFeed, lineEnd + 1, this.#end)
    this.#index = lineEnd + 1
    const end = byteAt(bytes, lineEnd - 1) === carriageReturn && lineEnd > start ? lineEnd - 1 : lineEnd
    const colonAt = findByte(bytes, colon, start, end)
    this.name.set(start, trimBlanksEnd(bytes, start, colonAt))
    const valueStart = skipBlanks(bytes, Math.min(colonAt + 1, end), end)
    this.value.set(valueStart, trimBlanksEnd(bytes, valueStart, end))
    return true
  }
}

/** What a part's headers say. Reused for every part. */
export class PartHeader {
  /** The field's name: quotes removed, escapes not. */
  readonly name: ByteRange = new ByteRange()
  readonly disposition: ByteRange = new ByteRange()
  readonly contentType: ByteRange = new ByteRange()
  readonly transferEncoding: ByteRange = new ByteRange()
  isNameQuoted = false
  /** A line that decides how the part is read comes twice: parsers differ in which of the two they take. */
  isAmbiguous = false
  /** The part has a file name, even an empty one. */
  isFile = false
  /** There is something that the ranges above do not cover: other headers, other parameters. */
  hasMore = false
  readonly #lines: HeaderLineReader = new HeaderLineReader()
  readonly #parameters: ParameterReader = new ParameterReader()

  read(bytes: Uint8Array, start: number, end: number): void {
    this.name.set(0, 0)
    this.disposition.set(0, 0)
    this.contentType.set(0, 0)
    this.transferEncoding.set(0, 0)
    this.isFile = false
    this.isAmbiguous = false
    this.hasMore = false
    this.#lines.open(bytes, start, end)
    while (this.#lines.next()) this.#readLine(bytes, this.#lines.name, this.#lines.value)
  }

  #readLine(bytes: Uint8Array, name: ByteRange, value: ByteRange): void {
    if (name.isEmpty && value.isEmpty) return
    if (isDisposition(bytes, name)) {
      if (this.disposition.isEmpty) this.disposition.set(value.start, value.end)
      else this.#noteRepeated()
      this.#readDisposition(bytes, value)
      return
    }
    this.hasMore = true
    if (equalsIgnoreCase(bytes, name.start, name.end, 'content-type')) this.#keepLine(this.contentType, value)
    if (equalsIgnoreCase(bytes, name.start, name.end, 'content-transfer-encoding')) {
      this.#keepLine(this.transferEncoding, value)
    }
  }

  #keepLine(range: ByteRange, value: ByteRange): void {
    if (!range.isEmpty) this.#noteRepeated()
    range.set(value.start, value.end)
  }

  #noteRepeated(): void {
    this.isAmbiguous = true
    this.hasMore = true
  }

  #readDisposition(bytes: Uint8Array, value: ByteRange): void {
    const reader = this.#parameters
    const parametersStart = findByte(bytes, semicolon, value.start, value.end)
    if (!equalsIgnoreCase(bytes, value.start, trimBlanksEnd(bytes, value.start, parametersStart), 'form-data')) {
      this.hasMore = true
    }
    reader.open(bytes, parametersStart, value.end)
    while (reader.next()) {
      if (isFileNameParameter(bytes, reader)) this.isFile = true
      else if (equalsIgnoreCase(bytes, reader.nameStart, reader.nameEnd, 'name') && this.name.isEmpty) {
        this.name.set(reader.valueStart, reader.valueEnd)
        this.isNameQuoted = reader.isQuoted
      } else this.hasMore = true
    }
  }
}

/** True for the name of a Content-Disposition line. */
export function isDisposition(bytes: Uint8Array, name: ByteRange): boolean {
  return equalsIgnoreCase(bytes, name.start, name.end, 'content-disposition')
}

/** `filename`, `filename*` and the continuations of RFC 2231 (`filename*0`, `filename*1*`). */
export function isFileNameParameter(bytes: Uint8Array, reader: ParameterReader): boolean {
  const stem = 'filename'
  const stemEnd = reader.nameStart + stem.length
  if (reader.nameEnd < stemEnd || !equalsIgnoreCase(bytes, reader.nameStart, stemEnd, stem)) return false
  return reader.nameEnd === stemEnd || byteAt(bytes, stemEnd) === 0x2a
}

function isFold(bytes: Uint8Array, index: number, end: number): boolean {
  return index < end && skipBlanks(bytes, index, index + 1) > index
}
