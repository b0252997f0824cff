// Corpus requests as records, as the listener writes them: for scenarios that measure a worker's stages without a listener.
import { fixedBytes, Word } from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'
import { methodNames } from '#src/parser/methods.js'
import type { BenchRequest } from '../corpora/bench-request.js'

/** @returns a reader opened on the request, in a slab of its own. */
export function makeBenchRecord(request: BenchRequest): RecordReader {
  const pieces = [request.method, request.target, ...request.headers.flat(), request.body, '10.1.2.3']
  const contents = pieces.map((piece) => Buffer.from(piece))
  const ends: number[] = []
  let position = fixedBytes
  for (const { length } of contents) {
    position += length
    ends.push(position)
  }
  const spansStart = (position + 7) & ~7
  const slab = new SharedArrayBuffer(spansStart + request.headers.length * 16 + 8)
  Buffer.concat(contents).copy(Buffer.from(slab), fixedBytes)
  const words = new Int32Array(slab)
  const span = (index: number): number[] => [ends[index - 1] ?? fixedBytes, ends[index] ?? 0]
  const headerSpans = request.headers.flatMap((_, index) => [...span(2 + 2 * index), ...span(3 + 2 * index)])
  const afterHeaders = 2 + 2 * request.headers.length
  words.set(headerSpans, spansStart >> 2)
  words.set([slab.byteLength], Word.byteLength)
  words.set([methodNames.indexOf(request.method), ...span(0)], Word.methodId)
  words.set(span(1), Word.targetStart)
  words.set([request.headers.length, 0, spansStart], Word.headerCount)
  words.set(span(afterHeaders), Word.bodyStart)
  words.set(span(afterHeaders + 1), Word.peerStart)
  const record = new RecordReader()
  record.bind(slab)
  record.open(0)
  return record
}
