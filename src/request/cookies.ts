// Walks one Cookie header line into name -> values: the value as Go's parser gives it, and what that parser drops.
// Stage: [decode]. Hot path. Own code: cookie parsers of the ecosystem build objects, keep the first of a name only, and skip
// what RFC 6265 does not allow; an attacker does not write by the RFC.
import { findByte, skipBlanks, trimBlanksEnd } from './ascii.js'
import type { DecodeTools } from './decode-tools.js'
import { hasValidEscape, percentEscapes } from './percent-decoding.js'
import { byteAt } from './utf8.js'
import type { ValueVisitor } from './value-visitor.js'

const semicolon = 0x3b
const equalsSign = 0x3d
const doubleQuote = 0x22

/** Walks cookie pairs into the open `multi` map of a visitor. One per worker thread. */
export class CookieWalker {
  readonly #tools: DecodeTools

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** The head's own limit bounds the work, so no budget is asked here. */
  walkLine(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    while (start < end && !visitor.isDone) {
      const pairEnd = findByte(bytes, semicolon, start, end)
      this.#emitPair(visitor, bytes, skipBlanks(bytes, start, pairEnd), pairEnd)
      start = pairEnd + 1
    }
  }

  #emitPair(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    end = trimBlanksEnd(bytes, start, end)
    if (start === end) return
    const equalsAt = findByte(bytes, equalsSign, start, end)
    this.#tools.text.key(visitor, bytes, start, equalsAt, false)
    // A cookie without `=` is a name to Go and a value to browsers: it goes out as both.
    this.#emitValue(visitor, bytes, equalsAt === end ? start : equalsAt + 1, end)
  }

  #emitValue(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    const isQuoted = end - start > 1 && byteAt(bytes, start) === doubleQuote && byteAt(bytes, end - 1) === doubleQuote
    if (isQuoted) {
      start++
      end--
    }
    this.#tools.text.append(visitor, bytes, start, end, false)
    if (hasValidEscape(bytes, start, end)) this.#tools.sendDecoded(visitor, 'append', bytes, start, end, percentEscapes)
  }
}
