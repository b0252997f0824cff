// Walks JSON: any value, several values one after another (NDJSON, JSON text sequences), cut or malformed text.
// Stage: [decode]. Hot path; bench: scenarios/decode.bench.ts. Own tokenizer: JSON.parse drops duplicate keys and everything
// in a malformed text, and builds strings and objects; streaming parsers of the ecosystem do the latter per token.
// What is complete before a fault is kept; from the fault on the text goes out raw and with its escapes decoded, so that
// nothing is unseen. Linear in the input; no recursion.
import { type DecodeTools, shortTextBytes } from '../decode-tools.js'
import { windowOverlapBytes } from '../text-emitter.js'
import type { ValueVisitor } from '../value-visitor.js'
import { looksBinary } from './body-kind.js'
import { endOfScalar, isCutScalar, sendScalar } from './json-scalar.js'
import { jsonEscapes } from './json-string.js'
import { walkLooseText } from './loose-text.js'

/** How a JSON text ended, other than well. */
export type JsonFault = 'json_syntax' | 'json_cut'

/** How the walk ended. */
export interface JsonReport {
  readonly fault: JsonFault | undefined
  readonly isTimedOut: boolean
  /** False when no map or list was begun: after a fault, this may be no JSON at all. */
  readonly hasContainer: boolean
}

const doubleQuote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** What the grammar allows next. */
const Expect = {
  /** A value; at the root also the end. */
  value: 0,
  /** A key, or the end of the map. */
  key: 1,
  colon: 2,
  /** A comma, or the end of the container. */
  comma: 3,
} as const
type Expectation = (typeof Expect)[keyof typeof Expect]

/** Nesting whose stack is kept for the next text; a deeper one is given back. */
const keptDepth = 256
/** Input between two accounts to the budget; one per token would cost a twentieth of the walk. */
const bytesBetweenSpends = 1024
const noBytes: Buffer = Buffer.alloc(0)

const inMap = 1
const inList = 2

