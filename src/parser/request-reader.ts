// Turns the chunks of one connection into requests: llhttp first, the tolerant reader where llhttp refuses, staging in between.
// Stage: listener -> [parser] -> batch. Hot path; bench: scenarios/parser.bench.ts. Knows no sockets, so that files (scan) and
// fuzzers use the very same reader. Keeps no chunk: what outlives `consume` is copied into a staged slab.

import { fixedBytes, type ParseError, RecordFlag } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import type { ParserLimits } from './limits.js'
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
import { Phase, type RequestAssembly } from './request-assembly.js'
import type { Staging } from './staging.js'
import { feedSyntheticHead } from './synthetic-head.js'
import { type ForeignProtocol, type Framing, parseErrorOf, readTolerantHead, rescanFrom } from './tolerant-head.js'

/** Where complete requests go. Everything passed is borrowed until the call returns. */
export interface RequestConsumer {
  /** A request that came whole in `chunk`. */
  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void
  /** A request that came in pieces; the consumer owns `slab` from now on. */
  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void
  /** A request whose bytes were dropped because of the in-flight limit. */
  onShedRequest(assembly: RequestAssembly): void
  /** Bytes without a request line. */
  onUnparsable(error: ParseError): void
  /** A client waits for `100 Continue` before it sends the body. */
  onContinueExpected(): void
}

/** How the connection must go on after `consume`. */
export type ReaderEnd =
  | { readonly kind: 'open' }
  /** Answer what is complete, then close: the last request allows no further one. */
  | { readonly kind: 'close' }
  /** Framing is lost: answer with an error status, but `consume` what still comes until the sender ends, then `finish`. */
  | { readonly kind: 'bad-request' | 'head-too-large' }
  | { readonly kind: 'foreign'; readonly protocol: ForeignProtocol }

const open: ReaderEnd = { kind: 'open' }
const close: ReaderEnd = { kind: 'close' }
const badRequest: ReaderEnd = { kind: 'bad-request' }
const headTooLarge: ReaderEnd = { kind: 'head-too-large' }

