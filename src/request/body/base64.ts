// Decodes base64 the lenient way, within the time there is: both alphabets of RFC 4648, what belongs to neither is skipped, and
// padding ends a piece, not the text (senders may encode piece by piece).
// Stage: [decode]. Own code: `Buffer` stops at padding, and a single call over megabytes cannot be stopped.
import type { DecodeBudget } from '../decode-budget.js'
import { byteAt } from '../utf8.js'
import { bytesBetweenLooks, stageShare, type TimedDecoding } from './timed-decoding.js'

const padding = 0x3d
const noSextet = -1
const sextets: Int8Array = new Int8Array(256).fill(noSextet)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
for (let value = 0; value < alphabet.length; value++) sextets[alphabet.charCodeAt(value)] = value
for (const [value, signs] of [
  [62, '+-'],
  [63, '/_'],
] as const) {
  for (const sign of signs) sextets[sign.charCodeAt(0)] = value
}

/** The six bits that a byte stands for, -1 when it belongs to no alphabet. */
export function sextetOf(byte: number): number {
  return sextets[byte] ?? noSextet
}

/** Decodes the range. */
export function decodeBase64(bytes: Uint8Array, start: number, end: number, budget: DecodeBudget): TimedDecoding {
  const decoded = Buffer.allocUnsafe(Math.ceil(((end - start) * 3) / 4))
  const stageEndMs = budget.stageEnd(stageShare)
  let length = 0
  let bits = 0
  let bitCount = 0
  let lookAt = start + bytesBetweenLooks
  for (let index = start; index < end; index++) {
    if (index >= lookAt) {
      if (budget.isPast(stageEndMs)) return { bytes: decoded.subarray(0, length), isCut: true }
      lookAt = index + bytesBetweenLooks
    }
    const byte = byteAt(bytes, index)
    const sextet = sextetOf(byte)
    if (sextet < 0) {
      if (byte === padding) bitCount = 0
      continue
    }
    bits = ((bits << 6) | sextet) & 0xffff
    bitCount += 6
    if (bitCount >= 8) {
      bitCount -= 8
      decoded[length++] = (bits >> bitCount) & 0xff
    }
  }
  return { bytes: decoded.subarray(0, length), isCut: false }
}
