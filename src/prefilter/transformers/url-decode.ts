// The transformers urlDecode, one pass of percent-decoding, and urlDecodeUni (url_decode_iis): with %uXXXX, and repeated until
// nothing changes.
import { hexAt, writeCodePoint } from './text-bytes.js'

const percent = 0x25
const plus = 0x2b
const space = 0x20

/** Rewrites in place; the text never grows. @returns the new length. */
export function urlDecode(bytes: Uint8Array, length: number): number {
  return decodeOnce(bytes, length, false)
}

/** Rewrites in place; the text never grows. @returns the new length. */
export function urlDecodeUni(bytes: Uint8Array, length: number): number {
  let current = length
  let isChanged = true
  // Each pass that changes more than plus signs shortens the text, so the passes end.
  while (isChanged) {
    const before = current
    const hadPlus = bytes.subarray(0, current).includes(plus)
    current = decodeOnce(bytes, current, true)
    isChanged = hadPlus || current !== before
  }
  return current
}

function decodeOnce(bytes: Uint8Array, length: number, knowsUnicode: boolean): number {
  let write = 0
  let read = 0
  while (read < length) {
    const byte = bytes[read] ?? 0
    const code = byte === percent ? hexAt(bytes, read + 1, 2, length) : -1
    const unit = knowsUnicode && byte === percent && code < 0 ? unitAt(bytes, read + 1, length) : -1
    if (unit >= 0) {
      write = writeCodePoint(bytes, write, unit)
      read += 6
    } else if (code >= 0) {
      bytes[write++] = code
      read += 3
    } else {
      bytes[write++] = byte === plus ? space : byte
      read++
    }
  }
  return write
}

/** `uXXXX`, in either case; half a surrogate pair stands for nothing by itself. */
function unitAt(bytes: Uint8Array, start: number, length: number): number {
  return ((bytes[start] ?? 0) | 0x20) === 0x75 ? hexAt(bytes, start + 1, 4, length) : -1
}
