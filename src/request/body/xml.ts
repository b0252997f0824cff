// Walks XML: element -> map of attributes, `#text` and children; comments, instructions and the DOCTYPE as texts of their own.
// Stage: [decode]. Own tokenizer: the well-kept parsers (sax, fast-xml-parser, saxes) work on strings, build objects, and give up
// or resynchronise by rules that an attacker can choose among; this one walks bytes, fetches nothing and expands nothing.
// Lenient: end tags need not match, attributes need no quotes, and what cannot be markup is text. Linear; no recursion.
import { type DecodeTools, shortTextBytes } from '../decode-tools.js'
import { windowOverlapBytes } from '../text-emitter.js'
import { byteAt } from '../utf8.js'
import type { ValueVisitor } from '../value-visitor.js'
import { skipSpace } from './body-kind.js'
import { ByteGather } from './byte-gather.js'
import { findDoctypeEnd } from './xml-doctype.js'
import { decodeEntities, xmlEscapes } from './xml-entities.js'

const lessThan = 0x3c
const greaterThan = 0x3e
const slash = 0x2f
const exclamation = 0x21
const questionMark = 0x3f
const equalsSign = 0x3d
const doubleQuote = 0x22
const singleQuote = 0x27

const noBytes: Buffer = Buffer.alloc(0)
const textKey = Buffer.from('#text')
const commentKey = Buffer.from('#comment')
const instructionKey = Buffer.from('#instruction')
const doctypeKey = Buffer.from('#doctype')

/** Longest element name; what follows is read as attributes. */
const maxNameBytes = 65_536
/** Character data that is sent before its end is found, so that it is seen before the budget can end. */
const longTextBytes = 16 * 1024

/** How the walk ended. */
export interface XmlReport {
  /** `xml_cut`: the text ended inside markup or with open elements. */
  readonly fault: 'xml_cut' | undefined
  readonly isTimedOut: boolean
}

