// Reads the head of a request that llhttp refuses, so that a parser error is no way past the rules: nginx and Envoy do mirror
// unknown methods, bytes >= 0x80 in the target and odd header names (spec gateways.md, tried).
// Stage: listener -> [parser] -> batch. Runs on refused requests only; linear in the head, which is bounded by its limit.
import type { ParseError } from '../batch/record-layout.js'
import { LlhttpResult } from './llhttp.js'
import type { RequestAssembly } from './request-assembly.js'

/** How the body that follows is delimited, as far as one can be sure. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly lengthBytes: number }
  | { readonly kind: 'chunked' }
  /** Two readers could disagree where the body ends: nothing after it may be taken for a request. */
  | { readonly kind: 'lost' }

/** Bytes that are no HTTP/1 request at all. */
export type ForeignProtocol = 'tls' | 'http2' | 'proxy_protocol'

export type TolerantHead =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'foreign'; readonly protocol: ForeignProtocol }
  | { readonly kind: 'unparsable' }
  | {
      readonly kind: 'head'
      /** Position one past the blank line. */
      readonly bodyStart: number
      readonly methodStart: number
      readonly methodEnd: number
      readonly httpVersion: number
      readonly framing: Framing
      /** What this reader saw was wrong itself, 'none' when only llhttp objects. */
      readonly fault: ParseError
    }

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const tab = 0x09
const colon = 0x3a

/** First bytes of a TLS record: handshake, protocol version 3.x (RFC 8446 5.1). */
const tlsHandshake = 0x16
/** RFC 9113 3.4. */
const http2Preface = 'PRI * HTTP/2.0\r\n'
/** PROXY protocol specification, section 2. */
const proxyVersion1 = 'PROXY '
const proxyVersion2 = '\r\n\r\n\0\r\nQUIT\n'

/** What llhttp's refusal is called in events and metrics. */
export function parseErrorOf(result: number): ParseError {
  switch (result) {
    case LlhttpResult.invalidMethod:
      return 'method'
    case LlhttpResult.invalidTarget:
      return 'target'
    case LlhttpResult.invalidConstant:
    case LlhttpResult.invalidVersion:
    case LlhttpResult.pausedHttp2:
      return 'version'
    case LlhttpResult.invalidHeaderToken:
    case LlhttpResult.unexpectedSpace:
      return 'header_name'
    case LlhttpResult.lineFeedExpected:
    case LlhttpResult.carriageReturnExpected:
      return 'line_ending'
    case LlhttpResult.unexpectedContentLength:
    case LlhttpResult.invalidContentLength:
      return 'content_length'
    case LlhttpResult.invalidTransferEncoding:
      return 'transfer_encoding'
    case LlhttpResult.invalidChunkSize:
      return 'chunk'
    default:
      return 'other'
  }
}

/** Tells TLS, HTTP/2 and the PROXY protocol by their first bytes; undefined when these are (or may become) a request. */
export function foreignProtocolOf(bytes: Buffer, start: number, end: number): ForeignProtocol | undefined {
  if (bytes[start] === tlsHandshake && (end - start < 2 || bytes[start + 1] === 3)) return 'tls'
  const text = bytes.toString('latin1', start, Math.min(end, start + http2Preface.length))
  if (text.startsWith(http2Preface)) return 'http2'
  if (text.startsWith(proxyVersion1) || text.startsWith(proxyVersion2)) return 'proxy_protocol'
  return undefined
}

/** Where `findHeadEnd` may go on when more bytes have come: a blank line is at most four bytes. */
export function rescanFrom(scannedEnd: number, start: number): number {
  return Math.max(start, scannedEnd - 4)
}

/**
 * Reads a head into `assembly` (spans as positions from `start`), taking what llhttp would not: any method, any byte in the
 * target, lines that end in LF alone, folded lines, lines without a colon (value only, so that it is inspected).
 * @param isFinal - no more bytes will come: what is there is the head.
 * @param bytes - the request from `start` to the end of the buffer.
 * @param scanStart - bytes before it are known to hold no blank line, so that a trickling sender costs linear time.
 * @param headerLimitCount - from this header on, the rest of the head is one nameless value.
 */
