// Reads what stands bare in JSON: true, false, null and numbers.
// Stage: [decode]. Hot path.
import type { ValueVisitor } from '../value-visitor.js'
import { isNumeric, sendNumber } from './json-number.js'

/** Longer than any number that is sent in earnest. */
const maxScalarBytes = 65_536

/** End of the letters, digits and signs from `start` on; at most `maxScalarBytes` further: a longer run is no scalar. */
export function endOfScalar(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  end = Math.min(end, start + maxScalarBytes)
  while (index < end && isScalarByte(bytes[index] ?? 0)) index++
  return index
}

/** Sends the scalar in the range. @returns false when it is none. */
export function sendScalar(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): boolean {
  switch (bytes[start]) {
    case 0x74:
      if (!isWord(bytes, start, end, 'true')) return false
      visitor.boolean(true)
      return true
    case 0x66:
      if (!isWord(bytes, start, end, 'false')) return false
      visitor.boolean(false)
      return true
    case 0x6e:
      if (!isWord(bytes, start, end, 'null')) return false
      visitor.nil()
      return true
    default:
      return sendNumber(visitor, bytes, start, end)
  }
}

/** The first letters of a word, or of a number: nothing that a rule could match. */
export function isCutScalar(bytes: Uint8Array, start: number, end: number): boolean {
  const isWordBeginning = ['true', 'false', 'null'].some((word) => isBeginning(bytes, start, end, word))
  return isWordBeginning || (end > start && isNumeric(bytes, start, end))
}

function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  return end - start === word.length && isBeginning(bytes, start, end, word)
}

/** True when the range is not empty and the word begins with it. */
function isBeginning(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start > word.length) return false
  for (let index = start; index < end; index++) if (bytes[index] !== word.charCodeAt(index - start)) return false
  return end > start
}

/** Letters, digits and the signs of numbers. */
function isScalarByte(byte: number): boolean {
  const lower = byte | 0x20
  if (lower >= 0x61 && lower <= 0x7a) return true
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e
}
