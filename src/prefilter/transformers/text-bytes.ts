// What several transformer ports need: digits, and code points as UTF-8.

const replacement = 0xfffd

/** @returns -1 when it is none. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** @returns the value of exactly `count` hexadecimal digits, -1 when they are not there. */
export function hexAt(bytes: Uint8Array, start: number, count: number, length: number): number {
  if (start + count > length) return -1
  let value = 0
  for (let index = start; index < start + count; index++) {
    const digit = hexDigit(bytes[index] ?? 0)
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** Writes a code point, or U+FFFD for what is none. @returns where the next byte goes. */
export function writeCodePoint(bytes: Uint8Array, write: number, wanted: number): number {
  const code = wanted > 0x10ffff || (wanted >= 0xd800 && wanted < 0xe000) ? replacement : wanted
  if (code < 0x80) {
    bytes[write] = code
    return write + 1
  }
  if (code < 0x800) {
    bytes[write] = 0xc0 | (code >> 6)
    bytes[write + 1] = 0x80 | (code & 0x3f)
    return write + 2
  }
  if (code < 0x10000) {
    bytes[write] = 0xe0 | (code >> 12)
    bytes[write + 1] = 0x80 | ((code >> 6) & 0x3f)
    bytes[write + 2] = 0x80 | (code & 0x3f)
    return write + 3
  }
  bytes[write] = 0xf0 | (code >> 18)
  bytes[write + 1] = 0x80 | ((code >> 12) & 0x3f)
  bytes[write + 2] = 0x80 | ((code >> 6) & 0x3f)
  bytes[write + 3] = 0x80 | (code & 0x3f)
  return write + 4
}
