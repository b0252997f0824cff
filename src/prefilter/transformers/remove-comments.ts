// The transformer removeComments: takes `<!-- -->` and `/* */` out, and everything from `--`, `#` or `//` on.

const hash = 0x23
const dash = 0x2d
const slash = 0x2f
const star = 0x2a
const less = 0x3c
const greater = 0x3e
const exclamation = 0x21

/** Rewrites in place; the text never grows. @returns the new length. */
export function removeComments(bytes: Uint8Array, length: number): number {
  let write = 0
  let read = 0
  while (read < length) {
    const byte = bytes[read] ?? 0
    const next = read + 1 < length ? bytes[read + 1] : undefined
    if (byte === hash || (byte === dash && next === dash) || (byte === slash && next === slash)) break
    if (byte === slash && next === star) {
      read = endOfBlock(bytes, read + 2, length)
    } else if (
      byte === less &&
      next === exclamation &&
      bytes[read + 2] === dash &&
      bytes[read + 3] === dash &&
      read + 3 < length
    ) {
      read = endOfMarkup(bytes, read + 4, length)
    } else {
      bytes[write++] = byte
      read++
    }
  }
  return write
}

function endOfBlock(bytes: Uint8Array, start: number, length: number): number {
  for (let index = start; index + 1 < length; index++) {
    if (bytes[index] === star && bytes[index + 1] === slash) return index + 2
  }
  return length
}

function endOfMarkup(bytes: Uint8Array, start: number, length: number): number {
  for (let index = start; index + 2 < length; index++) {
    if (bytes[index] === dash && bytes[index + 1] === dash && bytes[index + 2] === greater) return index + 3
  }
  return length
}
