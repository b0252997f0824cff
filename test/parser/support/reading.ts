// Feeds bytes to a RequestReader in given pieces and tells what it made of them, read back out of real records.

import { type ParseError, Word } from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'
import { type RecordFacts, recordSize, writeFromChunk, writeFromStage } from '#src/batch/record-writer.js'
import { Slab, SlabPool } from '#src/batch/slab.js'
import type { ParserLimits } from '#src/parser/limits.js'
import type { ReaderEnd } from '#src/parser/reader-end.js'
import type { RequestAssembly } from '#src/parser/request-assembly.js'
import type { RequestConsumer } from '#src/parser/request-consumer.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'

/** One request as a worker would see it; bytes as latin1 text, one character a byte. */
export interface ReadRequest {
  readonly method: string
  readonly target: string
  readonly httpVersion: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly trailers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly bodySeenBytes: number
  readonly flags: number
  readonly parseError: ParseError
}

/** What came of all bytes, in order: requests, `shed`, `unparsable: REASON`, `continue`. */
export interface Reading {
  readonly items: readonly (ReadRequest | string)[]
  readonly end: string
  /** Staged bytes still lent when all was read and the reader disposed. */
  readonly leakedBytes: number
}

export const generousLimits: ParserLimits = {
  headLimitBytes: 64 * 1024,
  headerLimitCount: 256,
  targetLimitBytes: 32 * 1024,
  trailerLimitBytes: 16 * 1024,
  bodyInspectLimitBytes: 1024 * 1024,
  bodyLimitBytes: 1024 * 1024 * 1024,
}

/** Facts as the listener would give them. */
export function createFacts(): RecordFacts {
  return {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 0,
    parseError: 'none',
    peer: Buffer.from('192.0.2.7'),
    peerPort: 4711,
    receivedAtMs: 1_700_000_000_000,
  }
}

/** Takes requests as the listener's consumer would, and writes each into a record of its own. */
export class CollectingConsumer implements RequestConsumer {
  readonly items: (ReadRequest | string)[] = []
  readonly #slabs: SlabPool

  constructor(slabs: SlabPool) {
    this.#slabs = slabs
  }

  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void {
    const slab = new Slab(recordSize(assembly, facts))
    writeFromChunk(slab, 0, assembly, facts, chunk)
    this.items.push(readRecord(slab))
  }

  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, staged: Slab): void {
    const slab = new Slab(recordSize(assembly, facts))
    writeFromStage(slab, 0, assembly, facts, staged)
    this.items.push(readRecord(slab))
    // Whoever reads it after this reads rubbish, so that a use after giving back shows.
    staged.bytes.fill(0xaa)
    this.#slabs.give(staged)
  }

  onShedRequest(): void {
    this.items.push('shed')
  }

  onUnparsable(error: ParseError): void {
    this.items.push(`unparsable: ${error}`)
  }

  onContinueExpected(): void {
    this.items.push('continue')
  }
}

/** A reader with its own staging, for tests that feed it step by step. */
export class ReaderBench {
  readonly staging: Staging
  readonly consumer: CollectingConsumer
  readonly reader: RequestReader

  constructor(limits: Partial<ParserLimits> = {}, inFlightLimitBytes: number = 64 * 1024 * 1024) {
    const slabs = new SlabPool(1024 * 1024)
    const all = { ...generousLimits, ...limits }
    this.staging = new Staging(all, slabs, inFlightLimitBytes)
    this.consumer = new CollectingConsumer(slabs)
    this.reader = new RequestReader(all, this.staging, this.consumer, createFacts())
  }

  /** Stops as a connection does: after a `foreign` end nothing more is fed. */
  feed(chunks: Iterable<Buffer | string>): ReaderEnd {
    let end: ReaderEnd = { kind: 'open' }
    for (const chunk of chunks) {
      // A copy that is overwritten afterwards: a reader that keeps a chunk would be caught.
      const bytes = Buffer.from(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
      end = this.reader.consume(bytes)
      bytes.fill(0x55)
      if (end.kind === 'foreign') break
    }
    return end
  }

  /** The sender is gone. */
  finish(): Reading {
    const end = this.reader.finish()
    this.reader.dispose()
    return {
      items: this.consumer.items,
      end: end.kind === 'foreign' ? `foreign ${end.protocol}` : end.kind,
      leakedBytes: this.staging.usedBytes,
    }
  }
}

/** Reads `chunks` from start to end of the connection. */
export function readChunks(
  chunks: Iterable<Buffer | string>,
  limits: Partial<ParserLimits> = {},
  inFlightLimitBytes?: number,
): Reading {
  const bench = new ReaderBench(limits, inFlightLimitBytes)
  bench.feed(chunks)
  return bench.finish()
}

/** Reads one text that arrives whole. */
export function readWhole(text: string, limits: Partial<ParserLimits> = {}): Reading {
  return readChunks([text], limits)
}

/** The requests among a reading's items. */
export function requestsOf(reading: Reading): readonly ReadRequest[] {
  return reading.items.filter((item): item is ReadRequest => typeof item !== 'string')
}

/** The only request of a reading; a failure says what was there instead. */
export function onlyRequest(reading: Reading): ReadRequest {
  const [first, ...rest] = requestsOf(reading)
  if (first === undefined || rest.length > 0) throw new Error(`not one request: ${JSON.stringify(reading)}`)
  return first
}

/** `bytes` in two at `position`. */
export function cutAt(bytes: Buffer, position: number): readonly Buffer[] {
  return [bytes.subarray(0, position), bytes.subarray(position)]
}

/** `bytes` in pieces of `size`. */
export function cutEvery(bytes: Buffer, size: number): readonly Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

/** The record at the start of a slab, as plain data. */
export function readRecord(slab: Slab, offset = 0): ReadRequest {
  const record = new RecordReader()
  record.bind(slab.buffer)
  record.open(offset)
  const text = (start: number, end: number): string => record.bytes.toString('latin1', start, end)
  const span = (index: number): readonly [string, string] => [
    text(record.nameStart(index), record.nameEnd(index)),
    text(record.valueStart(index), record.valueEnd(index)),
  ]
  return {
    method: record.method,
    target: text(record.targetStart, record.targetEnd),
    httpVersion: record.word(Word.httpVersion),
    headers: Array.from({ length: record.headerCount }, (_, index) => span(index)),
    trailers: Array.from({ length: record.trailerCount }, (_, index) => span(record.headerCount + index)),
    body: text(record.bodyStart, record.bodyEnd),
    bodySeenBytes: record.double(Word.bodySeen),
    flags: record.flags,
    parseError: record.parseError,
  }
}
