// Comparisons and trims on byte ranges, ASCII only, without making strings.
// Stage: [decode]. Hot path: header names and media types are told apart here.

/** @param lowerName - ASCII lower case. @returns true when the range equals it, letter case aside. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, lowerName: string): boolean {
  if (end - start !== lowerName.length) return false
  for (let index = 0; index < lowerName.length; index++) {
    if (lowerByte(bytes[start + index] ?? 0) !== lowerName.charCodeAt(index)) return false
  }
  return true
}

/** Lower case of an ASCII letter; any other byte as it is. */
export function lowerByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

/** Optional white space of HTTP header fields: space and tab. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}

/** First position at or after `start` that is not blank. */
export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && isBlank(bytes[start] ?? 0)) start++
  return start
}

/** Last position (exclusive) such that the byte before it is not blank. */
export function trimBlanksEnd(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && isBlank(bytes[end - 1] ?? 0)) end--
  return end
}

/** Position of a byte in the range, or `end`. */
export function findByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  while (start < end && bytes[start] !== byte) start++
  return start
}
