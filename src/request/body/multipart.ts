// Walks multipart bodies: fields, part headers, file names and what their parts hold.
// Stage: [decode]. Own splitter: busboy and multer are streams that report by events and refuse or drop what is malformed (a
// missing last boundary, bare line feeds, text outside the parts); this walks a buffer in place and hands everything on.
// Held equal to busboy on valid bodies by a property test.
import { lowerByte, skipBlanks } from '../ascii.js'
import type { DecodeTools } from '../decode-tools.js'
import { sendKeyParts } from '../key-parts.js'
import { unescapeQuoted } from '../parameters.js'
import { byteAt } from '../utf8.js'
import type { ValueVisitor } from '../value-visitor.js'
import { skipSpace } from './body-kind.js'
import { decodeEncodedWords } from './encoded-words.js'
import type { FileNameWalker } from './file-names.js'
import { HeaderLineReader, isDisposition, PartHeader } from './part-header.js'

const carriageReturn = 0x0d
const lineFeed = 0x0a
const dash = 0x2d

/** Walks the content of one part; multipart inside multipart comes back to the splitter through it. */
export interface PartContentWalker {
  /**
   * Sends values under the current key of the visitor.
   * @param header - of the part; its ranges lie in `bytes`.
   * @param inner - splits a part that is multipart itself; `undefined` where nesting ends.
   */
  walkPart(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    header: PartHeader,
    inner: MultipartWalker | undefined,
  ): void
}

/** Splits multipart bodies. One per nesting level and worker thread: its part header is in use while a part is walked. */
export class MultipartWalker {
  readonly #tools: DecodeTools
  readonly #content: PartContentWalker
  readonly #fileNames: FileNameWalker
  readonly #inner: MultipartWalker | undefined
  readonly #header: PartHeader = new PartHeader()
  readonly #lines: HeaderLineReader = new HeaderLineReader()

  /** @param fileNames - collects the file names of all parts. */
  constructor(
    tools: DecodeTools,
    content: PartContentWalker,
    fileNames: FileNameWalker,
    inner: MultipartWalker | undefined,
  ) {
    this.#tools = tools
    this.#content = content
    this.#fileNames = fileNames
    this.#inner = inner
  }

  /**
   * Sends the parts' values to the open `multi` map of the visitor.
   * @param boundary - as in the Content-Type, without the leading dashes.
   * @returns the count of parts; 0 means that the boundary was not found and nothing was sent.
   */
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, boundary: string): number {
    const view = bytes.subarray(0, end)
    const delimiter = Buffer.from(`--${boundary}`, 'latin1')
    let partCount = 0
    let partStart = start
    let at = findDelimiter(view, delimiter, start, start)
    if (at < 0) return 0
    this.#sendOutside(visitor, bytes, start, trimLineBreak(bytes, start, at))
    while (at >= 0 && !visitor.isDone) {
      const afterDelimiter = at + delimiter.length
      if (
        byteAt(bytes, afterDelimiter) === dash &&
        byteAt(bytes, afterDelimiter + 1) === dash &&
        afterDelimiter + 1 < end
      ) {
        // PHP knows no last delimiter: it goes on with the next one.
        at = findDelimiter(view, delimiter, afterDelimiter + 2, start)
        this.#sendOutside(visitor, bytes, afterDelimiter + 2, at < 0 ? end : trimLineBreak(bytes, start, at))
        continue
      }
      partStart = afterLine(bytes, afterDelimiter, end)
      at = findDelimiter(view, delimiter, partStart, start)
      const partEnd = at < 0 ? end : trimLineBreak(bytes, partStart, at)
      this.#walkPart(visitor, bytes, partStart, partEnd)
      partCount++
      if (!this.#tools.budget.spend(partEnd - partStart + delimiter.length)) break
    }
    return partCount
  }

  /** Text before the first and after the last boundary: read by nobody who keeps to the standard. */
  #sendOutside(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): void {
    if (skipSpace(bytes, start, end) >= end) return
    visitor.key(bytes, 0, 0)
    this.#tools.text.append(visitor, bytes, start, end, false)
  }

  #walkPart(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): void {
    const header = this.#header
    const contentStart = findContent(bytes, start, end)
    const headerEnd = contentStart < 0 ? start : contentStart
    header.read(bytes, start, headerEnd)
    this.#sendName(visitor, bytes)
    if (header.hasMore) this.#sendHeaders(visitor, bytes, start, headerEnd)
    if (header.isFile) this.#collectFileNames(bytes, start, headerEnd)
    this.#content.walkPart(visitor, bytes, headerEnd, end, header, this.#inner)
  }

  /** Of every Content-Disposition line: parsers differ in which of several they take. */
  #collectFileNames(bytes: Buffer, start: number, end: number): void {
    const { name, value } = this.#lines
    this.#lines.open(bytes, start, end)
    while (this.#lines.next()) {
      if (isDisposition(bytes, name)) this.#fileNames.collect(bytes, value.start, value.end)
    }
  }

  #sendName(visitor: ValueVisitor, bytes: Buffer): void {
    const { name, isNameQuoted } = this.#header
    let { start, end } = name
    let source: Uint8Array = bytes
    if (isNameQuoted) {
      source = this.#tools.scratch.reserve(end - start)
      end = unescapeQuoted(bytes, start, end, source)
      start = 0
    }
    const plain = decodeEncodedWords(source, start, end, this.#tools.budget)
    if (plain !== undefined) {
      this.#tools.text.key(visitor, plain, 0, plain.length, false)
      visitor.nil()
    }
    sendKeyParts(this.#tools.text, visitor, source, start, end)
    this.#tools.text.key(visitor, source, start, end, false)
  }

  /** All header lines of a part that says more than its name, as a map of lists beside its content. */
  #sendHeaders(visitor: ValueVisitor, bytes: Buffer, start: number, end: number): void {
    const { name, value } = this.#lines
    visitor.openMap('multi')
    this.#lines.open(bytes, start, end)
    while (this.#lines.next()) {
      if (name.isEmpty && value.isEmpty) continue
      const lower = this.#tools.scratch.reserve(name.end - name.start)
      for (let index = name.start; index < name.end; index++)
        lower[index - name.start] = lowerByte(byteAt(bytes, index))
      this.#tools.text.key(visitor, lower, 0, name.end - name.start, false)
      this.#tools.text.append(visitor, bytes, value.start, value.end, false)
    }
    visitor.closeMap()
  }
}