export function readTolerantHead(
  bytes: Buffer,
  start: number,
  scanStart: number,
  isFinal: boolean,
  headerLimitCount: number,
  assembly: RequestAssembly,
): TolerantHead {
  const end = bytes.length
  const lineStart = skipBlankLines(bytes, start, end)
  const protocol = foreignProtocolOf(bytes, start, end) ?? foreignProtocolOf(bytes, lineStart, end)
  if (protocol !== undefined) return { kind: 'foreign', protocol }
  const bodyStart = findHeadEnd(bytes, Math.max(lineStart, scanStart), end)
  if (bodyStart < 0 && !isFinal) return { kind: 'incomplete' }
  const headEnd = bodyStart < 0 ? end : bodyStart
  const line = readRequestLine(bytes, start, lineStart, headEnd, assembly)
  if (line === undefined) return { kind: 'unparsable' }
  const headers = readHeaders(bytes, start, line.next, headEnd, headerLimitCount, assembly)
  return {
    kind: 'head',
    bodyStart: headEnd,
    methodStart: line.methodStart - start,
    methodEnd: line.methodEnd - start,
    httpVersion: line.httpVersion,
    framing: bodyStart < 0 ? { kind: 'lost' } : headers.framing,
    fault: line.fault === 'none' ? headers.fault : line.fault,
  }
}

function skipBlankLines(bytes: Buffer, start: number, end: number): number {
  let position = start
  while (position < end && (bytes[position] === carriageReturn || bytes[position] === lineFeed)) position += 1
  return position
}

/** Position one past the first empty line, -1 when there is none yet. */
function findHeadEnd(bytes: Buffer, start: number, end: number): number {
  let position = bytes.indexOf(lineFeed, start)
  while (position >= 0 && position < end) {
    const next = position + 1
    if (next < end && bytes[next] === lineFeed) return next + 1
    if (next + 1 < end && bytes[next] === carriageReturn && bytes[next + 1] === lineFeed) return next + 2
    position = bytes.indexOf(lineFeed, next)
  }
  return -1
}

interface RequestLine {
  readonly methodStart: number
  readonly methodEnd: number
  readonly httpVersion: number
  readonly fault: ParseError
  /** Where the next line starts. */
  readonly next: number
}

/** METHOD, white space, target, and if it is there " HTTP/d.d"; a target may hold spaces. */
function readRequestLine(
  bytes: Buffer,
  start: number,
  lineStart: number,
  end: number,
  assembly: RequestAssembly,
): RequestLine | undefined {
  const feed = indexOfWithin(bytes, lineFeed, lineStart, end)
  const next = feed < 0 ? end : feed + 1
  const hasReturn = feed > lineStart && bytes[feed - 1] === carriageReturn
  const lineEnd = feed < 0 ? end : hasReturn ? feed - 1 : feed
  let methodEnd = lineStart
  while (methodEnd < lineEnd && !isBlank(bytes[methodEnd])) methodEnd += 1
  let targetStart = methodEnd
  while (targetStart < lineEnd && isBlank(bytes[targetStart])) targetStart += 1
  if (methodEnd === lineStart || targetStart === lineEnd) return undefined
  const version = readVersion(bytes, targetStart, lineEnd)
  if (version.start === targetStart) return undefined
  let targetEnd = version.start
  while (targetEnd > targetStart && isBlank(bytes[targetEnd - 1])) targetEnd -= 1
  assembly.targetStart = targetStart - start
  assembly.targetEnd = targetEnd - start
  assembly.headLength = assembly.targetEnd
  return {
    methodStart: lineStart,
    methodEnd,
    httpVersion: version.number,
    fault: feed >= 0 && !hasReturn ? 'line_ending' : 'none',
    next,
  }
}

const versionLength = 'HTTP/1.1'.length

function readVersion(bytes: Buffer, start: number, lineEnd: number): { start: number; number: number } {
  const at = lineEnd - versionLength
  const text = at >= start ? bytes.toString('latin1', at, lineEnd) : ''
  const found = /^HTTP\/(\d)\.(\d)$/i.exec(text)
  if (found === null) return { start: lineEnd, number: 0 }
  return { start: at, number: Number(found[1]) * 10 + Number(found[2]) }
}

