// Turns the chunks of one connection into requests: llhttp first, the tolerant reader where llhttp refuses, staging in between.
// Stage: listener -> [parser] -> batch. Hot path; bench: scenarios/parser.bench.ts. Knows no sockets, so that files (scan) and
// fuzzers use the very same reader. Keeps no chunk: what outlives `consume` is copied into a staged slab.

import { fixedBytes, type ParseError, RecordFlag } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import { blankLineBytes, type ParserLimits } from './limits.js'
import {
  createParserState,
  execute,
  freeParserState,
  httpVersionOf,
  inputLimitBytes,
  LlhttpResult,
  loadInput,
  methodOf,
  type ParserState,
  resetParserState,
  resume,
  resumeAfterUpgrade,
  stopPosition,
} from './llhttp.js'
import { connectMethodId } from './methods.js'
import { isLineEnd, type ReaderEnd, readerEnds } from './reader-end.js'
import { Phase, type RequestAssembly } from './request-assembly.js'
import type { RequestConsumer } from './request-consumer.js'
import type { Staging } from './staging.js'
import { feedSyntheticHead } from './synthetic-head.js'
import { type Framing, parseErrorOf, readTolerantHead, rescanFrom } from './tolerant-head.js'

/** What the tolerant reader found, kept while the body arrives. */
type TolerantFacts = Readonly<Pick<RecordFacts, 'methodStart' | 'methodEnd' | 'httpVersion' | 'parseError'>>

/** Reads the requests of one connection. Call `dispose` on every close path. */
export class RequestReader {
  readonly #limits: ParserLimits
  readonly #staging: Staging
  readonly #consumer: RequestConsumer
  readonly #facts: RecordFacts
  readonly #state: ParserState
  /** The request at hand; lent by `#staging` as long as the connection is in a request. */
  #assembly: RequestAssembly | undefined
  #tolerant: TolerantFacts | undefined
  /** llhttp's complaint while the tolerant reader waits for the rest of the head. */
  #pendingError: ParseError = 'none'
  #scannedLength = 0
  /** What is wrong behind the head. Framing is lost then: all that still comes belongs to the body at hand. */
  #lostError: ParseError = 'none'
  #lostBytes = 0
  #end: ReaderEnd = readerEnds.open
  #unreadBytes = 0
  #isDisposed = false

  /** @param facts - scratch of the listener; the reader fills all but peer and time. */
  constructor(limits: ParserLimits, staging: Staging, consumer: RequestConsumer, facts: RecordFacts) {
    this.#limits = limits
    this.#staging = staging
    this.#consumer = consumer
    this.#facts = facts
    this.#state = createParserState()
  }

  /** Some bytes of a request have come, but not all. */
  get isInRequest(): boolean {
    return this.#assembly !== undefined
  }

  /** The request at hand has its head; its body is arriving. */
  get isInBody(): boolean {
    return this.#assembly?.isHeadComplete ?? false
  }

  /** Body bytes of the request at hand that came so far. */
  get bodySeenBytes(): number {
    return this.#assembly?.bodySeenBytes ?? 0
  }

  /** Bytes since framing was lost; they were taken for the body of the request at hand. */
  get lostBytes(): number {
    return this.#lostBytes
  }

  /** How many of the last chunk's bytes were left unread because the connection ends before them. */
  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /**
   * Parses one chunk and hands over the requests that it completes.
   * @param chunk - not kept.
   */
  consume(chunk: Buffer): ReaderEnd {
    this.#unreadBytes = 0
    if (chunk.length <= inputLimitBytes) this.#consumeSlice(chunk)
    else this.#consumeSlices(chunk)
    return this.#end
  }

