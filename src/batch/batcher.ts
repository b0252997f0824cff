// Gathers parsed requests into batches and decides when one is sealed.
// Stage: parser -> [batch] -> worker. Hot path; bench: scenarios/parser.bench.ts.
// Owns the open slab until it is sealed; after that the pool owns it and gives it back through `SlabPool`.
import type { RequestAssembly } from '../parser/request-assembly.js'
import { fixedBytes } from './record-layout.js'
import {
  finishRecord,
  type RecordFacts,
  recordSize,
  tailSize,
  writeFromChunk,
  writeFromStage,
} from './record-writer.js'
import { type Slab, type SlabPool, slabSize } from './slab.js'

/** Requests handed to a worker together. Records lie one behind the other from offset 0. */
export interface Batch {
  readonly slab: Slab
  readonly recordCount: number
  /** Bytes of the slab that hold records. */
  readonly usedBytes: number
}

/** What a batch is handed to. */
export interface BatchReceiver {
  /** A worker waits for work, so a batch need not be full to be sealed. */
  readonly hasIdleWorker: boolean
  /** Slab bytes of batches that are queued or being inspected. */
  readonly queuedBytes: number
  /** Takes ownership of the batch. */
  submit(batch: Batch): void
}

/** When a batch is sealed, and how much may wait. */
export interface BatcherSettings {
  /** Size of the shared slab; a request of more than half of it gets a slab of its own. */
  readonly batchLimitBytes: number
  /** Requests after which a batch goes to an idle worker at once. */
  readonly batchLimitCount: number
  /** Longest time a request waits for company while a worker is idle, in ms. */
  readonly batchAgeMs: number
  /** Bound on `queuedBytes` plus the open slab; above it requests are shed. */
  readonly queueLimitBytes: number
}

/**
 * Sealing: a batch goes out when its slab is full, or when a worker is idle and it is full by count or old enough. While
 * all workers are busy it keeps growing: larger batches cost less per request, and slabs do not pile up half empty.
 */
export class Batcher {
  readonly #slabs: SlabPool
  readonly #receiver: BatchReceiver
  readonly #settings: BatcherSettings
  #open: Slab | undefined
  #usedBytes = 0
  #recordCount = 0
  #ageTimer: NodeJS.Timeout | undefined
  #isOverdue = false

  constructor(slabs: SlabPool, receiver: BatchReceiver, settings: BatcherSettings) {
    this.#slabs = slabs
    this.#receiver = receiver
    this.#settings = settings
  }

  /** Slab bytes of all batches that wait or are being inspected, the open one included. */
  get waitingBytes(): number {
    return this.#receiver.queuedBytes + (this.#open?.buffer.byteLength ?? 0)
  }

  /**
   * Adds a request that came whole in `chunk`; its bytes are copied.
   * @returns false when the queue is full: nothing was kept, the request is shed.
   */
  addFromChunk(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): boolean {
    const size = recordSize(assembly, facts)
    const slab = this.#roomFor(size)
    if (slab === undefined) return false
    this.#advance(writeFromChunk(slab, this.#usedBytes, assembly, facts, chunk))
    return true
  }

  /**
   * Adds a staged request and takes its slab over: a large one becomes a batch of its own without a copy.
   * @returns false when the queue is full: the slab went back to the pool, the request is shed.
   */
  addStaged(assembly: RequestAssembly, facts: RecordFacts, staged: Slab): boolean {
    const size = recordSize(assembly, facts)
    if (size > this.#settings.batchLimitBytes >> 1) return this.#sealAlone(assembly, facts, staged)
    const slab = this.#roomFor(size)
    if (slab !== undefined) this.#advance(writeFromStage(slab, this.#usedBytes, assembly, facts, staged))
    this.#slabs.give(staged)
    return slab !== undefined
  }

  /** The pool says that a worker became idle: what is overdue goes out. */
  onWorkerIdle(): void {
    if (this.#isOverdue || this.#recordCount >= this.#settings.batchLimitCount) this.seal()
  }

  /** Hands the open batch over, whatever its size; for drain and tests as well. */
  seal(): void {
    const slab = this.#open
    if (slab === undefined) return
    const batch: Batch = { slab, recordCount: this.#recordCount, usedBytes: this.#usedBytes }
    this.#open = undefined
    this.#usedBytes = 0
    this.#recordCount = 0
    this.#isOverdue = false
    clearTimeout(this.#ageTimer)
    this.#ageTimer = undefined
    this.#receiver.submit(batch)
  }

  #advance(byteLength: number): void {
    this.#usedBytes += byteLength
    this.#recordCount += 1
    if (this.#recordCount >= this.#settings.batchLimitCount && this.#receiver.hasIdleWorker) this.seal()
  }

  #roomFor(size: number): Slab | undefined {
    if (this.#open !== undefined && this.#usedBytes + size > this.#open.buffer.byteLength) this.seal()
    if (this.#open !== undefined) return this.#open
    const slabBytes = slabSize(Math.max(this.#settings.batchLimitBytes, size))
    if (this.#receiver.queuedBytes + slabBytes > this.#settings.queueLimitBytes) return undefined
    this.#open = this.#slabs.take(slabBytes)
    this.#ageTimer = setTimeout(this.#onAge, this.#settings.batchAgeMs)
    return this.#open
  }

  readonly #onAge = (): void => {
    this.#ageTimer = undefined
    this.#isOverdue = true
    if (this.#receiver.hasIdleWorker) this.seal()
  }

  #sealAlone(assembly: RequestAssembly, facts: RecordFacts, staged: Slab): boolean {
    const needed = fixedBytes + assembly.headLength + assembly.bodyKeptBytes + tailSize(assembly, facts)
    if (this.#receiver.queuedBytes + slabSize(needed) > this.#settings.queueLimitBytes) {
      this.#slabs.give(staged)
      return false
    }
    const slab = needed <= staged.buffer.byteLength ? staged : this.#grow(staged, needed)
    const usedBytes = finishRecord(slab, 0, assembly, facts)
    this.#receiver.submit({ slab, recordCount: 1, usedBytes })
    return true
  }

  #grow(staged: Slab, needed: number): Slab {
    const slab = this.#slabs.take(needed)
    staged.bytes.copy(slab.bytes, 0, 0, staged.bytes.length)
    this.#slabs.give(staged)
    return slab
  }
}
