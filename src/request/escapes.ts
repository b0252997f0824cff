// A way of writing bytes by escapes, so that texts of any length can be decoded block by block.
// Stage: [decode]. Implemented by percent-decoding, body/json-string, body/xml-entities.

/** One escape syntax; no escape is shorter than the bytes it stands for. */
export interface Escapes {
  /**
   * Decodes a range; what is no escape stays as it is.
   * @param target - holds at least `end - start` bytes.
   * @returns the count of bytes written from offset 0.
   */
  decode(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number
  /**
   * Where a block may end so that no escape is cut in two.
   * @param start - where the block begins, at the start of an escape or outside any.
   * @param end - the block's end if nothing speaks against it; at least 64 bytes after `start`.
   * @returns a position in `start + 1` .. `end`.
   */
  cut(bytes: Uint8Array, start: number, end: number): number
}
