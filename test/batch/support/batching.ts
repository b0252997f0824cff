// A batcher with a receiver that does nothing but note what it is given, fed through a real request reader.
import { type Batch, Batcher, type BatcherSettings, type BatchReceiver } from '#src/batch/batcher.js'
import { RecordReader } from '#src/batch/record-reader.js'
import type { RecordFacts } from '#src/batch/record-writer.js'
import { type Slab, SlabPool } from '#src/batch/slab.js'
import type { RequestAssembly } from '#src/parser/request-assembly.js'
import type { RequestConsumer } from '#src/parser/request-consumer.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'
import { createFacts, generousLimits, type ReadRequest, readRecord } from '../../parser/support/reading.js'

export const usualSettings: BatcherSettings = {
  batchLimitBytes: 16 * 1024,
  batchLimitCount: 64,
  // Tests that feed and look do so in one turn of the event loop, so that this never comes between.
  batchAgeMs: 300,
  queueLimitBytes: 1024 * 1024,
}

/** What a pool would be; `batches` are the sealed ones. */
export class NotingReceiver implements BatchReceiver {
  readonly batches: Batch[] = []
  hasIdleWorker = false
  queuedBytes = 0

  submit(batch: Batch): void {
    this.batches.push(batch)
    this.queuedBytes += batch.slab.buffer.byteLength
  }
}

/** Reader, batcher and receiver put together. */
export class BatchBench implements RequestConsumer {
  readonly slabs: SlabPool = new SlabPool(1024 * 1024)
  readonly receiver: NotingReceiver = new NotingReceiver()
  readonly batcher: Batcher
  readonly staging: Staging
  readonly accepted: boolean[] = []
  readonly #reader: RequestReader

  constructor(settings: Partial<BatcherSettings> = {}, facts: RecordFacts = createFacts()) {
    this.batcher = new Batcher(this.slabs, this.receiver, { ...usualSettings, ...settings })
    this.staging = new Staging(generousLimits, this.slabs, 64 * 1024 * 1024)
    this.#reader = new RequestReader(generousLimits, this.staging, this, facts)
  }

  feed(...chunks: readonly (string | Buffer)[]): void {
    for (const chunk of chunks) this.#reader.consume(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  }

  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void {
    this.accepted.push(this.batcher.addFromChunk(assembly, facts, chunk))
  }

  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void {
    this.accepted.push(this.batcher.addStaged(assembly, facts, slab))
  }

  onShedRequest(): void {
    throw new Error('nothing is shed in these tests')
  }

  onUnparsable(): void {
    throw new Error('all is well-formed in these tests')
  }

  onContinueExpected(): void {}
}

/** Offsets of a batch's records, found as a worker finds them. */
export function recordOffsets(batch: Batch): readonly number[] {
  const record = new RecordReader()
  record.bind(batch.slab.buffer)
  const offsets: number[] = []
  let offset = 0
  for (let index = 0; index < batch.recordCount; index += 1) {
    offsets.push(offset)
    record.open(offset)
    offset += record.byteLength
  }
  if (offset !== batch.usedBytes) throw new Error(`records end at ${offset}, the batch at ${batch.usedBytes}`)
  return offsets
}

/** The requests of a batch in order. */
export function requestsIn(batch: Batch): readonly ReadRequest[] {
  return recordOffsets(batch).map((offset) => readRecord(batch.slab, offset))
}
