// Walks `name=value&name=value`: query strings and urlencoded forms alike.
// Stage: [decode]. Hot path; bench: scenarios/decode.bench.ts. Own code: querystring and URLSearchParams build strings and
// objects per pair; this reads ranges and rewrites only what holds an escape.
// First the values that Go's parser gives, then those it drops: pairs with a bad escape or a `;`, and any number of pairs.
import { type DecodeTools, shortTextBytes } from './decode-tools.js'
import { sendKeyParts } from './key-parts.js'
import { decodePercent, formEscapes, hasUnicodeEscape, iisFormEscapes } from './percent-decoding.js'
import { byteAt } from './utf8.js'
import type { ValueVisitor } from './value-visitor.js'

const ampersand = 0x26
const equalsSign = 0x3d
const semicolon = 0x3b
const dot = 0x2e
const openBracket = 0x5b
const percent = 0x25
const plus = 0x2b

/** Walks pairs into the open `multi` map of a visitor. One per worker thread. */
export class PairWalker {
  readonly #tools: DecodeTools

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** @returns false when the budget ran out before the end. */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): boolean {
    while (start < end && !visitor.isDone) {
      const pairEnd = this.#walkPair(visitor, bytes, start, end)
      if (!this.#tools.budget.spend(pairEnd - start + 1)) return false
      start = pairEnd + 1
    }
    return true
  }

  /** One pair; a `;` inside it is a separator to some backends, so its parts follow as pairs too. @returns its end. */
  #walkPair(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): number {
    const nearEnd = Math.min(start + shortTextBytes, end)
    let equalsAt = -1
    let hasSemicolon = false
    let pairEnd = start
    for (; pairEnd < nearEnd; pairEnd++) {
      const byte = bytes[pairEnd] ?? 0
      if (byte === ampersand) break
      if (byte === equalsSign && equalsAt < 0) equalsAt = pairEnd
      if (byte === semicolon) hasSemicolon = true
    }
    if (pairEnd === start) return pairEnd
    if (pairEnd === nearEnd && nearEnd < end) {
      pairEnd = findFar(bytes, ampersand, pairEnd, end, end)
      if (equalsAt < 0) equalsAt = findFar(bytes, equalsSign, nearEnd, pairEnd, -1)
      hasSemicolon ||= findFar(bytes, semicolon, nearEnd, pairEnd, -1) >= 0
    }
    this.#emitPair(visitor, bytes, start, equalsAt, pairEnd)
    if (hasSemicolon) this.#walkSplitPair(visitor, bytes, start, pairEnd)
    return pairEnd
  }

  #walkSplitPair(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): void {
    let equalsAt = -1
    for (let index = start; index <= end; index++) {
      const byte = bytes[index] ?? 0
      if (index < end && byte !== semicolon) {
        if (byte === equalsSign && equalsAt < 0) equalsAt = index
        continue
      }
      if (visitor.isDone || !this.#tools.budget.spend(index - start)) return
      if (index > start) this.#emitPair(visitor, bytes, start, equalsAt, index)
      start = index + 1
      equalsAt = -1
    }
  }

  /** A pair without `=` is a name to most backends and the whole input to some (CGI): it goes out as both. */
  #emitPair(visitor: ValueVisitor, bytes: Buffer, start: number, equalsAt: number, end: number): void {
    this.#emitText(visitor, bytes, start, equalsAt < 0 ? end : equalsAt, true)
    this.#emitText(visitor, bytes, equalsAt < 0 ? start : equalsAt + 1, end, false)
  }

  #emitText(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, isKey: boolean): void {
    if (end - start > shortTextBytes) {
      if (isKey) this.#emitUnicodeReading(visitor, bytes, start, end, isKey)
      this.#tools.sendDecoded(visitor, isKey ? 'key' : 'append', bytes, start, end, formEscapes)
      if (!isKey) this.#emitUnicodeReading(visitor, bytes, start, end, isKey)
      return
    }
    const rawStart = start
    const rawEnd = end
    let source: Uint8Array = bytes
    let seen = 0
    let isEscaped = false
    let isNested = false
    let isUnicode = false
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0
      seen |= byte
      if (byte === percent || byte === plus) {
        isEscaped = true
        if (byte === percent && (byteAt(bytes, index + 1) | 0x20) === 0x75) isUnicode = true
      }
      if (byte === dot || byte === openBracket) isNested = true
    }
    if (isKey && isUnicode) this.#emitUnicodeReading(visitor, bytes, start, end, isKey)
    if (isEscaped) {
      source = this.#tools.scratch.reserve(end - start)
      end = decodePercent(bytes, start, end, source, true)
      start = 0
    }
    const isAscii = seen < 0x80 && !isEscaped
    if (isKey && (isNested || isEscaped)) sendKeyParts(this.#tools.text, visitor, source, start, end)
    if (isKey) this.#tools.text.key(visitor, source, start, end, isAscii)
    else this.#tools.text.append(visitor, source, start, end, isAscii)
    if (!isKey && isUnicode) this.#emitUnicodeReading(visitor, bytes, rawStart, rawEnd, isKey)
  }

  /** With `%uXXXX` decoded, where there is any: a second value, or a key of its own before the one that every backend reads. */
  #emitUnicodeReading(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, isKey: boolean): void {
    if (!hasUnicodeEscape(bytes, start, end)) return
    this.#tools.sendDecoded(visitor, isKey ? 'key' : 'append', bytes, start, end, iisFormEscapes)
    if (isKey) visitor.nil()
  }
}

/** Position of a byte in a long range, or `otherwise`; a native search. */
function findFar(bytes: Buffer, byte: number, start: number, end: number, otherwise: number): number {
  const at = bytes.subarray(start, end).indexOf(byte)
  return at < 0 ? otherwise : start + at
}
