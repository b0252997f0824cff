// The transformer urlDecodeUni (url_decode_iis): percent-decoding with %uXXXX, repeated until nothing changes.

const percent = 0x25
const plus = 0x2b
const space = 0x20
const replacement = 0xfffd

/** Rewrites in place; the text never grows. @returns the new length. */
export function urlDecodeUni(bytes: Uint8Array, length: number): number {
  let before = -1
  let current = length
  let isChanged = true
  // Each pass that changes more than plus signs shortens the text, so the passes end.
  while (isChanged) {
    before = current
    isChanged = hasPlus(bytes, current)
    current = decodeOnce(bytes, current)
    isChanged ||= current !== before
  }
  return current
}

function hasPlus(bytes: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (bytes[index] === plus) return true
  return false
}

function decodeOnce(bytes: Uint8Array, length: number): number {
  let write = 0
  let read = 0
  while (read < length) {
    const byte = bytes[read] ?? 0
    if (byte === plus) {
      bytes[write++] = space
      read++
      continue
    }
    const code = byte === percent ? hexAt(bytes, read + 1, 2, length) : -1
    if (code >= 0) {
      bytes[write++] = code
      read += 3
      continue
    }
    const unit = byte === percent && ((bytes[read + 1] ?? 0) | 0x20) === 0x75 ? hexAt(bytes, read + 2, 4, length) : -1
    if (unit >= 0) {
      write = writeUnit(bytes, write, unit)
      read += 6
      continue
    }
    bytes[write++] = byte
    read++
  }
  return write
}

/** @returns the value of some hexadecimal digits, -1 when they are not there. */
function hexAt(bytes: Uint8Array, start: number, count: number, length: number): number {
  if (start + count > length) return -1
  let value = 0
  for (let index = start; index < start + count; index++) {
    const digit = hexDigit(bytes[index] ?? 0)
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Half a surrogate pair stands for nothing by itself. */
function writeUnit(bytes: Uint8Array, write: number, unit: number): number {
  const code = unit >= 0xd800 && unit < 0xe000 ? replacement : unit
  if (code < 0x80) {
    bytes[write++] = code
    return write
  }
  if (code < 0x800) {
    bytes[write++] = 0xc0 | (code >> 6)
  } else {
    bytes[write++] = 0xe0 | (code >> 12)
    bytes[write++] = 0x80 | ((code >> 6) & 0x3f)
  }
  bytes[write++] = 0x80 | (code & 0x3f)
  return write
}
