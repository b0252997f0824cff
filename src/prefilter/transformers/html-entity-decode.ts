// The transformer htmlEntityDecode: numbered entities, and five named ones.
import { hexDigit, writeCodePoint } from './text-bytes.js'

const ampersand = 0x26
const semicolon = 0x3b
const hash = 0x23
const maxCodePoint = 0x10ffff
/** A no-break space is written as the one byte it has in Latin-1. */
const named: readonly (readonly [Uint8Array, number])[] = [
  [Buffer.from('lt;'), 0x3c],
  [Buffer.from('gt;'), 0x3e],
  [Buffer.from('amp;'), 0x26],
  [Buffer.from('quot;'), 0x22],
  [Buffer.from('nbsp;'), 0xa0],
]

/** U+FFFD, which stands for the number 0, takes three bytes. */
const replacementBytes = 3

/**
 * Rewrites in place; the text never grows. As the engine does, first looks whether anything would shrink: a text whose only
 * entities are `&#0`, as long as what stands for them, stays as it is. @returns the new length.
 */
export function htmlEntityDecode(bytes: Uint8Array, length: number): number {
  return shrinks(bytes, length) ? decodeAll(bytes, length) : length
}

function shrinks(bytes: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (bytes[index] !== ampersand) continue
    const { code, end } = entityAt(bytes, index + 1, length)
    if (end > 0 && (code !== 0 || end - index > replacementBytes)) return true
  }
  return false
}

function decodeAll(bytes: Uint8Array, length: number): number {
  let write = 0
  let read = 0
  while (read < length) {
    const byte = bytes[read] ?? 0
    if (byte === ampersand) {
      const entity = entityAt(bytes, read + 1, length)
      if (entity.end > 0) {
        if (entity.isNamed) bytes[write++] = entity.code
        else write = writeCodePoint(bytes, write, entity.code === 0 ? maxCodePoint + 1 : entity.code)
        read = entity.end
        continue
      }
    }
    bytes[write++] = byte
    read++
  }
  return write
}

/** What an ampersand begins; `end` 0 = nothing. Reused. */
const found = { code: 0, end: 0, isNamed: false }

function entityAt(bytes: Uint8Array, start: number, length: number): typeof found {
  found.end = 0
  found.isNamed = bytes[start] !== hash
  if (!found.isNamed) readNumber(bytes, start + 1, length)
  else
    for (const [name, code] of named)
      if (startsWith(bytes, start, length, name)) {
        found.code = code
        found.end = start + name.length
      }
  return found
}

/** Digits without limit of length; the semicolon may be missing. */
function readNumber(bytes: Uint8Array, start: number, length: number): void {
  const isHex = start < length && ((bytes[start] ?? 0) | 0x20) === 0x78
  const base = isHex ? 16 : 10
  let index = isHex ? start + 1 : start
  const first = index
  let code = 0
  while (index < length) {
    const digit = hexDigit(bytes[index] ?? 0)
    if (digit < 0 || digit >= base) break
    code = Math.min(code * base + digit, maxCodePoint + 1)
    index++
  }
  if (index === first) return
  found.code = code
  found.end = bytes[index] === semicolon && index < length ? index + 1 : index
}

function startsWith(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (start + name.length > length) return false
  for (const [index, byte] of name.entries()) {
    const lower = byte === semicolon ? (bytes[start + index] ?? 0) : (bytes[start + index] ?? 0) | 0x20
    if (lower !== byte) return false
  }
  return true
}
