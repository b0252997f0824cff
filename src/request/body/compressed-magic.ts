// Tells compressed bytes by how they begin, for bodies that no Content-Encoding says are compressed.
// Stage: [decode]. br has no mark of its own and raw deflate none either: undeclared, neither can be told from noise.

/** Encodings that begin with a mark. */
export type MarkedEncoding = 'gzip' | 'zlib' | 'zstd'

/** zlib's header asks for a preset dictionary, which nobody here has (RFC 1950 2.2, FDICT). */
const presetDictionaryBit = 0x20

/** The encoding whose mark the bytes begin with. For zlib this is a guess: its mark is one in 2,000 of two bytes. */
export function markedEncoding(bytes: Uint8Array, start: number, end: number): MarkedEncoding | undefined {
  if (end - start < 4) return undefined
  const first = bytes[start] ?? 0
  const second = bytes[start + 1] ?? 0
  const third = bytes[start + 2] ?? 0
  if (first === 0x1f && second === 0x8b && third === 0x08) return 'gzip'
  const fourth = bytes[start + 3] ?? 0
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return 'zstd'
  // RFC 8878 3.1.2: frames that decoders skip, of any content; a stream may begin with one.
  if (first >> 4 === 0x5 && second === 0x2a && third === 0x4d && fourth === 0x18) return 'zstd'
  // RFC 1950 2.2: method 8, a window of at most 32 KiB, and both bytes together a multiple of 31.
  const isZlib = (first & 0x0f) === 8 && first <= 0x78 && (first * 256 + second) % 31 === 0
  return isZlib && (second & presetDictionaryBit) === 0 ? 'zlib' : undefined
}

/** True when the mark of a stream of gzip or zstd stands again behind the first one. */
export function hasAnotherMember(bytes: Buffer): boolean {
  return memberMarks.some((mark) => bytes.indexOf(mark, 1) > 0)
}

const memberMarks: readonly Buffer[] = [Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])]
