// One request as it comes out of the parser: integer spans, body pieces and, while it is still arriving, its staged bytes.
// Stage: listener -> [parser] -> batch. Hot path; bench: scenarios/parser.bench.ts.
// Positions: "message" positions count from the first byte of the request, "chunk" positions from the first byte of the
// chunk at hand. During the head all bytes are contiguous, so a message position is a chunk position plus `#shift`.
import { fixedBytes, RecordFlag } from '../batch/record-layout.js'
import type { Slab } from '../batch/slab.js'
import type { ParserLimits } from './limits.js'
import type { MessageHandler } from './llhttp.js'

/** Why the assembly itself stopped the parser. */
export type Refusal =
  | 'none'
  | 'head_too_large'
  | 'too_many_headers'
  | 'target_too_large'
  | 'trailer_too_large'
  | 'transfer_encoding'

/** How far the request has come. */
export const Phase = {
  idle: 0,
  line: 1,
  name: 2,
  value: 3,
  body: 4,
  trailerName: 5,
  trailerValue: 6,
  complete: 7,
} as const
type PhaseNumber = (typeof Phase)[keyof typeof Phase]

const expectName = 'expect'
const encodingName = 'transfer-encoding'

const noBytes: Uint8Array = new Uint8Array(0)

const goOn = 0
const stop = -1

/** A 64 KiB chunk holds at most 10,923 chunked pieces of one byte ("1\r\nx\r\n"). */
const pieceLimitCount = 11_000

/** Common requests have 10 to 20 headers; 10,000 slow clients must not hold the limit's worth of spans each. */
const initialSpanCount = 32

/** Scratch for the body pieces of one chunk; one serves all assemblies of a thread, because `execute` is synchronous. */
export function createPieceScratch(): Int32Array {
  return new Int32Array(pieceLimitCount * 2)
}

/**
 * Collects one request. The listener keeps one for requests that arrive whole in a chunk and lends further ones to
 * connections whose request is still arriving; `stagedSlab` then holds its bytes: head, then body.
 * Same shape always: fields are set in the constructor and reset in `reset`.
 */
export class RequestAssembly implements MessageHandler {
  /** nameStart, nameEnd, valueStart, valueEnd as message positions. */
  spans: Int32Array
  /** The same for trailers, as positions in `trailerBytes`. */
  trailerSpans: Int32Array
  trailerBytes: Buffer
  headerCount = 0
  trailerCount = 0
  trailerLength = 0
  targetStart = 0
  targetEnd = 0
  /** Message position one past the last byte of target, header names and values: where the kept head ends. */
  headLength = 0
  /** Start and end of body pieces in the chunk at hand. */
  readonly pieces: Int32Array
  pieceCount = 0
  /** Body bytes that arrived, and those of them that are kept. */
  bodySeenBytes = 0
  bodyKeptBytes = 0
  phase: PhaseNumber = Phase.idle
  isUpgrade = false
  keepsAlive = true
  refusal: Refusal = 'none'
  /** Bits of `RecordFlag`. */
  flags = 0

  /** Bytes of a request that is still arriving, from `stagedStart` on; undefined for one that came whole. */
  stagedSlab: Slab | undefined
  stagedLength = 0
  /** The staged bytes hold the whole head, so body bytes follow it. */
  isHeadStaged = false
  /** The in-flight limit was met: bytes are dropped, the request will be counted as shed. */
  isShed = false

  readonly #limits: ParserLimits
  /** Body bytes that may be kept: a limit on reading is one on inspecting too. */
  readonly #keepLimitBytes: number
  #chunk: Uint8Array = noBytes
  #shift = 0
  /** Chunk position up to which the trailers of the chunk at hand have been reported. */
  #reportedEnd = 0

  /** @param pieces - from `createPieceScratch`, shared by all assemblies of the thread. */
  constructor(limits: ParserLimits, pieces: Int32Array) {
    this.#limits = limits
    this.#keepLimitBytes = Math.min(limits.bodyInspectLimitBytes, limits.bodyLimitBytes)
    this.pieces = pieces
    this.spans = new Int32Array(initialSpanCount * 4)
    this.trailerSpans = new Int32Array(0)
    this.trailerBytes = Buffer.alloc(0)
  }

  /** Ready for the next request. The staged slab must have been given away or back before. */
  reset(): void {
    this.headerCount = 0
    this.trailerCount = 0
    this.trailerLength = 0
    if (this.trailerBytes.length > 0) this.#dropTrailers()
    this.targetStart = 0
    this.targetEnd = 0
    this.headLength = 0
    this.pieceCount = 0
    this.bodySeenBytes = 0
    this.bodyKeptBytes = 0
    this.phase = Phase.idle
    this.isUpgrade = false
    this.keepsAlive = true
    this.refusal = 'none'
    this.flags = 0
    this.stagedSlab = undefined
    this.stagedLength = 0
    this.isHeadStaged = false
    this.isShed = false
    this.#chunk = noBytes
    this.#shift = 0
    this.#reportedEnd = 0
  }

