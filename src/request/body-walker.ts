// Walks a request's body into WAF addresses, by what it says it is and by what it looks like.
// Stage: record -> [decode] -> prefilter or engine. Bench: scenarios/decode.bench.ts.
import type { RecordReader } from '../batch/record-reader.js'
import { equalsIgnoreCase } from './ascii.js'
import type { BodyFault } from './body/body-fault.js'
import { holdsBinary, sniffKind } from './body/body-kind.js'
import { toUtf8, type Utf8Content } from './body/charset.js'
import { hasAnotherMember, type MarkedEncoding, markedEncoding } from './body/compressed-magic.js'
import { type ContentEncoding, contentEncodingOf, decodeContent } from './body/content-encoding.js'
import { ContentWalker } from './body/content-walker.js'
import { GrpcWalker, isGrpcType, type MessageEncoding } from './body/grpc.js'
import type { DecodeTools } from './decode-tools.js'
import { isSameMedia, type MediaType, noMediaType, readMediaType } from './media-type.js'
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

/** A text that only begins like a stream decodes to a few bytes: after each, a broken code is as likely as not. */
const chanceBytes = 64

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
    const media = readMediaTypeLines(record)
    if (bodyEnd <= bodyStart) return media.type === '' ? noBody : { ...noBody, type: media.type }
    this.#fault = undefined
    this.#isTruncated = bodyEnd < record.bodyEnd || media.isAmbiguous
    this.#isTimedOut = false
    const { budget } = this.#tools
    const spentBefore = budget.spentBytes
    this.#content.reset()
    this.#walkEncoded(record, sink.address('server.request.body'), media, bodyEnd)
    const { fileNames } = this.#content
    if (fileNames.hasNames) fileNames.send(sink.address('server.request.body.filenames'))
    if (this.#content.isTruncated) this.#isTruncated = true
    if (this.#content.isTimedOut) this.#isTimedOut = true
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
    const isMarkedOther = isDecoded && isMarkedOtherwise(encodings.at(-1), markedEncoding(bytes, bodyStart, bodyEnd))
    if (isMarkedOther) this.#isTruncated = true
    const isReadable = isPlain && !holdsBinary(bytes, bodyStart, bodyEnd)
    const isInnerLeft = isDecoded && encodings.length > maxStackedEncodings
    if (!isWhole && (!isReadable || isInnerLeft)) this.#isTruncated = true
    if (isDecoded) this.#walkPlain(record, visitor, content, 0, content.length, media, levelsLeft)
    if (isDecoded && isPlain) this.#walkCharset(visitor, bytes, bodyStart, bodyEnd, media)
    if (!isDecoded) this.#walkPlain(record, visitor, bytes, bodyStart, bodyEnd, media, levelsLeft)
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
      const report = this.#grpc.walk(visitor, bytes, start, end, media.type, readMessageEncodings(record))
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
    if (encoding !== undefined) this.#walkMarked(visitor, bytes.subarray(start, end), encoding, media, levelsLeft)
    this.#walkCharset(visitor, bytes, start, end, media)
  }

  /** The mark of zlib is a guess: it takes a stream that decodes, or noise after it, to tell one from a text like it. */
  #walkMarked(
    visitor: ValueVisitor,
    bytes: Buffer,
    encoding: MarkedEncoding,
    media: MediaType,
    levelsLeft: number,
  ): void {
    const { budget } = this.#tools
    const limitBytes = levelsLeft > 0 ? this.#settings.bodyInspectLimitBytes : chanceBytes
    const { bytes: content, fault } = decodeContent(bytes, encoding, limitBytes, budget)
    const isStream = fault !== 'corrupt' || content.length >= chanceBytes || holdsBinary(bytes, 0, bytes.length)
    if (levelsLeft === 0) {
      if (isStream) this.#isTruncated = true
      return
    }
    if (fault === 'too-large') this.#isTruncated = true
    if (fault === 'timed-out') this.#isTimedOut = true
    // Readers that skip what lies between the members of a stream see more than was decoded.
    if (fault === 'corrupt' && hasAnotherMember(bytes)) this.#isTruncated = true
    if (content.length === 0) return
    if (isStream) this.#noteFault('content_encoding_undeclared')
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
    if (content.isUnknown) this.#noteFault('charset_unknown')
    if (content.isHidden) this.#isTruncated = true
    this.#noteFault(this.#content.walk(visitor, content.bytes, content.start, content.end, media))
    // What is wrong with the bytes in the less likely reading is no fault of the body.
    if (content.isGuess) this.#content.walk(visitor, bytes, start, end, media)
  }

  #noteFault(fault: BodyFault | undefined): void {
    this.#fault ??= fault
  }
}

/** True when the bytes begin like another stream than the one that they were decoded as: a reader may take them for that. */
function isMarkedOtherwise(declared: ContentEncoding | undefined, marked: MarkedEncoding | undefined): boolean {
  if (marked === undefined) return false
  return declared !== (marked === 'zlib' ? 'deflate' : marked)
}

/**
 * Every encoding that the grpc-encoding lines name, in order; implementations differ in which of several they take. Without such
 * a line a compressed message is taken for gzip, the one encoding that every implementation has.
 */
function readMessageEncodings(record: RecordReader): readonly MessageEncoding[] {
  const encodings: MessageEncoding[] = []
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'grpc-encoding')) continue
    const start = record.valueStart(index)
    const end = Math.min(record.valueEnd(index), start + maxEncodingLineLength)
    if (end < record.valueEnd(index)) encodings.push(undefined)
    encodings.push(...record.bytes.toString('latin1', start, end).split(',').map(contentEncodingOf))
  }
  return encodings.length === 0 ? ['gzip'] : [...new Set(encodings)]
}

/** The first Content-Type line; another one that says something else makes it ambiguous. */
function readMediaTypeLines(record: RecordReader): MediaType {
  const { bytes } = record
  let first: MediaType | undefined
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(bytes, record.nameStart(index), record.nameEnd(index), 'content-type')) continue
    const media = readMediaType(bytes, record.valueStart(index), record.valueEnd(index))
    if (first === undefined) first = media
    else if (!isSameMedia(first, media)) return { ...first, isAmbiguous: true }
  }
  return first ?? noMediaType
}
