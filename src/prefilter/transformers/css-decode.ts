// The transformer cssDecode: backslash and up to six hexadecimal digits, with one white space after them.
import { hexDigit, writeCodePoint } from './text-bytes.js'

const backslash = 0x5c
const newLine = 0x0a
const maxDigits = 6
const replacement = 0xfffd

/** Rewrites in place; the text never grows. @returns the new length. */
export function cssDecode(bytes: Uint8Array, length: number): number {
  let write = 0
  let read = 0
  while (read < length) {
    const byte = bytes[read++] ?? 0
    if (byte !== backslash) {
      bytes[write++] = byte
      continue
    }
    if (read === length) break
    let code = 0
    const first = read
    while (read < length && read < first + maxDigits) {
      const digit = hexDigit(bytes[read] ?? 0)
      if (digit < 0) break
      code = code * 16 + digit
      read++
    }
    if (read > first) {
      // U+FFFD stands for 0; where the text so far leaves no room for it, it is left out.
      if (code !== 0 || write + 3 <= read) write = writeCodePoint(bytes, write, code === 0 ? replacement : code)
      if (read < length && isWhiteSpace(bytes[read] ?? 0)) read++
    } else if (bytes[read] === newLine) read++
    else bytes[write++] = bytes[read++] ?? 0
  }
  return write
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
