// Reads the `for=` addresses of an RFC 7239 `Forwarded` header line, strictly: any syntax error drops the whole line, as in Go.
// Stage: [decode]. Rare header; no strings are made. Two walks over the line: one that proves its syntax, one that reports.
import { equalsIgnoreCase, isBlank, skipBlanks } from './ascii.js'
import { byteAt } from './utf8.js'

const doubleQuote = 0x22
const backslash = 0x5c
const comma = 0x2c
const semicolon = 0x3b
const equalsSign = 0x3d

/** A cursor over the `for=` values of one line. */
export class ForwardedReader {
  /** Bounds of the value found last, quotes removed. */
  valueStart = 0
  valueEnd = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #index = 0
  #end = 0

  /** Starts over on a line. @returns false when its syntax is wrong: then it holds no value. */
  open(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes
    this.#index = start
    this.#end = end
    while (this.#index < end) if (!this.#readPair()) return false
    this.#index = start
    return true
  }

  /** Goes to the next `for=` value. @returns false at the end of the line. */
  next(): boolean {
    while (this.#index < this.#end) {
      const nameStart = skipBlanks(this.#bytes, this.#index, this.#end)
      if (!this.#readPair()) return false
      if (equalsIgnoreCase(this.#bytes, nameStart, nameStart + 3, 'for') && this.#nameEnd - nameStart === 3) return true
    }
    return false
  }

  #nameEnd = 0

  /** `name=token` or `name="quoted"`, then `;`, `,` or the end; blanks may stand around the separators. */
  #readPair(): boolean {
    const bytes = this.#bytes
    let index = skipBlanks(bytes, this.#index, this.#end)
    const nameStart = index
    while (index < this.#end && isTokenByte(byteAt(bytes, index))) index++
    this.#nameEnd = index
    if (index === nameStart || index === this.#end || byteAt(bytes, index) !== equalsSign) return false
    index = this.#readValue(index + 1)
    if (index < 0) return false
    index = skipBlanks(bytes, index, this.#end)
    if (index < this.#end) {
      const separator = byteAt(bytes, index)
      if (separator !== comma && separator !== semicolon) return false
      index++
    }
    this.#index = index
    return true
  }

  /** @returns the offset after the value, -1 when it is malformed. */
  #readValue(start: number): number {
    const bytes = this.#bytes
    let index = start
    if (start < this.#end && byteAt(bytes, start) === doubleQuote) {
      for (index++; index < this.#end && byteAt(bytes, index) !== doubleQuote; index++) {
        if (byteAt(bytes, index) === backslash) index++
      }
      if (index >= this.#end) return -1
      this.valueStart = start + 1
      this.valueEnd = index
      return index + 1
    }
    while (index < this.#end && isValueByte(byteAt(bytes, index))) index++
    this.valueStart = start
    this.valueEnd = index
    return index === start ? -1 : index
  }
}

/** RFC 9110 token characters, and those of an unquoted address (`[`, `]`, `:`) that senders forget to quote. */
function isValueByte(byte: number): boolean {
  return isTokenByte(byte) || byte === 0x3a || byte === 0x5b || byte === 0x5d
}

function isTokenByte(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && !isBlank(byte) && !isDelimiter(byte)
}

/** `"(),/:;<=>?@[\]{}` */
function isDelimiter(byte: number): boolean {
  switch (byte) {
    case 0x22:
    case 0x28:
    case 0x29:
    case 0x2c:
    case 0x2f:
    case 0x3a:
    case 0x3b:
    case 0x3c:
    case 0x3d:
    case 0x3e:
    case 0x3f:
    case 0x40:
    case 0x5b:
    case 0x5c:
    case 0x5d:
    case 0x7b:
    case 0x7d:
      return true
    default:
      return false
  }
}
