// The transformer removeNulls.

/** Rewrites in place. @returns the new length. */
export function removeNulls(bytes: Uint8Array, length: number): number {
  let write = 0
  for (let read = 0; read < length; read++) {
    const byte = bytes[read] ?? 0
    if (byte !== 0) bytes[write++] = byte
  }
  return write
}
