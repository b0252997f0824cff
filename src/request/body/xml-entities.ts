// Decodes XML's character references: the five predefined ones and numbers. Others stay as they were sent: what a DTD defines
// is never expanded.
// Stage: [decode]. Every reference is at least as long as its UTF-8.
import type { Escapes } from '../escapes.js'
import { hexValue } from '../percent-decoding.js'
import { byteAt, writeCodePoint } from '../utf8.js'

const ampersand = 0x26
const hash = 0x23
const semicolon = 0x3b

/** Longest reference that is read: `&#x10FFFF;` with as many leading zeros again. */
const maxReferenceLength = 20

/** XML's references, for texts of any length. */
export const xmlEscapes: Escapes = {
  decode: (bytes, start, end, target) => decodeEntities(bytes, start, end, target, 0),
  cut,
}

/** @returns the count of bytes written to `target` from `at`; it must hold at least `end - start` bytes there. */
export function decodeEntities(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  let length = at
  let index = start
  while (index < end) {
    const byte = bytes[index] ?? 0
    if (byte === ampersand) {
      const close = findSemicolon(bytes, index + 2, Math.min(end, index + maxReferenceLength))
      const codePoint = close < 0 ? -1 : referenceValue(bytes, index + 1, close)
      if (codePoint >= 0) {
        length = writeCodePoint(target, length, codePoint)
        index = close + 1
        continue
      }
    }
    target[length++] = byte
    index++
  }
  return length - at
}

/** Before an ampersand whose semicolon may lie behind `end`. */
function cut(bytes: Uint8Array, _start: number, end: number): number {
  for (let index = end - 1; index > end - maxReferenceLength; index--) if (bytes[index] === ampersand) return index
  return end
}

function findSemicolon(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index++) if (bytes[index] === semicolon) return index
  return -1
}

/** The code point that the text between `&` and `;` stands for, -1 when it is unknown. */
function referenceValue(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === hash) return numericValue(bytes, start + 1, end)
  switch (String.fromCharCode(...bytes.subarray(start, end))) {
    case 'lt':
      return 0x3c
    case 'gt':
      return 0x3e
    case 'amp':
      return ampersand
    case 'quot':
      return 0x22
    case 'apos':
      return 0x27
    default:
      return -1
  }
}

function numericValue(bytes: Uint8Array, start: number, end: number): number {
  const isHex = (byteAt(bytes, start) | 0x20) === 0x78
  const base = isHex ? 16 : 10
  let value = 0
  for (let index = isHex ? start + 1 : start; index < end; index++) {
    const digit = hexValue(bytes[index] ?? 0)
    if (digit < 0 || digit >= base) return -1
    value = value * base + digit
    if (value > 0x10ffff) return -1
  }
  const isSurrogate = value >= 0xd800 && value <= 0xdfff
  return end - start > (isHex ? 1 : 0) && !isSurrogate ? value : -1
}
