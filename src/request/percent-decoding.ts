// Decodes %XX (and `+` where it means a space) the lenient way: a bad escape stays as it was sent.
// Stage: [decode]. Hot path. Own code: decodeURIComponent and URLSearchParams need strings and drop or refuse bad bytes.
import { byteAt } from './utf8.js'

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

/** Value of an ASCII hex digit, -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x57
  return -1
}