interface Headers {
  readonly framing: Framing
  readonly fault: ParseError
}

/** Facts about body framing that the header lines give. */
interface FramingFacts {
  lengthCount: number
  lengthBytes: number
  encodingCount: number
  isOdd: boolean
}

function readHeaders(
  bytes: Buffer,
  start: number,
  first: number,
  end: number,
  headerLimitCount: number,
  assembly: RequestAssembly,
): Headers {
  const facts: FramingFacts = { lengthCount: 0, lengthBytes: 0, encodingCount: 0, isOdd: false }
  let fault: ParseError = 'none'
  let position = first
  while (position < end) {
    const feed = indexOfWithin(bytes, lineFeed, position, end)
    const next = feed < 0 ? end : feed + 1
    const lineEnd = trimEnd(bytes, position, feed < 0 ? end : feed)
    if (lineEnd === position && feed >= 0) break
    if (isBlank(bytes[position]) && assembly.headerCount > 0) {
      assembly.extendHeader(lineEnd - start)
      facts.isOdd = true
      fault = 'header_value'
    } else if (assembly.headerCount >= headerLimitCount - 1) {
      addNameless(assembly, position - start, trimEnd(bytes, position, end) - start)
      facts.isOdd = true
      return { framing: { kind: 'lost' }, fault: 'too_many_headers' }
    } else if (!readHeader(bytes, start, position, lineEnd, assembly, facts)) {
      fault = 'header_name'
    }
    position = next
  }
  return { framing: decideFraming(facts), fault }
}

/** @returns false when the line is no well-formed header. */
function readHeader(
  bytes: Buffer,
  start: number,
  lineStart: number,
  lineEnd: number,
  assembly: RequestAssembly,
  facts: FramingFacts,
): boolean {
  const at = indexOfWithin(bytes, colon, lineStart, lineEnd)
  if (at < 0) {
    addNameless(assembly, lineStart - start, lineEnd - start)
    return false
  }
  const nameEnd = trimEnd(bytes, lineStart, at)
  let valueStart = at + 1
  while (valueStart < lineEnd && isBlank(bytes[valueStart])) valueStart += 1
  assembly.addHeader(lineStart - start, nameEnd - start, valueStart - start, lineEnd - start)
  assembly.headLength = lineEnd - start
  noteFraming(bytes.toString('latin1', lineStart, nameEnd), bytes.toString('latin1', valueStart, lineEnd), facts)
  if (nameEnd !== at) facts.isOdd = facts.isOdd || facts.lengthCount + facts.encodingCount > 0
  return nameEnd === at
}

function noteFraming(name: string, value: string, facts: FramingFacts): void {
  const lowerName = name.toLowerCase()
  if (lowerName === 'content-length') {
    facts.lengthCount += 1
    if (/^\d{1,15}$/.test(value)) facts.lengthBytes = Number(value)
    else facts.isOdd = true
  }
  if (lowerName === 'transfer-encoding') {
    facts.encodingCount += 1
    if (value.toLowerCase() !== 'chunked') facts.isOdd = true
  }
}

function decideFraming(facts: FramingFacts): Framing {
  const framingCount = facts.lengthCount + facts.encodingCount
  if (framingCount === 0) return { kind: 'none' }
  if (framingCount > 1 || facts.isOdd) return { kind: 'lost' }
  if (facts.encodingCount === 1) return { kind: 'chunked' }
  if (facts.lengthBytes === 0) return { kind: 'none' }
  return { kind: 'length', lengthBytes: facts.lengthBytes }
}

function addNameless(assembly: RequestAssembly, valueStart: number, valueEnd: number): void {
  assembly.addHeader(valueStart, valueStart, valueStart, valueEnd)
  assembly.headLength = valueEnd
}

function trimEnd(bytes: Buffer, start: number, end: number): number {
  let position = end
  while (position > start && (isBlank(bytes[position - 1]) || bytes[position - 1] === carriageReturn)) position -= 1
  return position
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab
}

function indexOfWithin(bytes: Buffer, byte: number, start: number, end: number): number {
  const found = bytes.indexOf(byte, start)
  return found >= 0 && found < end ? found : -1
}