/** What the tolerant reader found, kept while the body arrives. */
interface TolerantFacts {
  readonly methodStart: number
  readonly methodEnd: number
  readonly httpVersion: number
  readonly parseError: ParseError
}

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
  /** Framing is lost for this reason: all that still comes belongs to the body at hand. */
  #lostError: ParseError = 'none'
  #end: ReaderEnd = open
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
    if (this.#lostError !== 'none') {
      this.#appendRaw(chunk)
      return this.#end
    }
    if (chunk.length <= inputLimitBytes) {
      this.#consumeSlice(chunk)
      return this.#end
    }
    this.#consumeSlices(chunk)
    return this.#end
  }

  /** No more bytes will come: what is there of a request is handed over, marked aborted unless its framing was lost. */
  finish(): ReaderEnd {
    const assembly = this.#assembly
    if (assembly === undefined) return this.#end
    if (this.#lostError !== 'none') {
      this.#deliverStaged(assembly)
      return this.#end
    }
    assembly.flags |= RecordFlag.aborted
    if (assembly.isHeadComplete || assembly.isShed) this.#deliverStaged(assembly)
    else {
      if (this.#pendingError === 'none') this.#pendingError = 'head_incomplete'
      this.#readTolerantly(assembly, true)
    }
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
    let start = 0
    for (; start < bytes.length && this.#end === open; start += inputLimitBytes) {
      this.#consumeSlice(bytes.subarray(start, start + inputLimitBytes))
    }
    this.#unreadBytes += Math.max(0, bytes.length - start)
  }

  #consumeSlice(chunk: Buffer): void {
    const pending = this.#assembly
    if (this.#pendingError !== 'none' && pending !== undefined) {
      this.#staging.keepRaw(pending, chunk, 0)
      this.#readTolerantly(pending, false)
      return
    }
    let position = 0
    loadInput(chunk)
    while (position < chunk.length && this.#end === open) position = this.#step(chunk, position)
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
        this.#release()
        this.#end = close
        return position
      default:
        this.#recover(assembly, chunk, position, result)
        return chunk.length
    }
  }

  #deliver(assembly: RequestAssembly, chunk: Buffer): void {
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
    if (this.#end !== open) return
    const isConnect = assembly.isUpgrade && this.#facts.methodId === connectMethodId
    if (!assembly.keepsAlive || isConnect || this.#tolerant !== undefined || this.#facts.httpVersion < 11)
      this.#end = close
  }

  #release(): void {
    if (this.#assembly !== undefined) this.#staging.giveAssembly(this.#assembly)
    this.#assembly = undefined
    this.#tolerant = undefined
    this.#pendingError = 'none'
    this.#scannedLength = 0
    this.#lostError = 'none'
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
    if (assembly.isHeadComplete && !hadHead && assembly.bodySeenBytes === 0 && assembly.expectsContinue()) {
      this.#consumer.onContinueExpected()
    }
    if (assembly.bodySeenBytes > this.#limits.bodyLimitBytes) this.#endOverLong(assembly)
  }

  #endOverLong(assembly: RequestAssembly): void {
    assembly.flags |= RecordFlag.truncated
    this.#end = close
    this.#deliverStaged(assembly)
  }

  /** llhttp refused something. In the head the tolerant reader takes over; in the body framing is lost. */
  #recover(assembly: RequestAssembly, chunk: Buffer, start: number, result: number): void {
    const error = assembly.refusal === 'none' ? parseErrorOf(result) : assembly.refusal
    if (assembly.isHeadComplete) {
      const stop = assembly.refusal === 'none' ? stopPosition(this.#state) : chunk.length
      this.#loseFraming(error)
      assembly.onBody(stop, chunk.length)
      this.#staging.keepParsed(assembly, chunk)
      return
    }
    this.#pendingError = error
    this.#staging.keepRaw(assembly, chunk, start)
    this.#readTolerantly(assembly, false)
  }

  /** Nobody can say where this body ends: what still comes is inspected as its bytes, and nothing after it is a request. */
  #loseFraming(error: ParseError): void {
    this.#lostError = error
    this.#end = error === 'head_too_large' || error === 'too_many_headers' ? headTooLarge : badRequest
  }

  #appendRaw(chunk: Buffer): void {
    const assembly = this.#assembly
    if (assembly === undefined) return
    assembly.beginChunk(chunk, 0)
    assembly.onBody(0, chunk.length)
    this.#staging.keepParsed(assembly, chunk)
  }

  #readTolerantly(assembly: RequestAssembly, isFinal: boolean): void {
    const slab = assembly.stagedSlab
    if (slab === undefined) {
      this.#end = badRequest
      this.#deliverStaged(assembly)
      return
    }
    const isTooLarge = assembly.stagedLength > this.#limits.headLimitBytes && this.#pendingError !== 'head_too_large'
    if (isTooLarge) this.#pendingError = 'head_too_large'
    const isCut = this.#pendingError === 'head_too_large'
    const stagedEnd = fixedBytes + assembly.stagedLength
    const headEnd = isCut ? Math.min(stagedEnd, fixedBytes + this.#limits.headLimitBytes) : stagedEnd
    assembly.resetHead()
    const head = readTolerantHead(
      slab.bytes.subarray(0, headEnd),
      fixedBytes,
      rescanFrom(fixedBytes + this.#scannedLength, fixedBytes),
      isFinal || isCut,
      this.#limits.headerLimitCount,
      assembly,
    )
    this.#scannedLength = assembly.stagedLength
    switch (head.kind) {
      case 'incomplete':
        return
      case 'foreign':
        this.#end = head
        this.#release()
        return
      case 'unparsable':
        this.#consumer.onUnparsable(this.#pendingError)
        this.#end = badRequest
        this.#release()
        return
      case 'head': {
        const parseError = head.fault === 'none' || isCut ? this.#pendingError : head.fault
        this.#tolerant = { ...head, parseError }
        if (isCut) assembly.flags |= RecordFlag.truncated
        assembly.flags |= RecordFlag.tolerant
        assembly.phase = Phase.body
        assembly.isHeadStaged = true
        this.#readTolerantBody(
          assembly,
          slab,
          head.bodyStart,
          stagedEnd,
          isCut ? { kind: 'lost' } : head.framing,
          isFinal,
        )
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
    this.#consumeSlices(rest)
  }
}
