// Reads the head of a request that llhttp refuses, so that a parser error is no way past the rules: nginx and Envoy do mirror
// unknown methods, bytes >= 0x80 in the target and odd header names (spec gateways.md, tried).
// Stage: listener -> [parser] -> batch. Runs on refused requests only; linear in the head, which is bounded by its limit.
import type { ParseError } from '../batch/record-layout.js'
import type { ParserLimits } from './limits.js'
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
  | {
      readonly kind: 'unparsable'
      /** The blank line was there. */
      readonly isWhole: boolean
    }
  | {
      readonly kind: 'head'
      /** Position one past the blank line. */
      readonly bodyStart: number
      readonly methodStart: number
      readonly methodEnd: number
      readonly httpVersion: number
      readonly framing: Framing
      readonly isWhole: boolean
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
/** PROXY protocol specification, section 2.1: the word alone may be a method, so the protocol family is asked for too. */
const proxyVersion1 = /^PROXY (TCP[46]|UNKNOWN)[ \r]/
/** Section 2.2: the signature behind its leading line ends, which may have come in an earlier chunk. */
const proxyVersion2 = '\0\r\nQUIT\n'

/** Bytes that no field value may hold (RFC 9110 5.5). */
const controlBytes = /[\0-\x08\x0a-\x1f\x7f]/

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
    case LlhttpResult.strict:
      return 'chunk'
    default:
      return 'other'
  }
}

