// Finds where a DOCTYPE ends; its internal subset may hold quotes, comments and instructions with any mark in them.
// Stage: [decode]. Nothing in it is interpreted.

const doubleQuote = 0x22
const singleQuote = 0x27
const lessThan = 0x3c
const greaterThan = 0x3e
const openBracket = 0x5b
const closeBracket = 0x5d

/** Longest DOCTYPE with its internal subset; it counts as unterminated beyond. */
const maxDoctypeBytes = 262_144

/**
 * Position of the `>` that is neither quoted, nor in a comment or instruction, nor inside the internal subset's brackets.
 * @param start - behind `<!`.
 * @returns -1 when there is no such one.
 */
export function findDoctypeEnd(bytes: Buffer, start: number, end: number): number {
  const text = bytes.subarray(0, Math.min(end, start + maxDoctypeBytes))
  let bracketDepth = 0
  let index = start
  while (index < text.length) {
    const byte = text[index] ?? 0
    if (byte === greaterThan && bracketDepth <= 0) return index
    if (byte === openBracket) bracketDepth++
    if (byte === closeBracket) bracketDepth--
    const next = skipOpaque(text, index, byte)
    if (next < 0) return -1
    index = next
  }
  return -1
}

/** Offset behind the quoted text, comment or instruction that begins at `index`, or of the next byte; -1 if it does not end. */
function skipOpaque(text: Buffer, index: number, byte: number): number {
  if (byte === doubleQuote || byte === singleQuote) return behind(text.indexOf(byte, index + 1), 1)
  if (byte !== lessThan) return index + 1
  if (text.toString('latin1', index, index + 4) === '<!--') return behind(text.indexOf('-->', index + 4), 3)
  if (text.toString('latin1', index, index + 2) === '<?') return behind(text.indexOf('?>', index + 2), 2)
  return index + 1
}

function behind(at: number, length: number): number {
  return at < 0 ? -1 : at + length
}