  /** Kept body bytes among the pieces of the chunk at hand. */
  pieceBytes(): number {
    let sum = 0
    for (let index = 0; index < this.pieceCount * 2; index += 2) {
      sum += (this.pieces[index + 1] ?? 0) - (this.pieces[index] ?? 0)
    }
    return sum
  }

  /** Appends the body pieces of the chunk at hand to `target`. */
  copyPieces(target: Buffer, start: number, chunk: Buffer): void {
    let position = start
    for (let index = 0; index < this.pieceCount * 2; index += 2) {
      const pieceStart = this.pieces[index] ?? 0
      const pieceEnd = this.pieces[index + 1] ?? 0
      chunk.copy(target, position, pieceStart, pieceEnd)
      position += pieceEnd - pieceStart
    }
  }

  /** RFC 9110 10.1.1: whether the staged head asks for the interim answer; without it the client may wait before the body. */
  expectsContinue(): boolean {
    const slab = this.stagedSlab
    if (slab === undefined) return false
    for (let word = 0; word < this.headerCount * 4; word += 4) {
      const nameLength = (this.spans[word + 1] ?? 0) - (this.spans[word] ?? 0)
      if (nameLength !== expectName.length || this.stagedText(slab, word).toLowerCase() !== expectName) continue
      return this.stagedText(slab, word + 2).toLowerCase() === '100-continue'
    }
    return false
  }

  /** Text of the staged head between the message positions in two neighbouring span words. */
  stagedText(slab: Slab, spanWord: number): string {
    const start = fixedBytes + (this.spans[spanWord] ?? 0)
    return slab.bytes.toString('latin1', start, fixedBytes + (this.spans[spanWord + 1] ?? 0))
  }

  /** Adds a header by message positions; the caller keeps `headerLimitCount`. */
  addHeader(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const base = this.headerCount * 4
    if (base === this.spans.length) this.spans = growSpans(this.spans)
    this.headerCount += 1
    this.spans[base] = nameStart
    this.spans[base + 1] = nameEnd
    this.spans[base + 2] = valueStart
    this.spans[base + 3] = valueEnd
  }

  /** Lets the last header's value reach to a message position: a folded line belongs to it. */
  extendHeader(valueEnd: number): void {
    this.spans[this.headerCount * 4 - 1] = valueEnd
    this.headLength = valueEnd
  }

  /** Forgets what was read of the head, for a second reading of the same bytes. */
  resetHead(): void {
    this.headerCount = 0
    this.targetStart = 0
    this.targetEnd = 0
    this.headLength = 0
  }

  get isHeadComplete(): boolean {
    return this.phase >= Phase.body
  }

  get isComplete(): boolean {
    return this.phase === Phase.complete
  }

  /** The method name is being read, or more: there is something to lose. */
  get isBegun(): boolean {
    return this.phase !== Phase.idle
  }

  /**
   * Must be called before each `execute`.
   * @param chunk - borrowed until `execute` returns.
   * @param start - chunk position where the parser will start; the request's first byte unless some of it is staged.
   */
  beginChunk(chunk: Uint8Array, start: number): void {
    this.#chunk = chunk
    this.#shift = this.stagedLength - start
    this.#reportedEnd = start
    this.pieceCount = 0
  }

  /**
   * What counts of the chunk is copied: lets go of it. An assembly outlives many chunks, and one that it held on to would be
   * freed only by a full garbage collection, with its 64 KiB.
   */
  endChunk(): void {
    this.#chunk = noBytes
  }

  /** Chunk position of a message position of the head. */
  chunkPosition(messagePosition: number): number {
    return messagePosition - this.#shift
  }

  onMessageBegin(): void {
    this.phase = Phase.line
  }

