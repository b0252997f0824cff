// The transformer cmdLine (shell_unescape): drops shell escapes, evens out separators, lower-cases.
import { lowerByte } from '../automaton/nfa.js'

const space = 0x20
const slash = 0x2f
const openParenthesis = 0x28
const comma = 0x2c
const semicolon = 0x3b

/** Rewrites in place; the text never grows. @returns the new length. */
export function shellUnescape(bytes: Uint8Array, length: number): number {
  let read = firstChange(bytes, length)
  let write = read
  while (read < length) {
    const byte = bytes[read++] ?? 0
    if (isEscape(byte)) continue
    if (!isSeparator(byte)) {
      bytes[write++] = lowerByte(byte)
      continue
    }
    while (read < length && isSeparator(bytes[read] ?? 0)) read++
    if (read >= length || !swallowsSpace(bytes[read] ?? 0)) bytes[write++] = space
  }
  return write
}

/**
 * What the engine leaves alone as long as nothing else has changed: a separator at the end, and a single white space of any
 * kind that does not stand before another separator, a slash or a parenthesis.
 */
function firstChange(bytes: Uint8Array, length: number): number {
  for (let index = 0; index < length; index++) {
    const byte = bytes[index] ?? 0
    if (isEscape(byte) || lowerByte(byte) !== byte) return index
    if (!isSeparator(byte) || index + 1 === length) continue
    const next = bytes[index + 1] ?? 0
    if (byte === comma || byte === semicolon || isSeparator(next) || swallowsSpace(next)) return index
  }
  return length
}

function swallowsSpace(byte: number): boolean {
  return byte === slash || byte === openParenthesis
}

/** \ " ' ^ */
function isEscape(byte: number): boolean {
  return byte === 0x5c || byte === 0x22 || byte === 0x27 || byte === 0x5e
}

/** White space, comma, semicolon. */
function isSeparator(byte: number): boolean {
  return byte === space || (byte >= 0x09 && byte <= 0x0d) || byte === comma || byte === semicolon
}