  /** No more bytes will come: what is there of a request is handed over, marked aborted unless its framing was lost. */
  finish(): ReaderEnd {
    const assembly = this.#assembly
    if (assembly === undefined) return this.#end
    if (this.#lostError === 'none') assembly.flags |= RecordFlag.aborted
    if (assembly.isHeadComplete || assembly.isShed) this.#deliverStaged(assembly)
    else this.#readTolerantly(assembly, true)
    return this.#end
  }

  /** Frees parser state and staged bytes. Harmless when repeated. */
  dispose(): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    freeParserState(this.#state)
    this.#release()
  }

  #consumeSlices(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; start += inputLimitBytes) {
      this.#consumeSlice(bytes.subarray(start, start + inputLimitBytes))
    }
  }

  #consumeSlice(chunk: Buffer): void {
    if (this.#lostError !== 'none') {
      this.#appendRaw(chunk)
      return
    }
    if (this.#end !== readerEnds.open) {
      this.#unreadBytes += chunk.length
      return
    }
    const pending = this.#assembly
    if (this.#pendingError !== 'none' && pending !== undefined) {
      this.#staging.keepRaw(pending, chunk, 0)
      this.#readTolerantly(pending, false)
      return
    }
    let position = 0
    loadInput(chunk)
    while (position < chunk.length && this.#end === readerEnds.open) {
      // Line ends before a request are no part of it (RFC 9112 2.2): its head begins, and is measured, at its first byte.
      if (this.#assembly === undefined && isLineEnd(chunk[position])) position += 1
      else position = this.#step(chunk, position)
    }
    this.#unreadBytes += chunk.length - position
  }

  /** One call of llhttp. @returns the chunk position to go on from. */
  #step(chunk: Buffer, position: number): number {
    this.#assembly ??= this.#staging.takeAssembly()
    const assembly = this.#assembly
    assembly.beginChunk(chunk, position)
    const result = execute(this.#state, assembly, position, chunk.length)
    switch (result) {
      case LlhttpResult.paused: {
        const stop = stopPosition(this.#state)
        // White space before the version calls nothing back; behind it, a first header's position would tell.
        if (assembly.headerCount === 0 && this.#isOverLongHead(assembly.stagedLength + stop - position)) {
          this.#recoverHead(assembly, chunk, position, 'head_too_large')
          return chunk.length
        }
        resume(this.#state)
        this.#deliver(assembly, chunk)
        return stop
      }
      case LlhttpResult.ok:
        this.#stage(assembly, chunk, position)
        return chunk.length
      case LlhttpResult.pausedUpgrade: {
        const stop = stopPosition(this.#state)
        resumeAfterUpgrade(this.#state)
        this.#release()
        return stop
      }
      case LlhttpResult.closedConnection:
        // A head that ends the connection ended it here already, so this is a trailer's `Connection: close`. Trailers have
        // no say in framing (RFC 9110 6.5.1); believing one would drop the next request, a stranger's, without a trace.
        resetParserState(this.#state)
        this.#release()
        return position
      default:
        this.#recover(assembly, chunk, position, result)
        return chunk.length
    }
  }

  #deliver(assembly: RequestAssembly, chunk: Buffer): void {
    if (assembly.bodySeenBytes > this.#limits.bodyLimitBytes) this.#end = readerEnds.close
    if (assembly.stagedLength > 0) {
      this.#staging.keepParsed(assembly, chunk)
      this.#deliverStaged(assembly)
      return
    }
    this.#fillFacts()
    this.#decideEnd(assembly)
    this.#consumer.onWholeRequest(assembly, this.#facts, chunk)
    this.#release()
  }

  #deliverStaged(assembly: RequestAssembly): void {
    this.#fillFacts()
    this.#decideEnd(assembly)
    const slab = this.#staging.handOver(assembly)
    if (assembly.isShed || slab === undefined) this.#consumer.onShedRequest(assembly)
    else this.#consumer.onStagedRequest(assembly, this.#facts, slab)
    this.#release()
  }

  #fillFacts(): void {
    const facts = this.#facts
    const tolerant = this.#tolerant
    facts.methodId = tolerant === undefined ? methodOf(this.#state) : -1
    facts.methodStart = tolerant?.methodStart ?? 0
    facts.methodEnd = tolerant?.methodEnd ?? 0
    facts.httpVersion = tolerant?.httpVersion ?? httpVersionOf(this.#state)
    facts.parseError = this.#lostError === 'none' ? (tolerant?.parseError ?? 'none') : this.#lostError
  }

  /** A mirror never becomes a tunnel, and after an odd head nothing more is trusted: both close. */
  #decideEnd(assembly: RequestAssembly): void {
    if (this.#end !== readerEnds.open) return
    const isConnect = assembly.isUpgrade && this.#facts.methodId === connectMethodId
    if (!assembly.keepsAlive || isConnect || this.#tolerant !== undefined || this.#facts.httpVersion < 11)
      this.#end = readerEnds.close
  }

  #release(): void {
    if (this.#assembly !== undefined) this.#staging.giveAssembly(this.#assembly)
    this.#assembly = undefined
    this.#tolerant = undefined
    this.#pendingError = 'none'
    this.#scannedLength = 0
    this.#lostError = 'none'
    this.#lostBytes = 0
  }

  /** Keeps what the chunk brought of an incomplete request. */
  #stage(assembly: RequestAssembly, chunk: Buffer, start: number): void {
    if (!assembly.isBegun) {
      this.#release()
      return
    }
    const hadHead = assembly.isHeadStaged
    if (assembly.isHeadComplete) this.#staging.keepParsed(assembly, chunk)
    else this.#staging.keepRaw(assembly, chunk, start)
    if (assembly.isHeadComplete && !hadHead) this.#checkExpectation(assembly, httpVersionOf(this.#state))
    if (assembly.bodySeenBytes > this.#limits.bodyLimitBytes) this.#endOverLong(assembly, 'none')
    // Runs of white space in a head call nothing back, so the limit on spans never sees them.
    if (!assembly.isHeadComplete && this.#isOverLongHead(assembly.stagedLength)) {
      this.#pendingError = 'head_too_large'
      this.#readTolerantly(assembly, false)
    }
  }

  /** HTTP/1.0 knows no interim answers. */
  #checkExpectation(assembly: RequestAssembly, httpVersion: number): void {
    if (httpVersion >= 11 && assembly.bodySeenBytes === 0 && assembly.expectsContinue()) {
      this.#consumer.onContinueExpected()
    }
  }

  /** More of a request comes than is read: it is answered as it is, and the rest is not looked at. */
  #endOverLong(assembly: RequestAssembly, error: ParseError): void {
    assembly.flags |= RecordFlag.truncated
    this.#lostError = error
    this.#end = readerEnds.close
    this.#deliverStaged(assembly)
  }

  /** llhttp refused something. In the head the tolerant reader takes over; in the body framing is lost. */
  #recover(assembly: RequestAssembly, chunk: Buffer, start: number, result: number): void {
    const error = assembly.refusal === 'none' ? parseErrorOf(result) : assembly.refusal
    if (assembly.isHeadComplete) this.#recoverBody(assembly, chunk, error)
    else this.#recoverHead(assembly, chunk, start, error)
  }

  #recoverHead(assembly: RequestAssembly, chunk: Buffer, start: number, error: ParseError): void {
    this.#pendingError = error
    this.#staging.keepRaw(assembly, chunk, start)
    this.#readTolerantly(assembly, false)
  }

  #recoverBody(assembly: RequestAssembly, chunk: Buffer, error: ParseError): void {
    const stop = stopPosition(this.#state)
    if (assembly.refusal === 'none' && error === 'header_name') assembly.keepCutTrailerName(stop)
    if (assembly.refusal !== 'none') {
      this.#staging.keepParsed(assembly, chunk)
      this.#endOverLong(assembly, assembly.refusal)
      return
    }
    this.#loseFraming(error)
    this.#lostBytes = chunk.length - stop
    assembly.onBody(stop, chunk.length)
    this.#staging.keepParsed(assembly, chunk)
  }

  #isOverLongHead(lengthBytes: number): boolean {
    return lengthBytes > this.#limits.headLimitBytes + blankLineBytes
  }

  /** Nobody can say where this body ends: what still comes is inspected as its bytes, and nothing after it is a request. */
  #loseFraming(error: ParseError): void {
    this.#lostError = error
    this.#end =
      error === 'head_too_large' || error === 'too_many_headers' ? readerEnds.headTooLarge : readerEnds.badRequest
  }

  #appendRaw(chunk: Buffer): void {
    const assembly = this.#assembly
    if (assembly === undefined) return
    assembly.beginChunk(chunk, 0)
    this.#lostBytes += chunk.length
    assembly.onBody(0, chunk.length)
    this.#staging.keepParsed(assembly, chunk)
  }

  #readTolerantly(assembly: RequestAssembly, isFinal: boolean): void {
    const slab = assembly.stagedSlab
    if (slab === undefined) {
      // Shed: there is nothing to read, and without a head nobody knows where its body would end.
      assembly.phase = Phase.body
      this.#loseFraming(this.#pendingError)
      return
    }
    const stagedEnd = fixedBytes + assembly.stagedLength
    const headEnd = Math.min(stagedEnd, fixedBytes + this.#limits.headLimitBytes + blankLineBytes)
    const isFull = headEnd < stagedEnd
    assembly.resetHead()
    const head = readTolerantHead(
      slab.bytes.subarray(0, headEnd),
      fixedBytes,
      rescanFrom(fixedBytes + this.#scannedLength, fixedBytes),
      isFinal || isFull,
      this.#limits,
      assembly,
    )
    this.#scannedLength = assembly.stagedLength
    // What is wrong with a line that was cut is that it was cut.
    const cutError = isFull ? 'head_too_large' : 'head_incomplete'
    switch (head.kind) {
      case 'incomplete':
        return
      case 'foreign':
        this.#end = { ...head, bytes: Buffer.from(slab.bytes.subarray(fixedBytes, stagedEnd)) }
        this.#release()
        return
      case 'unparsable':
        this.#consumer.onUnparsable(head.isWhole ? this.#pendingError : cutError)
        this.#end = readerEnds.badRequest
        this.#release()
        return
      case 'head': {
        const isCut = isFull && !head.isWhole
        const error = head.fault === 'none' ? this.#pendingError : head.fault
        this.#tolerant = { ...head, parseError: head.isWhole ? error : cutError }
        if (isCut) assembly.flags |= RecordFlag.truncated
        assembly.flags |= RecordFlag.tolerant
        assembly.phase = Phase.body
        assembly.isHeadStaged = true
        const framing: Framing = isCut ? { kind: 'lost' } : head.framing
        this.#readTolerantBody(assembly, slab, head.bodyStart, stagedEnd, framing, isFinal)
        return
      }
      default:
        head satisfies never
    }
  }

  /** The bytes behind a tolerant head go through llhttp again, behind a head that it accepts, so that one reader frames bodies. */
  #readTolerantBody(
    assembly: RequestAssembly,
    slab: Slab,
    start: number,
    end: number,
    framing: Framing,
    isFinal: boolean,
  ): void {
    const rest = Buffer.from(slab.bytes.subarray(start, end))
    assembly.stagedLength = assembly.headLength
    this.#pendingError = 'none'
    if (framing.kind === 'none' || isFinal) {
      this.#unreadBytes += rest.length
      this.#deliverStaged(assembly)
      return
    }
    if (framing.kind === 'lost') {
      this.#loseFraming(this.#tolerant?.parseError ?? 'other')
      this.#appendRaw(rest)
      return
    }
    resetParserState(this.#state)
    feedSyntheticHead(this.#state, framing, this.#staging)
    if (rest.length === 0) this.#checkExpectation(assembly, this.#tolerant?.httpVersion ?? 0)
    this.#consumeSlices(rest)
  }
}