  onTarget(start: number, end: number): number {
    if (this.targetEnd === 0) this.targetStart = start + this.#shift
    this.targetEnd = end + this.#shift
    this.headLength = this.targetEnd
    if (this.targetEnd - this.targetStart > this.#limits.targetLimitBytes) return this.#refuse('target_too_large')
    if (this.targetEnd > this.#limits.headLimitBytes) return this.#refuse('head_too_large')
    return goOn
  }

  onHeaderName(start: number, end: number): number {
    if (this.phase >= Phase.body) return this.#onTrailer(Phase.trailerName, start, end)
    if (this.phase === Phase.name) {
      this.spans[this.headerCount * 4 - 3] = end + this.#shift
      return this.#checkHead(end)
    }
    if (this.headerCount === this.#limits.headerLimitCount) return this.#refuse('too_many_headers')
    this.phase = Phase.name
    this.addHeader(start + this.#shift, end + this.#shift, end + this.#shift, end + this.#shift)
    return this.#checkHead(end)
  }

  onHeaderValue(start: number, end: number): number {
    if (this.phase >= Phase.body) return this.#onTrailer(Phase.trailerValue, start, end)
    const base = this.headerCount * 4
    if (this.phase === Phase.name) this.spans[base - 2] = start + this.#shift
    this.phase = Phase.value
    this.spans[base - 1] = end + this.#shift
    return this.#checkHead(end)
  }

  onHeadComplete(isUpgrade: boolean, keepsAlive: boolean): number {
    if (this.#hasEmptyEncoding()) return this.#refuse('transfer_encoding')
    this.phase = Phase.body
    this.isUpgrade = isUpgrade
    this.keepsAlive = keepsAlive
    if (isUpgrade) this.flags |= RecordFlag.upgrade
    return goOn
  }

  onBody(start: number, end: number): void {
    this.bodySeenBytes += end - start
    const keepable = this.#keepLimitBytes - this.bodyKeptBytes
    const kept = Math.min(end - start, keepable)
    if (kept < end - start) this.flags |= RecordFlag.truncated
    if (kept === 0) return
    this.bodyKeptBytes += kept
    const base = this.pieceCount * 2
    this.pieces[base] = start
    this.pieces[base + 1] = start + kept
    this.pieceCount += 1
  }

  onMessageComplete(): void {
    this.phase = Phase.complete
  }

  /**
   * llhttp does not report a name that it refuses half-way. What came of a trailer's name is kept as a name, so that it is
   * inspected, and the same however its bytes were cut.
   * @param stop - chunk position of the refused byte.
   */
  keepCutTrailerName(stop: number): void {
    let start = stop
    while (start > this.#reportedEnd && isTokenByte(this.#chunk[start - 1] ?? 0)) start -= 1
    if (start < stop) this.#onTrailer(Phase.trailerName, start, stop)
  }

  /** Trailers are rare; a thousand free assemblies must not keep their buffers. */
  #dropTrailers(): void {
    this.trailerBytes = Buffer.alloc(0)
    this.trailerSpans = new Int32Array(0)
  }

  #checkHead(end: number): number {
    const position = end + this.#shift
    if (position > this.#limits.headLimitBytes) return this.#refuse('head_too_large')
    this.headLength = position
    return goOn
  }

  /** llhttp overlooks an empty Transfer-Encoding; to other readers it means chunked, or a request to be refused. */
  #hasEmptyEncoding(): boolean {
    for (let word = 0; word < this.headerCount * 4; word += 4) {
      const nameStart = this.spans[word] ?? 0
      if ((this.spans[word + 1] ?? 0) - nameStart !== encodingName.length) continue
      if (this.spans[word + 2] === this.spans[word + 3] && this.#isName(nameStart, encodingName)) return true
    }
    return false
  }

  /** @param start - message position in the head; what of it came in earlier chunks is staged. */
  #isName(start: number, lowerName: string): boolean {
    for (let offset = 0; offset < lowerName.length; offset += 1) {
      const position = start + offset
      const isStaged = position < this.stagedLength
      const byte = isStaged ? this.stagedSlab?.bytes[fixedBytes + position] : this.#chunk[this.chunkPosition(position)]
      if (((byte ?? 0) | 0x20) !== lowerName.charCodeAt(offset)) return false
    }
    return true
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal
    return stop
  }

  /** Trailers are rare: their bytes are copied piece by piece, so they need no place in the chunk's order. */
  #onTrailer(phase: PhaseNumber, start: number, end: number): number {
    if (this.trailerBytes.length === 0) {
      this.trailerBytes = Buffer.alloc(this.#limits.trailerLimitBytes)
      this.trailerSpans = new Int32Array(this.#limits.headerLimitCount * 4)
    }
    const begin = this.trailerLength
    const kept = Math.min(end - start, this.trailerBytes.length - begin)
    this.trailerBytes.set(this.#chunk.subarray(start, start + kept), begin)
    this.trailerLength += kept
    this.#reportedEnd = end
    const result = this.#recordTrailer(phase, begin)
    return kept < end - start ? this.#refuse('trailer_too_large') : result
  }

  #recordTrailer(phase: PhaseNumber, begin: number): number {
    const isContinued = phase === this.phase
    this.phase = phase
    if (phase === Phase.trailerName && !isContinued) {
      if (this.trailerCount === this.#limits.headerLimitCount) return this.#refuse('trailer_too_large')
      this.trailerSpans[this.trailerCount * 4] = begin
      this.trailerCount += 1
    }
    const base = this.trailerCount * 4
    if (phase === Phase.trailerName) this.trailerSpans[base - 3] = this.trailerLength
    if (phase === Phase.trailerName || !isContinued) this.trailerSpans[base - 2] = this.trailerLength
    if (phase === Phase.trailerValue && !isContinued) this.trailerSpans[base - 2] = begin
    this.trailerSpans[base - 1] = this.trailerLength
    return goOn
  }
}

/** RFC 9110 5.6.2. */
function isTokenByte(byte: number): boolean {
  return /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))
}

function growSpans(spans: Int32Array): Int32Array {
  const grown = new Int32Array(spans.length * 2)
  grown.set(spans)
  return grown
}
