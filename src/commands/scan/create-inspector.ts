// The inspection without a listener: parser, records and inspector in this thread, as a worker has them.

import type { ParseError } from '../../batch/record-layout.js'
import { RecordReader } from '../../batch/record-reader.js'
import type { RecordFacts } from '../../batch/record-writer.js'
import { recordSize, writeFromChunk, writeFromStage } from '../../batch/record-writer.js'
import { type Slab, SlabPool } from '../../batch/slab.js'
import type { ServeOptions } from '../../options/serve-options.js'
import type { RequestAssembly } from '../../parser/request-assembly.js'
import type { RequestConsumer } from '../../parser/request-consumer.js'
import { RequestReader } from '../../parser/request-reader.js'
import { Staging } from '../../parser/staging.js'
import { type BuiltInspector, buildInspector } from '../../worker/build-inspector.js'
import { EventWriter } from '../../worker/event-writer.js'
import { readWorkerSettings } from '../../worker/worker-settings.js'
import type { InspectorFactory, RequestInspector, ScanResult } from './request-inspector.js'

/** Slabs kept for the next request: one large one and a few small ones. */
const keptSlabBytes = 32 * 1024 * 1024

/** See `RequestInspector`. */
export const createInspector: InspectorFactory = async (options) => {
  const settings = await readWorkerSettings(options)
  const built = buildInspector(settings, false)
  return new ScanInspector(options, built, new EventWriter(settings.inspection, built.engine))
}

class ScanInspector implements RequestInspector, RequestConsumer {
  readonly #options: ServeOptions
  readonly #built: BuiltInspector
  readonly #events: EventWriter
  readonly #slabs = new SlabPool(keptSlabBytes)
  readonly #staging: Staging
  readonly #record = new RecordReader()
  readonly #facts: RecordFacts
  #reader: RequestReader
  #results: ScanResult[] = []
  #isBroken = false
  #ignoredBytes = 0

  constructor(options: ServeOptions, built: BuiltInspector, events: EventWriter) {
    this.#options = options
    this.#built = built
    this.#events = events
    this.#staging = new Staging(options, this.#slabs, options.inFlightLimitBytes)
    this.#facts = emptyFacts()
    this.#reader = this.#createReader()
  }

  inspect(raw: Uint8Array, peer: string): readonly ScanResult[] {
    this.#facts.peer = Buffer.from(peer, 'latin1')
    this.#facts.receivedAtMs = Date.now()
    this.#read(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength))
    return this.#takeResults()
  }

  /** In a recording a request that closes its connection is followed by the next one, on what was another connection. */
  #read(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0 && !this.#isBroken) {
      const end = this.#reader.consume(rest)
      if (end.kind === 'open' || this.#reader.isInRequest) return
      rest = rest.subarray(rest.length - this.#reader.unreadBytes)
      if (end.kind === 'close') this.#restart()
      else this.#isBroken = true
    }
    this.#ignoredBytes += rest.length
  }

  #restart(): void {
    this.#reader.dispose()
    this.#reader = this.#createReader()
  }

  finish(): readonly ScanResult[] {
    this.#reader.finish()
    this.#restart()
    this.#isBroken = false
    return this.#takeResults()
  }

  get ignoredBytes(): number {
    return this.#ignoredBytes
  }

  dispose(): void {
    this.#reader.dispose()
    this.#built.dispose()
  }

  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void {
    const slab = this.#slabs.take(recordSize(assembly, facts))
    writeFromChunk(slab, 0, assembly, facts, chunk)
    this.#inspect(slab)
  }

  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, staged: Slab): void {
    const slab = this.#slabs.take(recordSize(assembly, facts))
    writeFromStage(slab, 0, assembly, facts, staged)
    this.#slabs.give(staged)
    this.#inspect(slab)
  }

  onShedRequest(): void {
    this.#results.push(uninspected('shed', null))
  }

  onUnparsable(error: ParseError): void {
    this.#results.push(uninspected('unparsable', error))
  }

  /** There is nobody to answer. */
  onContinueExpected(): void {}

  #createReader(): RequestReader {
    return new RequestReader(this.#options, this.#staging, this, this.#facts)
  }

  #takeResults(): readonly ScanResult[] {
    const results = this.#results
    this.#results = []
    return results
  }

  #inspect(slab: Slab): void {
    const record = this.#record
    record.bind(slab.buffer)
    record.open(0)
    const startMs = performance.now()
    const inspection = this.#built.inspector.inspect(record)
    const inspectUs = Math.round((performance.now() - startMs) * 1000)
    const event = inspection.matches.length > 0 ? this.#events.build(record, inspection, 0, inspectUs) : undefined
    this.#results.push({
      outcome: inspection.outcome,
      matches: event?.matches ?? [],
      flags: { truncated: inspection.isTruncated, aborted: inspection.isAborted, timed_out: inspection.isTimedOut },
      parse_error: record.parseError === 'none' ? null : record.parseError,
      body_fault: inspection.body.fault ?? null,
      lost_bytes: this.#reader.lostBytes,
      inspect_us: inspectUs,
      cleared: inspection.isCleared,
      candidate: inspection.reason ?? null,
    })
    this.#slabs.give(slab)
  }
}

function uninspected(outcome: 'shed' | 'unparsable', parseError: string | null): ScanResult {
  const flags = { truncated: false, aborted: false, timed_out: false }
  return {
    outcome,
    matches: [],
    flags,
    parse_error: parseError,
    body_fault: null,
    lost_bytes: 0,
    inspect_us: 0,
    cleared: false,
    candidate: null,
  }
}

function emptyFacts(): RecordFacts {
  return {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 0,
    parseError: 'none',
    peer: Buffer.alloc(0),
    peerPort: 0,
    receivedAtMs: 0,
  }
}
