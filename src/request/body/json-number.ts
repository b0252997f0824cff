// Reads JSON numbers, and the words that JavaScript writers put in their place. Their value only shapes the tree: no string
// matcher looks at it.
// Stage: [decode]. Hot path for short integers, which need no string.
import { byteAt } from '../utf8.js'
import type { ValueVisitor } from '../value-visitor.js'

/** Digits that a double holds exactly. */
const exactDigits = 15
/** Longest number that is read for its value; the digits of a longer one cannot match anything. */
const maxNumberLength = 64

/** Sends the number in the range; what is no finite number counts as null. @returns false when it is no number at all. */
export function sendNumber(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start) return false
  const integer = end - start <= exactDigits ? readInteger(bytes, start, end) : -1
  if (integer >= 0) {
    visitor.number(integer)
    return true
  }
  if (end - start > maxNumberLength) {
    if (!isNumeric(bytes, start, end)) return false
    visitor.nil()
    return true
  }
  return sendOddNumber(visitor, String.fromCharCode(...bytes.subarray(start, end)))
}

/** -1 when there is anything but digits. */
function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let index = start; index < end; index++) {
    const byte = byteAt(bytes, index)
    if (byte < 0x30 || byte > 0x39) return -1
    value = value * 10 + byte - 0x30
  }
  return value
}

function sendOddNumber(visitor: ValueVisitor, text: string): boolean {
  const value = Number(text)
  if (Number.isNaN(value) && text !== 'NaN') return false
  if (Number.isFinite(value)) visitor.number(value)
  else visitor.nil()
  return true
}

/** True when the range holds only digits, signs, dots and exponent marks. */
export function isNumeric(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = byteAt(bytes, index)
    const isSign = byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65
    if (!isSign && (byte < 0x30 || byte > 0x39)) return false
  }
  return true
}
