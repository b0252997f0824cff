// Decodes the escapes of JSON strings, leniently: an escape that is none stays as it was sent, lone surrogates become U+FFFD.
// Stage: [decode]. Hot path. Every escape is at least as long as its UTF-8, so the source's length bounds the target.
import type { Escapes } from '../escapes.js'
import { hexValue } from '../percent-decoding.js'
import { byteAt, writeCodePoint } from '../utf8.js'

const backslash = 0x5c

/** @returns the count of bytes written to `target` from offset 0; `target` holds at least `end - start` bytes. */
export function unescapeJson(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let length = 0
  let index = start
  while (index < end) {
    const byte = bytes[index] ?? 0
    if (byte !== backslash || index + 1 >= end) {
      target[length++] = byte
      index++
      continue
    }
    const escaped = byteAt(bytes, index + 1)
    if (escaped !== 0x75) {
      const plain = plainEscape(escaped)
      if (plain < 0) target[length++] = backslash
      target[length++] = plain < 0 ? escaped : plain
      index += 2
      continue
    }
    const unit = codeUnit(bytes, index + 2, end)
    if (unit < 0) {
      target[length++] = backslash
      target[length++] = escaped
      index += 2
      continue
    }
    index += 6
    const low = isHighSurrogate(unit) && isUnicodeEscape(bytes, index, end) ? codeUnit(bytes, index + 2, end) : -1
    if (low >= 0xdc00 && low <= 0xdfff) {
      length = writeCodePoint(target, length, 0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00)
      index += 6
    } else length = writeCodePoint(target, length, unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit)
  }
  return length
}

/** JSON's escapes, for texts of any length. */
export const jsonEscapes: Escapes = { decode: unescapeJson, cut: cutJson }

/** A surrogate pair written as two escapes. */
const longestEscape = 12

/** Before the last escape when it may go on behind `end`, and before its first half when it may be the second of a pair. */
function cutJson(bytes: Uint8Array, start: number, end: number): number {
  let last = end - 1
  const lowest = end - longestEscape
  while (last >= lowest && bytes[last] !== backslash) last--
  if (last < lowest) return end
  let runStart = last
  while (runStart > start && bytes[runStart - 1] === backslash) runStart--
  const isEscapeStart = (last - runStart) % 2 === 0
  if (!isEscapeStart) return end
  const firstHalf = last - longestEscape / 2
  return firstHalf > start && isFirstHalf(bytes, start, firstHalf, end) ? firstHalf : last
}

/** True when an escape at `index` stands for a high surrogate: an even count of backslashes goes before it. */
function isFirstHalf(bytes: Uint8Array, start: number, index: number, end: number): boolean {
  if (!isUnicodeEscape(bytes, index, end) || !isHighSurrogate(codeUnit(bytes, index + 2, end))) return false
  let runStart = index
  while (runStart > start && bytes[runStart - 1] === backslash) runStart--
  return (index - runStart) % 2 === 0
}

/** The byte that a two-character escape stands for, -1 when it is none. */
function plainEscape(escaped: number): number {
  switch (escaped) {
    case 0x22:
    case 0x2f:
    case backslash:
      return escaped
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return -1
  }
}

/** The four hex digits at `index`, -1 when they are not there. */
function codeUnit(bytes: Uint8Array, index: number, end: number): number {
  if (index + 4 > end) return -1
  const high = (hexValue(bytes[index] ?? 0) << 4) | hexValue(byteAt(bytes, index + 1))
  const low = (hexValue(byteAt(bytes, index + 2)) << 4) | hexValue(byteAt(bytes, index + 3))
  return high < 0 || low < 0 ? -1 : (high << 8) | low
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isUnicodeEscape(bytes: Uint8Array, index: number, end: number): boolean {
  return index + 6 <= end && bytes[index] === backslash && byteAt(bytes, index + 1) === 0x75
}
