// Decodes %XX (and `+` where it means a space) the lenient way: a bad escape stays as it was sent.
// Stage: [decode]. Hot path. Own code: decodeURIComponent and URLSearchParams need strings and drop or refuse bad bytes.
import type { Escapes } from './escapes.js'
import { byteAt, writeCodePoint } from './utf8.js'

const percent = 0x25
const plus = 0x2b
const space = 0x20

/** True when decoding would change the range. */
export function hasEscape(bytes: Uint8Array, start: number, end: number, isPlusSpace: boolean): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (byte === percent || (isPlusSpace && byte === plus)) return true
  }
  return false
}

/** True when the range holds a percent sign with two hex digits behind it. */
export function hasValidEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index + 2 < end; index++) {
    if (bytes[index] !== percent) continue
    if (hexValue(bytes[index + 1] ?? 0) >= 0 && hexValue(bytes[index + 2] ?? 0) >= 0) return true
  }
  return false
}

/**
 * Decodes a range into `target`, which must hold at least `end - start` bytes.
 * @returns the count of bytes written from offset 0.
 */
export function decodePercent(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  isPlusSpace: boolean,
): number {
  let length = 0
  let index = start
  while (index < end) {
    const byte = bytes[index++] ?? 0
    if (byte === percent && index + 1 < end) {
      const value = (hexValue(bytes[index] ?? 0) << 4) | hexValue(byteAt(bytes, index + 1))
      if (value >= 0) {
        target[length++] = value
        index += 2
        continue
      }
    }
    target[length++] = byte === plus && isPlusSpace ? space : byte
  }
  return length
}

/** True when the range holds `%u` and four hex digits: only IIS decodes those. */
export function hasUnicodeEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index + 5 < end; index++) if (unicodeEscapeValue(bytes, index, end) >= 0) return true
  return false
}

/**
 * As `decodePercent`, with `%uXXXX` too. The full-width forms of ASCII become ASCII, as IIS makes them where a code page has no
 * such letters.
 */
function decodeUnicodePercent(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  isPlusSpace: boolean,
): number {
  let length = 0
  let plainFrom = start
  for (let index = start; index < end; index++) {
    const value = unicodeEscapeValue(bytes, index, end)
    if (value < 0) continue
    length += decodePercent(bytes, plainFrom, index, target.subarray(length), isPlusSpace)
    const isFullWidth = value > 0xff00 && value < 0xff5f
    const isSurrogate = value >= 0xd800 && value <= 0xdfff
    length = writeCodePoint(target, length, isFullWidth ? value - 0xfee0 : isSurrogate ? 0xfffd : value)
    index += 5
    plainFrom = index + 1
  }
  return length + decodePercent(bytes, plainFrom, end, target.subarray(length), isPlusSpace)
}

/** The code unit of `%uXXXX` at `index`, -1 when it is not there. */
function unicodeEscapeValue(bytes: Uint8Array, index: number, end: number): number {
  if (bytes[index] !== percent || index + 5 >= end || (byteAt(bytes, index + 1) | 0x20) !== 0x75) return -1
  let value = 0
  for (let at = index + 2; at < index + 6; at++) {
    const digit = hexValue(byteAt(bytes, at))
    if (digit < 0) return -1
    value = (value << 4) | digit
  }
  return value
}

function escapesBy(decode: typeof decodePercent, cut: Escapes['cut'], isPlusSpace: boolean): Escapes {
  return { decode: (bytes, start, end, target) => decode(bytes, start, end, target, isPlusSpace), cut }
}

/** `%uXXXX` and `%XX`, as IIS reads paths. */
export const iisPathEscapes: Escapes = escapesBy(decodeUnicodePercent, cutUnicodePercent, false)

/** The same with `+` for a space, as IIS reads queries and forms. */
export const iisFormEscapes: Escapes = escapesBy(decodeUnicodePercent, cutUnicodePercent, true)

function cutUnicodePercent(bytes: Uint8Array, _start: number, end: number): number {
  for (let index = end - 1; index > end - 6; index--) if (byteAt(bytes, index) === percent) return index
  return end
}

/** `%XX` as in paths and cookies. */
export const percentEscapes: Escapes = escapesBy(decodePercent, cutPercent, false)

/** `%XX`, and `+` for a space, as in queries and forms. */
export const formEscapes: Escapes = escapesBy(decodePercent, cutPercent, true)

/** Value of an ASCII hex digit, -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x57
  return -1
}

function cutPercent(bytes: Uint8Array, _start: number, end: number): number {
  if (byteAt(bytes, end - 1) === percent) return end - 1
  return byteAt(bytes, end - 2) === percent ? end - 2 : end
}
