// Batches made once by the real reader and handed to real worker threads again and again: a pool's load without a listener.
import { type Batch, Batcher, type BatchReceiver } from '#src/batch/batcher.js'
import { stateUntouched, Word } from '#src/batch/record-layout.js'
import { SlabPool } from '#src/batch/slab.js'
import type { ServeOptions } from '#src/options/serve-options.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'
import { InspectionPool, type PoolObserver } from '#src/worker/pool.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'
import { buildCorpus, type CorpusName, encodeCorpus } from '../corpora/corpus.js'

/** Runs requests through the reader and keeps the batches. */
export function prepareBatches(name: CorpusName, seed: number, options: ServeOptions): Batch[] {
  const batches: Batch[] = []
  const receiver: BatchReceiver = {
    hasIdleWorker: true,
    queuedBytes: 0,
    submit: (batch) => batches.push(batch),
  }
  const slabs = new SlabPool(0)
  const batcher = new Batcher(slabs, receiver, options)
  const staging = new Staging(options, slabs, options.inFlightLimitBytes)
  const facts = {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 0,
    parseError: 'none' as const,
    peer: Buffer.from('10.1.2.3'),
    peerPort: 4711,
    receivedAtMs: 0,
  }
  const reader = new RequestReader(
    options,
    staging,
    {
      onWholeRequest: (assembly, recordFacts, chunk) => batcher.addFromChunk(assembly, recordFacts, chunk),
      onStagedRequest: (assembly, recordFacts, slab) => batcher.addStaged(assembly, recordFacts, slab),
      onShedRequest: () => undefined,
      onUnparsable: () => undefined,
      onContinueExpected: () => undefined,
    },
    facts,
  )
  for (const request of encodeCorpus(buildCorpus(name, seed))) reader.consume(request)
  batcher.seal()
  reader.dispose()
  return batches
}

/** Makes the records look as if no worker had seen them. */
function renew({ slab, recordCount }: Batch): void {
  let base = 0
  for (let index = 0; index < recordCount; index++) {
    slab.words[base + Word.state] = stateUntouched
    base += (slab.words[base + Word.byteLength] ?? 0) >> 2
  }
}

/** Keeps a pool busy: what is done goes in again, until it is stopped. */
export class Feeder implements PoolObserver {
  readonly distrustedAddresses: readonly string[] = []
  readonly isPrefilterOff = false
  requests = 0
  #isStopped = false
  #pool: InspectionPool | undefined

  /** Starts the pool and gives it the batches. @param threadPath - the worker's entry, if not the receiver's own. */
  async start(batches: readonly Batch[], options: ServeOptions, threadPath?: string): Promise<void> {
    const settings = threadPath === undefined ? options : { ...options, threadPath }
    const { pool } = await InspectionPool.start(settings, await readWorkerSettings(options), this)
    this.#pool = pool
    for (const batch of batches) this.#give(batch)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#pool?.drained()
    await this.#pool?.close()
  }

  onBatchDone(batch: Batch): void {
    this.requests += batch.recordCount
    if (!this.#isStopped) this.#give(batch)
  }
  onIdle(): void {}
  onRestart(cause: string, reason: string): void {
    throw new Error(`a worker died (${cause}): ${reason}`)
  }
  onReplaced(): void {}
  wallClockMs(): number {
    return Date.now()
  }

  #give(batch: Batch): void {
    renew(batch)
    this.#pool?.submit(batch)
  }
}