/** The boundary that the first line of a body shows; empty when that line is none. */
export function guessBoundary(bytes: Buffer, start: number, end: number): string {
  const first = skipSpace(bytes, start, end)
  const lineEnd = afterLine(bytes, first, Math.min(end, first + 256))
  const isDelimiter = byteAt(bytes, first) === dash && byteAt(bytes, first + 1) === dash
  return isDelimiter ? bytes.toString('latin1', first + 2, lineEnd).trim() : ''
}

/** Position of the next delimiter that begins a line, -1 when there is none. @param view - ends where the body ends. */
function findDelimiter(view: Buffer, delimiter: Buffer, from: number, bodyStart: number): number {
  let at = view.indexOf(delimiter, from)
  while (at >= 0 && !isDelimiterLine(view, at, delimiter.length, bodyStart)) at = view.indexOf(delimiter, at + 1)
  return at
}

/** A line of the delimiter alone, or with its closing dashes: what has more text is content, or that text would be unseen. */
function isDelimiterLine(view: Buffer, at: number, length: number, bodyStart: number): boolean {
  if (at !== bodyStart && byteAt(view, at - 1) !== lineFeed) return false
  const after = skipBlanks(view, at + length, view.length)
  if (after === view.length || byteAt(view, after) === lineFeed || byteAt(view, after) === carriageReturn) return true
  return byteAt(view, at + length) === dash && byteAt(view, at + length + 1) === dash
}

/** Offset after the line break that ends the line; the end when there is none. */
function afterLine(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && byteAt(bytes, start) !== lineFeed) start++
  return Math.min(start + 1, end)
}

/** The line break before a delimiter belongs to the delimiter. */
function trimLineBreak(bytes: Uint8Array, start: number, end: number): number {
  if (end > start && byteAt(bytes, end - 1) === lineFeed) end--
  if (end > start && byteAt(bytes, end - 1) === carriageReturn) end--
  return end
}

/** Longest header block of a part; as much as a request's own headers may have. */
const maxHeaderBytes = 64 * 1024

/** Offset after the empty line that ends a part's headers, -1 when there is none: then all of it is content. */
function findContent(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  end = Math.min(end, start + maxHeaderBytes)
  while (index < end) {
    const lineStart = index
    index = afterLine(bytes, index, end)
    if (trimLineBreak(bytes, lineStart, index) === lineStart && index > lineStart) return index
  }
  return -1
}