/** Walks JSON texts. One per worker thread. */
export class JsonWalker {
  readonly #tools: DecodeTools
  /** Kind of each open container; grows with the nesting, at most to one byte per byte of body. */
  #stack: Uint8Array = new Uint8Array(keptDepth)
  #depth = 0
  #bytes: Buffer = noBytes
  #start = 0
  #index = 0
  #end = 0
  #expect: Expectation = Expect.value
  #fault: JsonFault | undefined
  #hasContainer = false
  /** What the last string scan found. */
  #isEscaped = false
  #isAscii = true

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** Sends every value of the text to the visitor: one tree per root value. */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): JsonReport {
    this.#bytes = bytes
    this.#start = start
    this.#index = start
    this.#end = end
    this.#depth = 0
    this.#expect = Expect.value
    this.#fault = undefined
    this.#hasContainer = false
    let isInTime = true
    let spentUpTo = start
    while (isInTime && this.#index < end && this.#fault === undefined && !visitor.isDone) {
      this.#step(visitor)
      if (this.#index - spentUpTo < bytesBetweenSpends && this.#index < end) continue
      isInTime = this.#tools.budget.spend(this.#index - spentUpTo)
      spentUpTo = this.#index
    }
    this.#finish(visitor, isInTime)
    this.#bytes = noBytes
    if (this.#stack.length > keptDepth) this.#stack = new Uint8Array(keptDepth)
    return { fault: this.#fault, isTimedOut: !isInTime, hasContainer: this.#hasContainer }
  }

  /** Consumes one token, or notes a fault and leaves the index at the token that caused it. */
  #step(visitor: ValueVisitor): void {
    const byte = this.#bytes[this.#index] ?? 0
    switch (byte) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
      // RFC 7464 puts a record separator before each text of a sequence.
      case 0x1e:
        this.#index++
        return
      case doubleQuote:
        this.#readString(visitor)
        return
      case openBrace:
      case openBracket:
        this.#open(visitor, byte)
        return
      case closeBrace:
      case closeBracket:
        this.#close(visitor, byte)
        return
      case colon:
        this.#separate(this.#expect === Expect.colon, Expect.value)
        return
      case comma:
        this.#separate(this.#expect === Expect.comma, this.#isInMap ? Expect.key : Expect.value)
        return
      default:
        this.#readScalar(visitor)
    }
  }

  get #isInMap(): boolean {
    return this.#depth > 0 && this.#stack[this.#depth - 1] === inMap
  }

  #fail(): void {
    this.#fault = 'json_syntax'
  }

  #separate(isAllowed: boolean, next: Expectation): void {
    if (!isAllowed) {
      this.#fail()
      return
    }
    this.#index++
    this.#expect = next
  }

  #open(visitor: ValueVisitor, byte: number): void {
    if (this.#expect !== Expect.value) {
      this.#fail()
      return
    }
    if (this.#depth === this.#stack.length) this.#growStack()
    const isMap = byte === openBrace
    this.#hasContainer = true
    this.#stack[this.#depth++] = isMap ? inMap : inList
    if (isMap) visitor.openMap('plain')
    else visitor.openList()
    this.#expect = isMap ? Expect.key : Expect.value
    this.#index++
  }

  #growStack(): void {
    const grown = new Uint8Array(this.#stack.length * 2)
    grown.set(this.#stack)
    this.#stack = grown
  }

  /** A trailing comma before the end of a container is let pass. */
  #close(visitor: ValueVisitor, byte: number): void {
    const isMap = byte === closeBrace
    const isOpen = this.#depth > 0 && this.#isInMap === isMap
    const isExpected = this.#expect === Expect.comma || this.#expect === (isMap ? Expect.key : Expect.value)
    if (!isOpen || !isExpected) {
      this.#fail()
      return
    }
    this.#index++
    this.#pop(visitor)
    this.#endValue()
  }

  #pop(visitor: ValueVisitor): void {
    const isMap = this.#isInMap
    this.#depth--
    if (isMap) visitor.closeMap()
    else visitor.closeList()
  }

  #endValue(): void {
    this.#expect = this.#depth === 0 ? Expect.value : Expect.comma
  }

  /** A string that the end of the text cuts is sent as far as it goes. */
  #readString(visitor: ValueVisitor): void {
    const isKey = this.#expect === Expect.key
    if (!isKey && this.#expect !== Expect.value) {
      this.#fail()
      return
    }
    const start = this.#index + 1
    const end = this.#findStringEnd(start)
    const isCut = end === this.#end
    if (isCut) this.#fault = 'json_cut'
    this.#index = isCut ? end : end + 1
    this.#sendString(visitor, start, end, isKey)
    if (!isKey) this.#endValue()
    else if (isCut) visitor.nil()
    else this.#expect = Expect.colon
  }

  /** Position of the closing quote, or the end; notes what kinds of bytes stand before it. */
  #findStringEnd(start: number): number {
    const bytes = this.#bytes
    const nearEnd = Math.min(start + shortTextBytes, this.#end)
    let index = start
    let seen = 0
    this.#isEscaped = false
    for (; index < nearEnd; index++) {
      const byte = bytes[index] ?? 0
      if (byte === doubleQuote) break
      seen |= byte
      if (byte === backslash) {
        this.#isEscaped = true
        index++
      }
    }
    this.#isAscii = seen < 0x80
    if (index < nearEnd || nearEnd === this.#end) return Math.min(index, this.#end)
    this.#isAscii = false
    return this.#findFarStringEnd(index)
  }

  /** As `findStringEnd` for what is left of a long string, from outside any escape; a native search, so that it costs little. */
  #findFarStringEnd(start: number): number {
    const text = this.#bytes.subarray(0, this.#end)
    let quoteAt = text.indexOf(doubleQuote, start)
    while (quoteAt >= 0 && countBackslashesBefore(text, start, quoteAt) % 2 === 1) {
      quoteAt = text.indexOf(doubleQuote, quoteAt + 1)
    }
    const end = quoteAt < 0 ? this.#end : quoteAt
    this.#isEscaped ||= text.subarray(start, end).includes(backslash)
    return end
  }

  #sendString(visitor: ValueVisitor, start: number, end: number, isKey: boolean): void {
    const { text } = this.#tools
    if (this.#isEscaped) this.#tools.sendDecoded(visitor, isKey ? 'key' : 'value', this.#bytes, start, end, jsonEscapes)
    else if (isKey) text.key(visitor, this.#bytes, start, end, this.#isAscii)
    else text.value(visitor, this.#bytes, start, end, this.#isAscii)
  }

  /** Numbers and words: true, false, null; NaN and the infinities count as null. */
  #readScalar(visitor: ValueVisitor): void {
    const start = this.#index
    const end = endOfScalar(this.#bytes, start, this.#end)
    const isExpected = this.#expect === Expect.value
    if (isExpected && sendScalar(visitor, this.#bytes, start, end)) {
      this.#index = end
      this.#endValue()
    } else if (isExpected && end === this.#end && isCutScalar(this.#bytes, start, end)) {
      visitor.nil()
      this.#index = end
      this.#endValue()
      this.#fault = 'json_cut'
    } else this.#fail()
  }

  /** Closes what is open; after a syntax fault, sends the rest as text. */
  #finish(visitor: ValueVisitor, isInTime: boolean): void {
    const isWhole = this.#index >= this.#end
    if (isWhole && this.#fault === undefined && this.#depth > 0) this.#fault = 'json_cut'
    if (this.#depth > 0 && this.#expect === Expect.value && this.#isInMap) visitor.nil()
    if (this.#expect === Expect.colon) visitor.nil()
    while (this.#depth > 0) this.#pop(visitor)
    if (this.#fault === 'json_syntax' && isInTime && !visitor.isDone) this.#sendRest(visitor)
  }

  /** The text around and after a fault: raw, and once more with escapes decoded if there are any. */
  #sendRest(visitor: ValueVisitor): void {
    const start = Math.max(this.#start, this.#index - windowOverlapBytes)
    walkLooseText(this.#tools, visitor, this.#bytes, start, this.#end)
    if (looksBinary(this.#bytes, start, this.#end)) return
    if (!this.#bytes.subarray(start, this.#end).includes(backslash)) return
    this.#tools.sendDecoded(visitor, 'value', this.#bytes, start, this.#end, jsonEscapes)
  }
}

/** Backslashes in a row directly before `index`, none of them before `start`. */
function countBackslashesBefore(bytes: Uint8Array, start: number, index: number): number {
  let first = index
  while (first > start && bytes[first - 1] === backslash) first--
  return index - first
}
