// Walks a request's head into WAF addresses: method, raw target, headers, cookies, query, path segments, client address.
// Stage: record -> [decode] -> prefilter or engine. Hot path; bench: scenarios/decode.bench.ts. No strings, no objects per value.

import { Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'
import { methodNames } from '../parser/methods.js'
import { equalsIgnoreCase, lowerByte, skipBlanks, trimBlanksEnd } from './ascii.js'
import { ClientIpFinder } from './client-ip.js'
import { CookieWalker } from './cookies.js'
import type { DecodeTools } from './decode-tools.js'
import { hasShadowSuffix, portStart, shadowStart } from './host.js'
import { PairWalker } from './pairs.js'
import { PathWalker } from './path-segments.js'
import { TargetSplit } from './target.js'
import type { AddressSink, ValueVisitor } from './value-visitor.js'
import type { WalkSettings } from './walk-settings.js'

/** How the walk over a head ended. */
export interface HeadReport {
  /** The budget ran out: part of the head was not handed to the sink. */
  readonly isTimedOut: boolean
}

const wholeHead: HeadReport = Object.freeze({ isTimedOut: false })
const cutHead: HeadReport = Object.freeze({ isTimedOut: true })

const cookieName = 'cookie'
const hostName = 'host'
const hostKey = Buffer.from(hostName)
/** Index = llhttp's method number. */
const methodBytes: readonly Buffer[] = methodNames.map((name) => Buffer.from(name, 'latin1'))

/** Walks heads. One per worker thread. */
export class HeadWalker {
  readonly #settings: WalkSettings
  readonly #tools: DecodeTools
  readonly #pairs: PairWalker
  readonly #cookies: CookieWalker
  readonly #path: PathWalker
  readonly #clientIp: ClientIpFinder
  readonly #target: TargetSplit = new TargetSplit()

  constructor(settings: WalkSettings, tools: DecodeTools) {
    this.#settings = settings
    this.#tools = tools
    this.#pairs = new PairWalker(tools)
    this.#cookies = new CookieWalker(tools)
    this.#path = new PathWalker(tools)
    this.#clientIp = new ClientIpFinder(settings)
  }

  /** Sends the head's addresses to the sink; trailers count as headers. */
  walk(record: RecordReader, sink: AddressSink): HeadReport {
    const { bytes } = record
    this.#target.split(bytes, record.targetStart, record.targetEnd)
    this.#emitMethod(record, sink.address('server.request.method'))
    const rawTarget = sink.address('server.request.uri.raw')
    this.#tools.text.value(rawTarget, bytes, record.targetStart, record.targetEnd, false)
    if (this.#clientIp.find(record)) this.#emitClientIp(sink.address('http.client_ip'))
    const hasCookies = this.#walkHeaders(record, sink.address('server.request.headers.no_cookies'))
    if (hasCookies) this.#walkCookies(record, sink.address('server.request.cookies'))
    if (!this.#tools.budget.spend(record.byteLength - (record.bodyEnd - record.bodyStart))) return cutHead
    const { pathStart, pathEnd } = this.#target
    const isWhole =
      this.#walkQuery(record, sink.address('server.request.query')) &&
      this.#path.walk(sink.address('server.request.path_params'), bytes, pathStart, pathEnd)
    return isWhole ? wholeHead : cutHead
  }

  #emitMethod(record: RecordReader, visitor: ValueVisitor): void {
    const known = methodBytes[record.word(Word.methodId)]
    if (known !== undefined) visitor.string(known, 0, known.length)
    else
      this.#tools.text.value(visitor, record.bytes, record.word(Word.methodStart), record.word(Word.methodEnd), false)
  }

  /** @returns true when there were cookie lines: they go to their own address. */
  #walkHeaders(record: RecordReader, visitor: ValueVisitor): boolean {
    const { bytes } = record
    const count = record.headerCount + record.trailerCount
    let hasCookies = false
    let hasHost = false
    visitor.openMap('multi')
    for (let index = 0; index < count && !visitor.isDone; index++) {
      const nameStart = record.nameStart(index)
      const nameEnd = record.nameEnd(index)
      if (equalsIgnoreCase(bytes, nameStart, nameEnd, cookieName)) {
        hasCookies = true
        continue
      }
      const valueStart = skipBlanks(bytes, record.valueStart(index), record.valueEnd(index))
      const valueEnd = trimBlanksEnd(bytes, valueStart, record.valueEnd(index))
      this.#emitName(visitor, bytes, nameStart, nameEnd)
      if (equalsIgnoreCase(bytes, nameStart, nameEnd, hostName)) {
        hasHost = true
        this.#emitHost(record, visitor, valueStart, valueEnd)
      } else this.#tools.text.append(visitor, bytes, valueStart, valueEnd, false)
    }
    if (!hasHost) this.#emitAuthority(record, visitor)
    visitor.closeMap()
    return hasCookies
  }

  #emitName(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    let seen = 0
    let hasUpper = false
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0
      seen |= byte
      if (byte >= 0x41 && byte <= 0x5a) hasUpper = true
    }
    if (!hasUpper) {
      this.#tools.text.key(visitor, bytes, start, end, seen < 0x80)
      return
    }
    const lower = this.#tools.scratch.reserve(end - start)
    for (let index = start; index < end; index++) lower[index - start] = lowerByte(bytes[index] ?? 0)
    this.#tools.text.key(visitor, lower, 0, end - start, seen < 0x80)
  }

  /** The host without Envoy's suffix; the port stays. */
  #emitHost(record: RecordReader, visitor: ValueVisitor, start: number, end: number): void {
    const { bytes } = record
    const nameEnd = portStart(bytes, start, end)
    const suffixStart = shadowStart(bytes, start, nameEnd)
    if (suffixStart === nameEnd || !hasShadowSuffix(record, this.#settings.shadowSuffix)) {
      this.#tools.text.append(visitor, bytes, start, end, false)
      return
    }
    const host = this.#tools.scratch.reserve(end - start)
    host.set(bytes.subarray(start, suffixStart), 0)
    host.set(bytes.subarray(nameEnd, end), suffixStart - start)
    this.#tools.text.append(visitor, host, 0, suffixStart - start + end - nameEnd, false)
  }

  /** Without a Host line, the authority of an absolute-form target is the host. */
  #emitAuthority(record: RecordReader, visitor: ValueVisitor): void {
    const { authorityStart, authorityEnd } = this.#target
    if (authorityStart === authorityEnd) return
    visitor.key(hostKey, 0, hostKey.length)
    this.#emitHost(record, visitor, authorityStart, authorityEnd)
  }

  #walkCookies(record: RecordReader, visitor: ValueVisitor): void {
    const count = record.headerCount + record.trailerCount
    visitor.openMap('multi')
    for (let index = 0; index < count && !visitor.isDone; index++) {
      if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), cookieName)) continue
      this.#cookies.walkLine(visitor, record.bytes, record.valueStart(index), record.valueEnd(index))
    }
    visitor.closeMap()
  }

  /** An empty query is a null value, as in the Go mirror: the endpoint fingerprint wants the address to be there. */
  #walkQuery(record: RecordReader, visitor: ValueVisitor): boolean {
    const { queryStart, queryEnd } = this.#target
    if (queryStart === queryEnd) {
      visitor.nil()
      return true
    }
    visitor.openMap('multi')
    const isWhole = this.#pairs.walk(visitor, record.bytes, queryStart, queryEnd)
    visitor.closeMap()
    return isWhole
  }

  #emitClientIp(visitor: ValueVisitor): void {
    const text = this.#clientIp.address.toString()
    const bytes = this.#tools.scratch.reserve(text.length)
    visitor.string(bytes, 0, bytes.write(text, 'latin1'))
  }
}
