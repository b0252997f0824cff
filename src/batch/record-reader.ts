// Reads records out of a slab without copying: numbers and byte ranges, strings only on demand.
// Stage: batch -> [worker]. Hot path; bench: scenarios/worker.bench.ts. Holds no bytes of its own; the slab must outlive it.
import { methodNames } from '../parser/methods.js'
import { bytesPerSpan, type ParseError, parseErrors, Word, wordsPerSpan } from './record-layout.js'

/** A cursor over the records of one slab. `bind` to a slab, `open` a record, then ask; positions are slab offsets. */
export class RecordReader {
  /** The slab's bytes; spans index into them. */
  bytes: Buffer = Buffer.alloc(0)
  #words: Int32Array = new Int32Array(0)
  #doubles: Float64Array = new Float64Array(0)
  #base = 0

  /** @param slab - borrowed until the next `bind`. */
  bind(slab: SharedArrayBuffer): void {
    this.bytes = Buffer.from(slab)
    this.#words = new Int32Array(slab)
    this.#doubles = new Float64Array(slab, 0, slab.byteLength >> 3)
  }

  /** @param offset - byte offset of the record's fixed head, a multiple of 8. */
  open(offset: number): void {
    this.#base = offset >> 2
  }

  /** The 32-bit word at an index of `Word`. */
  word(index: number): number {
    return this.#words[this.#base + index] ?? 0
  }

  setWord(index: number, value: number): void {
    this.#words[this.#base + index] = value
  }

  /** The 64-bit float at an even index of `Word`. */
  double(index: number): number {
    return this.#doubles[(this.#base + index) >> 1] ?? 0
  }

  get byteLength(): number {
    return this.word(Word.byteLength)
  }

  get flags(): number {
    return this.word(Word.flags)
  }

  get parseError(): ParseError {
    return parseErrors[this.word(Word.parseError)] ?? 'other'
  }

  /** The method's name as sent. */
  get method(): string {
    const id = this.word(Word.methodId)
    if (id >= 0) return methodNames[id] ?? ''
    return this.bytes.toString('latin1', this.word(Word.methodStart), this.word(Word.methodEnd))
  }

  get targetStart(): number {
    return this.word(Word.targetStart)
  }

  get targetEnd(): number {
    return this.word(Word.targetEnd)
  }

  get headerCount(): number {
    return this.word(Word.headerCount)
  }

  get trailerCount(): number {
    return this.word(Word.trailerCount)
  }

  get bodyStart(): number {
    return this.word(Word.bodyStart)
  }

  get bodyEnd(): number {
    return this.word(Word.bodyEnd)
  }

  /** Header `index` in order of arrival; trailers follow headers: index headerCount .. headerCount + trailerCount - 1. */
  nameStart(index: number): number {
    return this.#span(index, 0)
  }

  nameEnd(index: number): number {
    return this.#span(index, 1)
  }

  valueStart(index: number): number {
    return this.#span(index, 2)
  }

  valueEnd(index: number): number {
    return this.#span(index, 3)
  }

  /** The peer's address without port, IPv4-mapped IPv6 unmapped; empty for a unix socket. */
  get peer(): string {
    return this.bytes.toString('latin1', this.word(Word.peerStart), this.word(Word.peerEnd))
  }

  #span(index: number, field: number): number {
    return this.#words[((this.word(Word.spansStart) + index * bytesPerSpan) >> 2) + (field % wordsPerSpan)] ?? 0
  }
}