/** Walks XML texts. One per worker thread. */
export class XmlWalker {
  readonly #tools: DecodeTools
  /** Character data of the open element: a parser joins it across CDATA sections and comments, so the rules must see it joined. */
  readonly #pending: ByteGather = new ByteGather()
  #bytes: Buffer = noBytes
  #index = 0
  #end = 0
  /** The next `<`, once it was looked for; a long text is read in blocks, and must not be searched for each. */
  #tagAt = -1
  #depth = 0
  #isCut = false
  #hasOpenDoctype = false

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** Sends one tree to the visitor. */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): XmlReport {
    this.#bytes = bytes
    this.#index = start
    this.#end = end
    this.#depth = 0
    this.#isCut = false
    this.#tagAt = -1
    this.#hasOpenDoctype = false
    let isInTime = true
    visitor.openMap('plain')
    while (isInTime && this.#index < end && !visitor.isDone) {
      const before = this.#index
      this.#step(visitor)
      isInTime = this.#tools.budget.spend(this.#index - before)
    }
    this.#flushText(visitor)
    const isCut = this.#isCut || this.#depth > 0
    for (; this.#depth >= 0; this.#depth--) visitor.closeMap()
    this.#bytes = noBytes
    return { fault: isCut ? 'xml_cut' : undefined, isTimedOut: !isInTime }
  }

  /** Consumes character data up to the next `<`, or the markup that begins there. */
  #step(visitor: ValueVisitor): void {
    const start = this.#index
    if (this.#bytes[start] !== lessThan) {
      if (this.#tagAt < start) this.#tagAt = findNear(this.#bytes, lessThan, start, this.#end)
      this.#readText(visitor, start, this.#tagAt)
      return
    }
    switch (byteAt(this.#bytes, start + 1)) {
      case exclamation:
        this.#readDeclaration(visitor)
        return
      case questionMark:
        this.#readUntil(visitor, instructionKey, 2, '?>')
        return
      case slash:
        this.#readEndTag(visitor)
        return
      default:
        if (isNameStart(byteAt(this.#bytes, start + 1)) && start + 1 < this.#end) this.#readStartTag(visitor)
        else this.#addLiteral(1)
    }
  }

  /** Adds to the character data; what is long goes out block by block, with the overlap of windows. */
  #readText(visitor: ValueVisitor, start: number, end: number): void {
    if (end - start > shortTextBytes) end = xmlEscapes.cut(this.#bytes, start, start + shortTextBytes)
    this.#pending.reserve(end - start)
    this.#pending.length += decodeEntities(this.#bytes, start, end, this.#pending.bytes, this.#pending.length)
    this.#index = end
    if (this.#pending.length > longTextBytes) this.#flushLongText(visitor)
  }

  #flushLongText(visitor: ValueVisitor): void {
    const { bytes, length } = this.#pending
    this.#sendText(visitor, textKey, bytes, 0, length)
    bytes.copyWithin(0, length - windowOverlapBytes, length)
    this.#pending.length = windowOverlapBytes
  }

  /** CDATA, block by block as text is. */
  #appendText(visitor: ValueVisitor, start: number, end: number): void {
    while (start < end && this.#tools.budget.spend(0)) {
      const cut = Math.min(end, start + shortTextBytes)
      this.#pending.append(this.#bytes, start, cut)
      if (this.#pending.length > longTextBytes) this.#flushLongText(visitor)
      start = cut
    }
  }

  #addLiteral(byteCount: number): void {
    const end = Math.min(this.#index + byteCount, this.#end)
    this.#pending.append(this.#bytes, this.#index, end)
    this.#index = end
  }

  /** Sends the character data since the last tag, unless it is only white space. */
  #flushText(visitor: ValueVisitor): void {
    const { bytes, length } = this.#pending
    if (skipSpace(bytes, 0, length) < length) this.#sendText(visitor, textKey, bytes, 0, length)
    this.#pending.clear()
  }

  #sendText(visitor: ValueVisitor, key: Buffer, bytes: Uint8Array, start: number, end: number): void {
    visitor.key(key, 0, key.length)
    this.#tools.text.value(visitor, bytes, start, end, false)
  }

  #readDeclaration(visitor: ValueVisitor): void {
    if (this.#startsWith('<!--')) this.#readUntil(visitor, commentKey, 4, '-->')
    else if (this.#startsWith('<![CDATA[')) this.#readCdata(visitor)
    else this.#readDoctype(visitor)
  }

  #readCdata(visitor: ValueVisitor): void {
    const start = this.#index + 9
    const close = this.#find(']]>', start)
    this.#appendText(visitor, start, close)
    this.#skipPast(close, 3)
  }

  /**
   * A DOCTYPE, or any other declaration: one text, nothing of it is interpreted. One that does not end is taken to end at the
   * first `>`, so that what may not belong to it is read as the document; the others after it too, or this would be quadratic.
   */
  #readDoctype(visitor: ValueVisitor): void {
    const start = this.#index + 2
    let close = this.#hasOpenDoctype ? -1 : findDoctypeEnd(this.#bytes, start, this.#end)
    if (close < 0) {
      this.#hasOpenDoctype = true
      close = findNear(this.#bytes, greaterThan, start, this.#end)
    }
    this.#sendText(visitor, doctypeKey, this.#bytes, start, close)
    this.#skipPast(close, 1)
  }

  /** Sends what lies between the construct's opening and its closing mark as one text. */
  #readUntil(visitor: ValueVisitor, key: Buffer, openLength: number, closing: string): void {
    const start = Math.min(this.#index + openLength, this.#end)
    const close = this.#find(closing, start)
    this.#sendText(visitor, key, this.#bytes, start, close)
    this.#skipPast(close, closing.length)
  }

  /** Closes one element whatever its name. */
  #readEndTag(visitor: ValueVisitor): void {
    this.#flushText(visitor)
    const start = this.#index + 2
    const nameLimit = Math.min(this.#end, start + maxNameBytes)
    let index = start
    while (index < nameLimit && isNameByte(byteAt(this.#bytes, index))) index++
    const nameEnd = index
    index = findNear(this.#bytes, greaterThan, index, this.#end)
    if (skipSpace(this.#bytes, nameEnd, index) < index) this.#sendText(visitor, textKey, this.#bytes, nameEnd, index)
    if (this.#depth > 0) {
      this.#depth--
      visitor.closeMap()
    }
    this.#skipPast(index, 1)
  }

  #readStartTag(visitor: ValueVisitor): void {
    this.#flushText(visitor)
    const start = this.#index + 1
    const nameLimit = Math.min(this.#end, start + maxNameBytes)
    let index = start
    while (index < nameLimit && isNameByte(byteAt(this.#bytes, index))) index++
    this.#tools.text.key(visitor, this.#bytes, start, index, false)
    visitor.openMap('plain')
    this.#index = index
    this.#depth++
    while (this.#readAttribute(visitor));
    const isEmpty = byteAt(this.#bytes, this.#index - 1) === slash
    if (isEmpty) {
      this.#depth--
      visitor.closeMap()
    }
    this.#skipPast(this.#index, 1)
  }

  /** @returns false at the tag's end. */
  #readAttribute(visitor: ValueVisitor): boolean {
    const bytes = this.#bytes
    let index = this.#index
    while (index < this.#end && isAttributeGap(bytes[index] ?? 0)) index++
    this.#index = index
    if (index >= this.#end || bytes[index] === greaterThan || visitor.isDone) return false
    const nameStart = index
    const nameLimit = Math.min(this.#end, nameStart + maxNameBytes)
    while (index < nameLimit && isAttributeNameByte(bytes[index] ?? 0)) index++
    if (index === nameStart) index++
    this.#tools.text.key(visitor, bytes, nameStart, index, false)
    const equalsAt = skipSpace(bytes, index, this.#end)
    if (equalsAt < this.#end && bytes[equalsAt] === equalsSign) this.#readAttributeValue(visitor, equalsAt + 1)
    else {
      this.#index = index
      visitor.nil()
    }
    return this.#tools.budget.spend(this.#index - nameStart)
  }

  #readAttributeValue(visitor: ValueVisitor, afterEquals: number): void {
    const bytes = this.#bytes
    let start = skipSpace(bytes, afterEquals, this.#end)
    const quote = byteAt(bytes, start)
    let end: number
    if (quote === doubleQuote || quote === singleQuote) {
      start = Math.min(start + 1, this.#end)
      end = findNear(bytes, quote, start, this.#end)
      if (end === this.#end) this.#isCut = true
      this.#index = Math.min(end + 1, this.#end)
    } else {
      end = start
      while (end < this.#end && bytes[end] !== greaterThan && skipSpace(bytes, end, end + 1) === end) end++
      this.#index = end
    }
    this.#tools.sendDecoded(visitor, 'value', bytes, start, end, xmlEscapes)
  }

  #startsWith(mark: string): boolean {
    return this.#index + mark.length <= this.#end && this.#matches(mark, this.#index)
  }

  #matches(mark: string, at: number): boolean {
    for (let offset = 0; offset < mark.length; offset++) {
      if (byteAt(this.#bytes, at + offset) !== mark.charCodeAt(offset)) return false
    }
    return true
  }

  /** Position of a mark at or after `start`, or the end; a native search. */
  #find(mark: string, start: number): number {
    const at = this.#bytes.subarray(start, this.#end).indexOf(mark, 0, 'latin1')
    return at < 0 ? this.#end : start + at
  }

  /** Moves behind a closing mark, or notes that it is missing. */
  #skipPast(at: number, length: number): void {
    if (at >= this.#end) this.#isCut = true
    this.#index = Math.min(at + length, this.#end)
  }
}

/** Position of a byte, or the end: near ones by a loop, far ones by a native search. */
function findNear(bytes: Buffer, byte: number, start: number, end: number): number {
  const nearEnd = Math.min(end, start + 64)
  for (let index = start; index < nearEnd; index++) if (bytes[index] === byte) return index
  const at = nearEnd === end ? -1 : bytes.subarray(nearEnd, end).indexOf(byte)
  return at < 0 ? end : nearEnd + at
}

/** Letters, `_`, `:` and anything beyond ASCII. */
function isNameStart(byte: number): boolean {
  const lower = byte | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f || byte === 0x3a || byte >= 0x80
}

function isNameByte(byte: number): boolean {
  return isNameStart(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e
}

/** White space, and the slash of an empty element. */
function isAttributeGap(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === slash
}

function isAttributeNameByte(byte: number): boolean {
  return !isAttributeGap(byte) && byte !== equalsSign && byte !== greaterThan
}
