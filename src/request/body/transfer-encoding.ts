// Undoes a part's Content-Transfer-Encoding: base64 and quoted-printable, which mail-born multipart parsers (Go's, Python's)
// still do. Lenient: what is no escape stays as it was sent.
// Stage: [decode]. Rare. The result is never longer than the input.
import { equalsIgnoreCase, isBlank } from '../ascii.js'
import type { DecodeBudget } from '../decode-budget.js'
import { hexValue } from '../percent-decoding.js'
import { byteAt } from '../utf8.js'
import { decodeBase64 } from './base64.js'
import { bytesBetweenLooks, stageShare, type TimedDecoding } from './timed-decoding.js'

const equalsSign = 0x3d
const carriageReturn = 0x0d
const lineFeed = 0x0a
const semicolon = 0x3b
const openParenthesis = 0x28

/** `none`: the content is as it is. `unknown`: some parser may know it (Python's undoes uuencode). */
export type TransferEncoding = 'base64' | 'quoted-printable' | 'none' | 'unknown'

const unchanged: readonly string[] = ['7bit', '8bit', 'binary', 'identity']

/** The encoding that a Content-Transfer-Encoding value names: its first word, as parameters and comments may follow. */
export function transferEncodingOf(bytes: Uint8Array, start: number, end: number): TransferEncoding {
  let wordEnd = start
  while (wordEnd < end && !isWordEnd(byteAt(bytes, wordEnd))) wordEnd++
  if (equalsIgnoreCase(bytes, start, wordEnd, 'base64')) return 'base64'
  if (equalsIgnoreCase(bytes, start, wordEnd, 'quoted-printable')) return 'quoted-printable'
  const isUnchanged = start === end || unchanged.some((name) => equalsIgnoreCase(bytes, start, wordEnd, name))
  return isUnchanged ? 'none' : 'unknown'
}

/** @returns what was decoded in time. */
export function decodeTransfer(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: 'base64' | 'quoted-printable',
  budget: DecodeBudget,
): TimedDecoding {
  if (encoding === 'base64') return decodeBase64(bytes, start, end, budget)
  return decodeQuotedPrintable(bytes, start, end, budget)
}

function decodeQuotedPrintable(bytes: Uint8Array, start: number, end: number, budget: DecodeBudget): TimedDecoding {
  const target = Buffer.allocUnsafe(end - start)
  const stageEndMs = budget.stageEnd(stageShare)
  let length = 0
  let index = start
  let lookAt = start + bytesBetweenLooks
  while (index < end) {
    if (index >= lookAt) {
      if (budget.isPast(stageEndMs)) return { bytes: target.subarray(0, length), isCut: true }
      lookAt = index + bytesBetweenLooks
    }
    const byte = byteAt(bytes, index++)
    if (byte !== equalsSign) {
      target[length++] = byte
      continue
    }
    const softBreak = softBreakLength(bytes, index, end)
    const value = index + 1 < end ? (hexValue(byteAt(bytes, index)) << 4) | hexValue(byteAt(bytes, index + 1)) : -1
    if (softBreak > 0) index += softBreak
    else if (value >= 0) {
      target[length++] = value
      index += 2
    } else target[length++] = byte
  }
  return { bytes: target.subarray(0, length), isCut: false }
}

/** A line break, and the blanks that transport may have put before it (RFC 2045 6.7); 0 when there is none. */
function softBreakLength(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  while (index < end && isBlank(byteAt(bytes, index))) index++
  if (index >= end) return 0
  if (byteAt(bytes, index) === lineFeed) return index + 1 - start
  const isBreak = byteAt(bytes, index) === carriageReturn && index + 1 < end && byteAt(bytes, index + 1) === lineFeed
  return isBreak ? index + 2 - start : 0
}

function isWordEnd(byte: number): boolean {
  return isBlank(byte) || byte === carriageReturn || byte === lineFeed || byte === semicolon || byte === openParenthesis
}
