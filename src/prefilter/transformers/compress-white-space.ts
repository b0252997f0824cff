// The transformer compressWhiteSpace: of several spaces one is left; other white space stays.

const space = 0x20

/** Rewrites in place. @returns the new length. */
export function compressWhiteSpace(bytes: Uint8Array, length: number): number {
  let write = 0
  for (let read = 0; read < length; read++) {
    const byte = bytes[read] ?? 0
    if (byte !== space || read === 0 || bytes[write - 1] !== space) bytes[write++] = byte
  }
  return write
}
