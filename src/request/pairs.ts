// Walks `name=value&name=value`: query strings and urlencoded forms alike.
// Stage: [decode]. Hot path; bench: scenarios/decode.bench.ts. Own code: querystring and URLSearchParams build strings and
// objects per pair; this reads ranges and rewrites only what holds an escape.
// First the values that Go's parser gives, then those it drops: pairs with a bad escape or a `;`, and any number of pairs.
import type { DecodeTools } from './decode-tools.js'
import { sendKeyParts } from './key-parts.js'
import { decodePercent } from './percent-decoding.js'
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
  walk(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): boolean {
    while (start < end && !visitor.isDone) {
      const pairEnd = this.#walkPair(visitor, bytes, start, end)
      if (!this.#tools.budget.spend(pairEnd - start + 1)) return false
      start = pairEnd + 1
    }
    return true
  }

  /** One pair; a `;` inside it is a separator to some backends, so its parts follow as pairs too. @returns its end. */
  #walkPair(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): number {
    let equalsAt = -1
    let hasSemicolon = false
    let pairEnd = start
    for (; pairEnd < end; pairEnd++) {
      const byte = bytes[pairEnd] ?? 0
      if (byte === ampersand) break
      if (byte === equalsSign && equalsAt < 0) equalsAt = pairEnd
      if (byte === semicolon) hasSemicolon = true
    }
    if (pairEnd === start) return pairEnd
    this.#emitPair(visitor, bytes, start, equalsAt, pairEnd)
    if (hasSemicolon) this.#walkSplitPair(visitor, bytes, start, pairEnd)
    return pairEnd
  }

  #walkSplitPair(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    let equalsAt = -1
    for (let index = start; index <= end && !visitor.isDone; index++) {
      const byte = bytes[index] ?? 0
      if (index < end && byte !== semicolon) {
        if (byte === equalsSign && equalsAt < 0) equalsAt = index
        continue
      }
      if (index > start) this.#emitPair(visitor, bytes, start, equalsAt, index)
      start = index + 1
      equalsAt = -1
    }
  }

  /** A pair without `=` is a name to most backends and the whole input to some (CGI): it goes out as both. */
  #emitPair(visitor: ValueVisitor, bytes: Uint8Array, start: number, equalsAt: number, end: number): void {
    this.#emitText(visitor, bytes, start, equalsAt < 0 ? end : equalsAt, true)
    this.#emitText(visitor, bytes, equalsAt < 0 ? start : equalsAt + 1, end, false)
  }

  #emitText(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number, isKey: boolean): void {
    let seen = 0
    let isEscaped = false
    let isNested = false
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0
      seen |= byte
      if (byte === percent || byte === plus) isEscaped = true
      if (byte === dot || byte === openBracket) isNested = true
    }
    if (isEscaped) {
      const decoded = this.#tools.scratch.reserve(end - start)
      end = decodePercent(bytes, start, end, decoded, true)
      bytes = decoded
      start = 0
    }
    const isAscii = seen < 0x80 && !isEscaped
    isNested ||= isEscaped
    if (isKey && isNested) sendKeyParts(this.#tools.text, visitor, bytes, start, end)
    if (isKey) this.#tools.text.key(visitor, bytes, start, end, isAscii)
    else this.#tools.text.append(visitor, bytes, start, end, isAscii)
  }
}