/** Tells TLS, HTTP/2 and the PROXY protocol by their first bytes; undefined when these are (or may become) a request. */
export function foreignProtocolOf(bytes: Buffer, start: number, end: number): ForeignProtocol | undefined {
  if (bytes[start] === tlsHandshake && bytes[start + 1] === 3) return 'tls'
  const text = bytes.toString('latin1', start, Math.min(end, start + http2Preface.length))
  if (text.startsWith(http2Preface)) return 'http2'
  if (proxyVersion1.test(text) || text.startsWith(proxyVersion2)) return 'proxy_protocol'
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
 * @param limits - what follows `headerLimitCount` headers is one more, nameless value; a target that is too long is read whole.
 */
export function readTolerantHead(
  bytes: Buffer,
  start: number,
  scanStart: number,
  isFinal: boolean,
  limits: ParserLimits,
  assembly: RequestAssembly,
): TolerantHead {
  const end = bytes.length
  const lineStart = skipBlankLines(bytes, start, end)
  const protocol = foreignProtocolOf(bytes, lineStart, end)
  if (protocol !== undefined) return { kind: 'foreign', protocol }
  const bodyStart = findHeadEnd(bytes, Math.max(lineStart, scanStart), end)
  if (bodyStart < 0 && !isFinal) return { kind: 'incomplete' }
  const headEnd = bodyStart < 0 ? end : bodyStart
  const line = readRequestLine(bytes, start, lineStart, headEnd, assembly)
  if (line === undefined) return { kind: 'unparsable', isWhole: bodyStart >= 0 }
  const facts: HeaderFacts = {
    lengthCount: 0,
    lengthBytes: 0,
    encodingCount: 0,
    lineCount: 0,
    bareFeedCount: 0,
    isOdd: false,
    fault: 'none',
  }
  noteLineEnd(bytes, line.next - 1, facts)
  if (assembly.targetEnd - assembly.targetStart > limits.targetLimitBytes) noteFault(facts, 'target_too_large')
  readHeaders(bytes, start, line.next, headEnd, limits.headerLimitCount, assembly, facts)
  return {
    kind: 'head',
    bodyStart: headEnd,
    methodStart: line.methodStart - start,
    methodEnd: line.methodEnd - start,
    httpVersion: line.httpVersion,
    framing: bodyStart < 0 ? { kind: 'lost' } : decideFraming(facts),
    isWhole: bodyStart >= 0,
    fault: facts.fault,
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
  /** Where the next line starts. */
  readonly next: number
}

/** METHOD, white space, target, and if it is there white space and HTTP/d.d; a target may hold spaces. */
function readRequestLine(
  bytes: Buffer,
  start: number,
  lineStart: number,
  end: number,
  assembly: RequestAssembly,
): RequestLine | undefined {
  const feed = indexOfWithin(bytes, lineFeed, lineStart, end)
  const next = feed < 0 ? end : feed + 1
  const lineEnd = trimEnd(bytes, lineStart, feed < 0 ? end : feed)
  const methodStart = skipBlanks(bytes, lineStart, lineEnd)
  let methodEnd = methodStart
  while (methodEnd < lineEnd && !isBlank(bytes[methodEnd])) methodEnd += 1
  const targetStart = skipBlanks(bytes, methodEnd, lineEnd)
  if (methodEnd === methodStart || targetStart === lineEnd) return undefined
  const version = readVersion(bytes, targetStart, lineEnd)
  let targetEnd = version.start
  while (targetEnd > targetStart && isBlank(bytes[targetEnd - 1])) targetEnd -= 1
  assembly.targetStart = targetStart - start
  assembly.targetEnd = targetEnd - start
  assembly.headLength = assembly.targetEnd
  return {
    methodStart,
    methodEnd,
    httpVersion: version.number,
    next,
  }
}

const versionLength = 'HTTP/1.1'.length

/** A line of method and version only has the version for its target, as llhttp sees it. */
function readVersion(bytes: Buffer, targetStart: number, lineEnd: number): { start: number; number: number } {
  const at = lineEnd - versionLength
  const text = at > targetStart && isBlank(bytes[at - 1]) ? bytes.toString('latin1', at, lineEnd) : ''
  const found = /^HTTP\/(\d)\.(\d)$/i.exec(text)
  if (found === null) return { start: lineEnd, number: 0 }
  return { start: at, number: Number(found[1]) * 10 + Number(found[2]) }
}

/** What the lines of a head tell about the body's framing, and the first thing wrong with them. */
interface HeaderFacts {
  lengthCount: number
  lengthBytes: number
  encodingCount: number
  lineCount: number
  /** Lines that end in LF alone. */
  bareFeedCount: number
  /** Another reader may see other lines, or another end of the head. */
  isOdd: boolean
  fault: ParseError
}

function readHeaders(
  bytes: Buffer,
  start: number,
  first: number,
  end: number,
  headerLimitCount: number,
  assembly: RequestAssembly,
  facts: HeaderFacts,
): void {
  let position = first
  while (position < end) {
    const feed = indexOfWithin(bytes, lineFeed, position, end)
    const next = feed < 0 ? end : feed + 1
    noteLineEnd(bytes, feed, facts)
    if (isBlankLine(bytes, position, feed)) return
    const lineEnd = trimEnd(bytes, position, feed < 0 ? end : feed)
    if (isBlank(bytes[position]) && assembly.headerCount > 0) {
      assembly.extendHeader(lineEnd - start)
      noteOddity(facts, 'header_value')
    } else if (assembly.headerCount === headerLimitCount) {
      addNameless(assembly, position - start, trimEnd(bytes, position, end) - start)
      facts.isOdd = true
      facts.fault = 'too_many_headers'
      return
    } else {
      readHeader(bytes, start, position, lineEnd, assembly, facts)
    }
    position = next
  }
}

/** A line without a colon, or whose name has white space around it, is read as well as it can be; the latter is no sure framing. */
function readHeader(
  bytes: Buffer,
  start: number,
  lineStart: number,
  lineEnd: number,
  assembly: RequestAssembly,
  facts: HeaderFacts,
): void {
  const at = indexOfWithin(bytes, colon, lineStart, lineEnd)
  if (at < 0) {
    addNameless(assembly, lineStart - start, lineEnd - start)
    noteFault(facts, 'header_name')
    return
  }
  const nameStart = skipBlanks(bytes, lineStart, at)
  const nameEnd = trimEnd(bytes, nameStart, at)
  const valueStart = skipBlanks(bytes, at + 1, lineEnd)
  assembly.addHeader(nameStart - start, nameEnd - start, valueStart - start, lineEnd - start)
  assembly.headLength = lineEnd - start
  const value = bytes.toString('latin1', valueStart, lineEnd)
  if (controlBytes.test(value)) noteFault(facts, 'header_value')
  if (nameStart !== lineStart || nameEnd !== at) noteOddity(facts, 'header_name')
  noteFraming(bytes.toString('latin1', nameStart, nameEnd), value, facts)
}

function noteFault(facts: HeaderFacts, fault: ParseError): void {
  if (facts.fault === 'none') facts.fault = fault
}

function noteOddity(facts: HeaderFacts, fault: ParseError): void {
  facts.isOdd = true
  noteFault(facts, fault)
}

function noteFraming(name: string, value: string, facts: HeaderFacts): void {
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
  if (facts.lengthCount > 0 && facts.encodingCount > 0) noteFault(facts, 'length_and_encoding')
}

function decideFraming(facts: HeaderFacts): Framing {
  const framingCount = facts.lengthCount + facts.encodingCount
  // A head of bare line feeds alone is one to all who take it; in a mixed one the next reader may see other lines.
  const isMixed = facts.bareFeedCount > 0 && facts.bareFeedCount < facts.lineCount
  if (framingCount > 1 || facts.isOdd || isMixed) return { kind: 'lost' }
  if (framingCount === 0) return { kind: 'none' }
  if (facts.encodingCount === 1) return { kind: 'chunked' }
  if (facts.lengthBytes === 0) return { kind: 'none' }
  return { kind: 'length', lengthBytes: facts.lengthBytes }
}

function addNameless(assembly: RequestAssembly, valueStart: number, valueEnd: number): void {
  assembly.addHeader(valueStart, valueStart, valueStart, valueEnd)
  assembly.headLength = valueEnd
}

/** An empty line and nothing else: one of white space is a folded line, behind which headers may follow. */
function isBlankLine(bytes: Buffer, lineStart: number, feed: number): boolean {
  return feed === lineStart || (feed === lineStart + 1 && bytes[lineStart] === carriageReturn)
}

/** @param feed - position of the line's LF, -1 when it has none. */
function noteLineEnd(bytes: Buffer, feed: number, facts: HeaderFacts): void {
  if (feed < 0 || bytes[feed] !== lineFeed) return
  facts.lineCount += 1
  if (bytes[feed - 1] === carriageReturn) return
  facts.bareFeedCount += 1
  noteFault(facts, 'line_ending')
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
  let position = start
  while (position < end && isBlank(bytes[position])) position += 1
  return position
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
