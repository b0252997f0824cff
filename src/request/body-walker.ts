// Walks a request's body into WAF addresses, by what it says it is and by what it looks like.
// Stage: record -> [decode] -> prefilter or engine. Bench: scenarios/decode.bench.ts.
import type { RecordReader } from '../batch/record-reader.js'
import { equalsIgnoreCase } from './ascii.js'
import type { BodyFault } from './body/body-fault.js'
import { looksBinary, sniffKind } from './body/body-kind.js'
import { toUtf8, type Utf8Content } from './body/charset.js'
import { type MarkedEncoding, markedEncoding } from './body/compressed-magic.js'
import { type ContentEncoding, contentEncodingOf, decodeContent } from './body/content-encoding.js'
import { ContentWalker } from './body/content-walker.js'
import { GrpcWalker, isGrpcType, type MessageEncoding } from './body/grpc.js'
import type { DecodeTools } from './decode-tools.js'
import { type MediaType, noMediaType, readMediaType } from './media-type.js'
import { isAsciiRange } from './utf8.js'
import type { AddressSink, ValueVisitor } from './value-visitor.js'
import type { WalkSettings } from './walk-settings.js'

/** How the walk over a body ended. */
export interface BodyReport {
  /** Media type as declared, without parameters, lower case; `null` when none was sent. */
  readonly type: string | null
  /** Body bytes, as captured, that were decoded and handed to the sink. */
  readonly inspectedBytes: number
  /** A limit cut the content before all of it was handed over. */
  readonly isTruncated: boolean
  /** The budget ran out before the end. */
  readonly isTimedOut: boolean
  readonly fault: BodyFault | undefined
}

const noBody: BodyReport = Object.freeze({
  type: null,
  inspectedBytes: 0,
  isTruncated: false,
  isTimedOut: false,
  fault: undefined,
})

/** More stacked encodings than this are not undone: no client stacks even two. */
const maxStackedEncodings = 2

/** Longest Content-Encoding line that is read. */
const maxEncodingLineLength = 128

/** Walks bodies. One per worker thread. */
export class BodyWalker {
  readonly #settings: WalkSettings
  readonly #tools: DecodeTools
  readonly #content: ContentWalker
  readonly #grpc: GrpcWalker
  #fault: BodyFault | undefined
  #isTruncated = false
  /** A stage before the walk ran out of its share of the time. */
  #isTimedOut = false

  constructor(settings: WalkSettings, tools: DecodeTools) {
    this.#settings = settings
    this.#tools = tools
    this.#content = new ContentWalker(tools)
    this.#grpc = new GrpcWalker(tools, this.#content, settings.bodyInspectLimitBytes)
  }

  /** Sends the body's addresses to the sink; nothing when there is no body. */
  walk(record: RecordReader, sink: AddressSink): BodyReport {
    const { bodyStart } = record
    const bodyEnd = Math.min(record.bodyEnd, bodyStart + this.#settings.bodyInspectLimitBytes)
    const media = findMediaType(record)
    if (bodyEnd <= bodyStart) return media.type === '' ? noBody : { ...noBody, type: media.type }
    this.#fault = undefined
    this.#isTruncated = bodyEnd < record.bodyEnd
    this.#isTimedOut = false
    const { budget } = this.#tools
    const spentBefore = budget.spentBytes
    this.#content.fileNames.clear()
    this.#walkEncoded(record, sink.address('server.request.body'), media, bodyEnd)
    const { fileNames } = this.#content
    if (fileNames.hasNames) fileNames.send(sink.address('server.request.body.filenames'))
    const capturedBytes = bodyEnd - bodyStart
    return {
      type: media.type === '' ? null : media.type,
      inspectedBytes: budget.isExhausted ? Math.min(capturedBytes, budget.spentBytes - spentBefore) : capturedBytes,
      isTruncated: this.#isTruncated,
      isTimedOut: this.#isTimedOut || budget.isExhausted,
      fault: this.#fault,
    }
  }

  /**
   * Undoes the content encodings. What does not decode, or reads as text as it is, is also walked as if it were not encoded:
   * many backends ignore the header, so that a false one would hide the body.
   */
  #walkEncoded(record: RecordReader, visitor: ValueVisitor, media: MediaType, bodyEnd: number): void {
    const { bytes, bodyStart } = record
    const encodings = this.#readEncodings(record)
    if (encodings.length === 0 && this.#fault === undefined) {
      this.#walkPlain(record, visitor, bytes, bodyStart, bodyEnd, media, maxStackedEncodings)
      return
    }
    const levelsLeft = Math.max(0, maxStackedEncodings - encodings.length)
    let content = bytes.subarray(bodyStart, bodyEnd)
    let isDecoded = false
    let isWhole = encodings.length <= maxStackedEncodings && this.#fault !== 'content_encoding_unknown'
    for (const encoding of encodings.slice(-maxStackedEncodings).reverse()) {
      const decoded = decodeContent(content, encoding, this.#settings.bodyInspectLimitBytes, this.#tools.budget)
      if (decoded.fault === 'corrupt') {
        this.#noteFault('content_encoding_corrupt')
        isWhole = false
        // A text never begins like a stream, but a stream may look like a text: gzip's header holds a comment.
        if (markedEncoding(content, 0, content.length) !== undefined) this.#isTruncated = true
      }
      if (decoded.fault === 'too-large') this.#isTruncated = true
      if (decoded.fault === 'timed-out') this.#isTimedOut = true
      if (decoded.bytes.length === 0) break
      content = decoded.bytes
      isDecoded = true
    }
    const isPlain = sniffKind(bytes, bodyStart, bodyEnd) !== 'binary'
    // What stays encoded was not seen by the rules; unless it reads as it is, it must not pass for clean. That noise begins with
    // a bracket does not make it readable, nor does an outer encoding that was undone.
    const isReadable = isPlain && !looksBinary(bytes, bodyStart, bodyEnd)
    const isInnerLeft = isDecoded && encodings.length > maxStackedEncodings
    if (!isWhole && (!isReadable || isInnerLeft)) this.#isTruncated = true
    if (isDecoded) this.#walkPlain(record, visitor, content, 0, content.length, media, levelsLeft)
    if (!isDecoded || isPlain) {
      this.#walkPlain(record, visitor, bytes, bodyStart, bodyEnd, media, isDecoded ? 0 : levelsLeft)
    }
  }

  /**
   * Content that is not encoded as a whole. gRPC has messages before it has characters.
   * @param levelsLeft - encodings that may still be undone.
   */
  #walkPlain(
    record: RecordReader,
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    media: MediaType,
    levelsLeft: number,
  ): void {
    if (isGrpcType(media.type)) {
      const report = this.#grpc.walk(visitor, bytes, start, end, media.type, readMessageEncoding(record))
      this.#noteFault(report.fault)
      if (report.isTruncated) this.#isTruncated = true
      if (report.isTimedOut) this.#isTimedOut = true
      if (report.isGrpc) return
      this.#noteFault('content_type')
    }
    this.#walkUndeclared(visitor, bytes, start, end, media, levelsLeft)
  }

