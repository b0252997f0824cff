// Reads `; name=value; name="quoted"` as it follows a media type or a disposition, leniently: what any backend might read.
// Stage: [decode]. A cursor over ranges; makes no strings.
import { findByte, isBlank, trimBlanksEnd } from './ascii.js'
import { byteAt } from './utf8.js'

const semicolon = 0x3b
const equalsSign = 0x3d
const doubleQuote = 0x22
const backslash = 0x5c

/** A cursor over parameters; semicolons inside quotes separate nothing. */
export class ParameterReader {
  nameStart = 0
  nameEnd = 0
  /** Bounds of the value, quotes removed, escapes not. Empty for a parameter without `=`. */
  valueStart = 0
  valueEnd = 0
  isQuoted = false
  #bytes: Uint8Array = new Uint8Array(0)
  #index = 0
  #end = 0

  /** Starts over. @param start - where the first separator or name is. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#index = start
    this.#end = end
  }

  /** Goes to the next parameter. @returns false when there is none. */
  next(): boolean {
    const bytes = this.#bytes
    const end = this.#end
    let index = this.#index
    while (index < end && (byteAt(bytes, index) === semicolon || isGap(byteAt(bytes, index)))) index++
    if (index >= end) return false
    this.nameStart = index
    while (index < end && byteAt(bytes, index) !== equalsSign && byteAt(bytes, index) !== semicolon) index++
    this.nameEnd = trimBlanksEnd(bytes, this.nameStart, index)
    this.isQuoted = false
    this.valueStart = index
    this.valueEnd = index
    this.#index = index
    if (index < end && byteAt(bytes, index) === equalsSign) this.#readValue(index + 1)
    return true
  }

  #readValue(index: number): void {
    const bytes = this.#bytes
    const end = this.#end
    while (index < end && isGap(byteAt(bytes, index))) index++
    this.isQuoted = index < end && byteAt(bytes, index) === doubleQuote
    if (!this.isQuoted) {
      this.valueStart = index
      this.#index = findByte(bytes, semicolon, index, end)
      this.valueEnd = trimBlanksEnd(bytes, index, this.#index)
      return
    }
    this.valueStart = index + 1
    index++
    while (index < end && byteAt(bytes, index) !== doubleQuote) index += byteAt(bytes, index) === backslash ? 2 : 1
    this.valueEnd = Math.min(index, end)
    this.#index = findByte(bytes, semicolon, Math.min(index + 1, end), end)
  }
}

/** White space, the line breaks of a folded header line included. */
function isGap(byte: number): boolean {
  return isBlank(byte) || byte === 0x0d || byte === 0x0a
}

/**
 * Removes the backslashes of a quoted value.
 * @param target - holds at least `end - start` bytes.
 * @returns the count of bytes written.
 */
export function unescapeQuoted(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let length = 0
  for (let index = start; index < end; index++) {
    if (byteAt(bytes, index) === backslash && index + 1 < end) index++
    target[length++] = byteAt(bytes, index)
  }
  return length
}
