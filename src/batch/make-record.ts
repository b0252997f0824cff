// Writes a request's record from its parts, without a parser: for requests of our own, and for those that no gateway need ever send.
// Not on the hot path: `record-writer.ts` writes what arrives.

import { methodNames } from '../parser/methods.js'
import { align8, fixedBytes, Word, wordsPerSpan } from './record-layout.js'
import { RecordReader } from './record-reader.js'

export type ByteText = string | Uint8Array

/** A request in parts; strings are written as UTF-8. */
export interface RequestParts {
  readonly method?: string
  readonly target?: ByteText
  readonly headers?: readonly (readonly [ByteText, ByteText])[]
  readonly trailers?: readonly (readonly [ByteText, ByteText])[]
  readonly body?: ByteText
  readonly peer?: string
}

/** @returns a reader opened at the request's record, which does not begin at the slab's start. */
export function makeRecord(parts: RequestParts): RecordReader {
  const method = parts.method ?? 'GET'
  const headers = parts.headers ?? []
  const trailers = parts.trailers ?? []
  const spanCount = headers.length + trailers.length
  const pieces = [
    method,
    parts.target ?? '/',
    ...headers.flat(),
    ...trailers.flat(),
    parts.body ?? '',
    parts.peer ?? '',
  ]
  const contents = pieces.map((piece) => Buffer.from(typeof piece === 'string' ? Buffer.from(piece) : piece))
  const base = 64
  const byteCount = contents.reduce((sum, content) => sum + content.length, 0)
  const spansStart = align8(base + fixedBytes + byteCount)
  const byteLength = align8(spansStart + spanCount * wordsPerSpan * 4)
  const slab = new SharedArrayBuffer(byteLength)
  const bytes = Buffer.from(slab)
  const words = new Int32Array(slab)
  const ranges: number[] = []
  let position = base + fixedBytes
  for (const content of contents) {
    content.copy(bytes, position)
    ranges.push(position, position + content.length)
    position += content.length
  }
  const spanStart = 4
  const spanLength = spanCount * wordsPerSpan
  words.set(ranges.slice(spanStart, spanStart + spanLength), spansStart >> 2)
  const rest = ranges.slice(spanStart + spanLength)
  const set = (index: number, value: number | undefined) => {
    words[(base >> 2) + index] = value ?? 0
  }
  set(Word.byteLength, byteLength - base)
  set(Word.methodId, methodNames.indexOf(method))
  set(Word.methodStart, ranges[0])
  set(Word.methodEnd, ranges[1])
  set(Word.targetStart, ranges[2])
  set(Word.targetEnd, ranges[3])
  set(Word.httpVersion, 11)
  set(Word.headerCount, headers.length)
  set(Word.trailerCount, trailers.length)
  set(Word.spansStart, spansStart)
  set(Word.bodyStart, rest[0])
  set(Word.bodyEnd, rest[1])
  set(Word.peerStart, rest[2])
  set(Word.peerEnd, rest[3])
  const record = new RecordReader()
  record.bind(slab)
  record.open(base)
  return record
}