  /**
   * Content that begins like a compressed stream is decoded although nothing says so, whatever its type: backends that look for
   * themselves would. It is also walked as it is, as all content is: it may be no stream after all, and its frame can hold text.
   * @param levelsLeft - encodings that may still be undone.
   */
  #walkUndeclared(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    media: MediaType,
    levelsLeft: number,
  ): void {
    const encoding = markedEncoding(bytes, start, end)
    if (encoding !== undefined) {
      const isBinary = looksBinary(bytes, start, end)
      if (levelsLeft > 0) this.#walkDecoded(visitor, bytes.subarray(start, end), encoding, media, levelsLeft, isBinary)
      else if (isBinary) this.#isTruncated = true
    }
    this.#walkCharset(visitor, bytes, start, end, media)
  }

  /** @param isBinary - the bytes are no text: then what decodes in part is a damaged stream, and not a text like one. */
  #walkDecoded(
    visitor: ValueVisitor,
    bytes: Buffer,
    encoding: MarkedEncoding,
    media: MediaType,
    levelsLeft: number,
    isBinary: boolean,
  ): void {
    const { bytes: content, fault } = decodeContent(
      bytes,
      encoding,
      this.#settings.bodyInspectLimitBytes,
      this.#tools.budget,
    )
    if (fault === 'too-large') this.#isTruncated = true
    if (fault === 'timed-out') this.#isTimedOut = true
    if (content.length === 0) return
    if (fault !== 'corrupt' || isBinary) this.#noteFault('content_encoding_undeclared')
    this.#walkUndeclared(visitor, content, 0, content.length, media, levelsLeft - 1)
  }

  /**
   * In the order in which they were applied; unknown ones are noted and left out. Transfer codings other than `chunked` come on
   * top: framing has undone `chunked` alone.
   */
  #readEncodings(record: RecordReader): ContentEncoding[] {
    const encodings: ContentEncoding[] = []
    this.#readCodings(record, 'content-encoding', encodings)
    this.#readCodings(record, 'transfer-encoding', encodings)
    return encodings
  }

  #readCodings(record: RecordReader, name: string, encodings: ContentEncoding[]): void {
    const { bytes } = record
    for (let index = 0; index < record.headerCount; index++) {
      if (!equalsIgnoreCase(bytes, record.nameStart(index), record.nameEnd(index), name)) continue
      const start = record.valueStart(index)
      const end = record.valueEnd(index)
      const line = bytes.toString('latin1', start, Math.min(end, start + maxEncodingLineLength))
      if (end - start > maxEncodingLineLength) this.#noteFault('content_encoding_unknown')
      for (const token of line.split(',')) {
        if (token.trim().toLowerCase() === 'chunked') continue
        const encoding = contentEncodingOf(token)
        if (encoding === undefined) this.#noteFault('content_encoding_unknown')
        else if (encoding !== 'identity') encodings.push(encoding)
      }
    }
  }

  #walkCharset(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, media: MediaType): void {
    const content: Utf8Content = toUtf8(bytes, start, end, media.charset, this.#tools.budget)
    if (content.isCut) this.#isTimedOut = true
    if (content.isUnknown) {
      this.#noteFault('charset_unknown')
      // ASCII means the same in nearly all charsets; other bytes may be any letters (EBCDIC has all of its there).
      if (!isAsciiRange(bytes, start, end)) this.#isTruncated = true
    }
    this.#noteFault(this.#content.walk(visitor, content.bytes, content.start, content.end, media))
    if (content.isGuess) this.#noteFault(this.#content.walk(visitor, bytes, start, end, media))
  }

  #noteFault(fault: BodyFault | undefined): void {
    this.#fault ??= fault
  }
}

/** Without a grpc-encoding line a compressed message is taken for gzip, the one encoding that every implementation has. */
function readMessageEncoding(record: RecordReader): MessageEncoding {
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'grpc-encoding')) continue
    const start = record.valueStart(index)
    const end = Math.min(record.valueEnd(index), start + maxEncodingLineLength)
    return contentEncodingOf(record.bytes.toString('latin1', start, end))
  }
  return 'gzip'
}

function findMediaType(record: RecordReader): MediaType {
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'content-type')) continue
    return readMediaType(record.bytes, record.valueStart(index), record.valueEnd(index))
  }
  return noMediaType
}
