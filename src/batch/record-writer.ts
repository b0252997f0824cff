// Writes one request as a record into a slab, copying its bytes once.
// Stage: parser -> [batch] -> worker. Hot path; bench: scenarios/parser.bench.ts.
// Writes only what is behind `offset`; the caller has made sure that `recordSize` bytes fit.
import type { RequestAssembly } from '../parser/request-assembly.js'
import {
  align8,
  bytesPerSpan,
  fixedBytes,
  type ParseError,
  parseErrors,
  stateUntouched,
  Word,
} from './record-layout.js'
import type { Slab } from './slab.js'

/** What the connection knows of a request beside its bytes. */
export interface RecordFacts {
  /** llhttp's method number, -1 when the method is the span `methodEnd` bytes long at message position 0. */
  methodId: number
  /** Message positions of the method's name; used when `methodId` is -1. */
  methodStart: number
  methodEnd: number
  httpVersion: number
  parseError: ParseError
  /** ASCII, without port; borrowed. */
  peer: Buffer
  peerPort: number
  receivedAtMs: number
}

/** Most bytes the record of this request can take. */
export function recordSize(assembly: RequestAssembly, facts: RecordFacts): number {
  return align8(fixedBytes + assembly.headLength + assembly.bodyKeptBytes + tailSize(assembly, facts))
}

/** Bytes that follow head and body: peer, trailers and spans. */
export function tailSize(assembly: RequestAssembly, facts: RecordFacts): number {
  const spanCount = assembly.headerCount + assembly.trailerCount
  return facts.peer.length + assembly.trailerLength + spanCount * bytesPerSpan + 16
}

/**
 * Writes a request that came whole in one chunk.
 * @param chunk - borrowed; head and body pieces are copied from it.
 * @returns the record's length in bytes.
 */
export function writeFromChunk(
  slab: Slab,
  offset: number,
  assembly: RequestAssembly,
  facts: RecordFacts,
  chunk: Buffer,
): number {
  const headStart = offset + fixedBytes
  const chunkStart = assembly.chunkPosition(0)
  chunk.copy(slab.bytes, headStart, chunkStart, chunkStart + assembly.headLength)
  assembly.copyPieces(slab.bytes, headStart + assembly.headLength, chunk)
  return finishRecord(slab, offset, assembly, facts)
}

/** Writes a staged request into a slab that other requests share. */
export function writeFromStage(
  slab: Slab,
  offset: number,
  assembly: RequestAssembly,
  facts: RecordFacts,
  staged: Slab,
): number {
  staged.bytes.copy(
    slab.bytes,
    offset + fixedBytes,
    fixedBytes,
    fixedBytes + assembly.headLength + assembly.bodyKeptBytes,
  )
  return finishRecord(slab, offset, assembly, facts)
}

/** Completes a record whose head and body already lie behind the fixed head at `offset`. */
export function finishRecord(slab: Slab, offset: number, assembly: RequestAssembly, facts: RecordFacts): number {
  const headStart = offset + fixedBytes
  const bodyStart = headStart + assembly.headLength
  const peerStart = bodyStart + assembly.bodyKeptBytes
  facts.peer.copy(slab.bytes, peerStart)
  const trailerStart = peerStart + facts.peer.length
  if (assembly.trailerLength > 0) assembly.trailerBytes.copy(slab.bytes, trailerStart, 0, assembly.trailerLength)
  const spansStart = align8(trailerStart + assembly.trailerLength)
  const spansWord = spansStart >> 2
  copySpans(slab.words, spansWord, assembly.spans, assembly.headerCount, headStart)
  copySpans(
    slab.words,
    spansWord + assembly.headerCount * 4,
    assembly.trailerSpans,
    assembly.trailerCount,
    trailerStart,
  )
  const byteLength = spansStart + (assembly.headerCount + assembly.trailerCount) * bytesPerSpan - offset
  const words = slab.words
  const base = offset >> 2
  words[base + Word.byteLength] = byteLength
  words[base + Word.state] = stateUntouched
  words[base + Word.flags] = assembly.flags
  words[base + Word.parseError] = parseErrors.indexOf(facts.parseError)
  words[base + Word.methodId] = facts.methodId
  words[base + Word.methodStart] = headStart + facts.methodStart
  words[base + Word.methodEnd] = headStart + facts.methodEnd
  words[base + Word.targetStart] = headStart + assembly.targetStart
  words[base + Word.targetEnd] = headStart + assembly.targetEnd
  words[base + Word.httpVersion] = facts.httpVersion
  words[base + Word.headerCount] = assembly.headerCount
  words[base + Word.trailerCount] = assembly.trailerCount
  words[base + Word.spansStart] = spansStart
  words[base + Word.bodyStart] = bodyStart
  words[base + Word.bodyEnd] = peerStart
  words[base + Word.peerStart] = peerStart
  words[base + Word.peerEnd] = trailerStart
  words[base + Word.peerPort] = facts.peerPort
  words[base + Word.queueUs] = 0
  words[base + Word.inspectUs] = 0
  slab.doubles[(base + Word.bodySeen) >> 1] = assembly.bodySeenBytes
  slab.doubles[(base + Word.receivedAtMs) >> 1] = facts.receivedAtMs
  return byteLength
}

function copySpans(words: Int32Array, start: number, spans: Int32Array, spanCount: number, shift: number): void {
  const wordCount = spanCount * 4
  for (let index = 0; index < wordCount; index += 1) words[start + index] = (spans[index] ?? 0) + shift
}
