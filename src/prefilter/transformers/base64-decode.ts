// The transformers base64Decode and base64url_decode: a text that consists of nothing else is decoded, any other stays.

const equals = 0x3d

/** Rewrites in place; the text never grows. @returns the new length. */
export function base64Decode(bytes: Uint8Array, length: number): number {
  return decode(bytes, length, 0x2b, 0x2f)
}

/** Rewrites in place; the text never grows. @returns the new length. */
export function base64urlDecode(bytes: Uint8Array, length: number): number {
  return decode(bytes, length, 0x2d, 0x5f)
}

function decode(bytes: Uint8Array, length: number, sign62: number, sign63: number): number {
  let end = 0
  while (end < length && sextetOf(bytes[end] ?? 0, sign62, sign63) >= 0) end++
  for (let index = end; index < length; index++) if (bytes[index] !== equals) return length
  if (!isPadding(length - end, end % 4)) return length
  let write = 0
  let bits = 0
  let bitCount = 0
  for (let read = 0; read < end; read++) {
    bits = ((bits << 6) | sextetOf(bytes[read] ?? 0, sign62, sign63)) & 0xffff
    bitCount += 6
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[write++] = (bits >> bitCount) & 0xff
  }
  // Bits left over count as the beginning of another byte; when there are fewer than six, zeros do not.
  const left = (bits << (8 - bitCount)) & 0xff
  if (left !== 0 || end % 4 === 1) bytes[write++] = left
  return write
}

/** The engine wants no padding, or none beyond what fills a group of four; after a full group up to four. */
function isPadding(count: number, inLastGroup: number): boolean {
  return count === 0 || (inLastGroup !== 1 && count <= 4 - inLastGroup)
}

function sextetOf(byte: number, sign62: number, sign63: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x47
  if (byte >= 0x30 && byte <= 0x39) return byte + 4
  if (byte === sign62) return 62
  return byte === sign63 ? 63 : -1
}
