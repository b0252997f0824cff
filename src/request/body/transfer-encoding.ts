// Undoes a part's Content-Transfer-Encoding: base64 and quoted-printable, which mail-born multipart parsers (Go's, Python's)
// still do. Lenient: what is no escape stays as it was sent.
// Stage: [decode]. Rare. The result is never longer than the input.
import { equalsIgnoreCase } from '../ascii.js'
import { hexValue } from '../percent-decoding.js'
import { byteAt } from '../utf8.js'

const equalsSign = 0x3d
const carriageReturn = 0x0d
const lineFeed = 0x0a

/** @returns the decoded bytes, or `undefined` for an encoding that changes nothing. */
export function decodeTransfer(
  bytes: Buffer,
  encodingStart: number,
  encodingEnd: number,
  start: number,
  end: number,
): Buffer | undefined {
  if (equalsIgnoreCase(bytes, encodingStart, encodingEnd, 'base64')) {
    return Buffer.from(bytes.toString('latin1', start, end), 'base64')
  }
  if (!equalsIgnoreCase(bytes, encodingStart, encodingEnd, 'quoted-printable')) return undefined
  const target = Buffer.allocUnsafe(end - start)
  return target.subarray(0, decodeQuotedPrintable(bytes, start, end, target))
}

function decodeQuotedPrintable(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let length = 0
  let index = start
  while (index < end) {
    const byte = byteAt(bytes, index++)
    if (byte !== equalsSign) {
      target[length++] = byte
      continue
    }
    const softBreak = lineBreakLength(bytes, index, end)
    const value = index + 1 < end ? (hexValue(byteAt(bytes, index)) << 4) | hexValue(byteAt(bytes, index + 1)) : -1
    if (softBreak > 0) index += softBreak
    else if (value >= 0) {
      target[length++] = value
      index += 2
    } else target[length++] = byte
  }
  return length
}

function lineBreakLength(bytes: Uint8Array, index: number, end: number): number {
  if (index >= end) return 0
  if (byteAt(bytes, index) === lineFeed) return 1
  return byteAt(bytes, index) === carriageReturn && byteAt(bytes, index + 1) === lineFeed ? 2 : 0
}
