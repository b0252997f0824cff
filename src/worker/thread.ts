// Entry of a worker thread: builds its inspector once, then inspects batch after batch.
// Stage: batch -> [worker] -> sinks. Hot path; bench: scenarios/worker.bench.ts.
import { setPriority } from 'node:os'
import { threadId, workerData } from 'node:worker_threads'
import { stateDecided, stateInHand, stateUntouched, Word } from '../batch/record-layout.js'
import { RecordReader } from '../batch/record-reader.js'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { RuleHit } from '../observe/metrics.js'
import { outcomeIndex } from '../verdict/outcome.js'
import { type BuiltInspector, buildInspector } from './build-inspector.js'
import { EventWriter } from './event-writer.js'
import type { Inspection } from './inspector.js'
import type {
  BatchResult,
  BatchTask,
  Contradiction,
  PrefilterGauges,
  WorkerAnswer,
  WorkerFailed,
  WorkerSettings,
  WorkerTask,
} from './messages.js'
import { isAskedToStop, waitAtGate } from './respawn-gate.js'

/** A thread that is ready, or why it is not. Built when the module loads: piscina calls a worker ready after that. */
type ThreadState =
  | { readonly kind: 'ready'; readonly built: BuiltInspector; readonly events: EventWriter }
  | { readonly kind: 'failed'; readonly failure: WorkerFailed }

// Foreign boundary: what the pool gave as workerData, cloned by Node.
const settings = workerData as WorkerSettings
const gateWords = new Int32Array(settings.respawnGate)
const record = new RecordReader()
const lost = outcomeIndex('lost')
/** One fault of the prefilter usually shows many times over; a few tell what it is. */
const contradictionLimitCount = 4
const state: ThreadState = start()

/** Runs one task; piscina calls it by name. The slab's records get their outcomes, the answer carries the events. */
export function runTask(task: WorkerTask): WorkerAnswer {
  if (state.kind === 'failed') return state.failure
  if (task.kind === 'inspect') return inspectBatch(task, state.built, state.events)
  const { engine } = state.built
  return {
    kind: 'ready',
    engineName: engine.name,
    engineVersion: engine.version,
    rulesVersion: engine.rulesVersion,
    rulesLoadedCount: engine.rulesLoadedCount,
    rulesFailedCount: engine.rulesFailedCount,
  }
}

function start(): ThreadState {
  waitAtGate(settings.respawnGate)
  try {
    // On Linux this is the calling thread's own priority: answers come before verdicts.
    if (settings.niceIncrement > 0) setPriority(0, settings.niceIncrement)
    const built = buildInspector(settings)
    return { kind: 'ready', built, events: new EventWriter(settings.inspection, built.engine) }
  } catch (error) {
    const { code, details } =
      error instanceof MirrorwafError ? error : { code: 'MWAF_POOL_START', details: { reason: reasonOf(error) } }
    return { kind: 'failed', failure: { kind: 'failed', code, details, message: reasonOf(error) } }
  }
}

function inspectBatch(task: BatchTask, built: BuiltInspector, writer: EventWriter): BatchResult {
  const startMs = performance.now()
  const [waitedSeconds, waitedNs] = process.hrtime([...task.dispatchedAt])
  const arrivalMs = task.dispatchedAtMs + waitedSeconds * 1000 + waitedNs / 1e6
  const tally = new BatchTally()
  if (task.isPrefilterOff) built.inspector.stopPrefiltering()
  for (const address of task.distrustedAddresses) built.prefilter?.distrust(address, 'the engine contradicted it')
  record.bind(task.slab)
  let offset = 0
  for (let index = 0; index < task.recordCount && !isAskedToStop(gateWords); index += 1) {
    record.open(offset)
    offset += record.byteLength
    if (record.word(Word.state) === stateUntouched) inspectRecord(built, writer, tally, startMs, arrivalMs)
  }
  return tally.result((performance.now() - startMs) * 1000, gaugesOf(built))
}

/** @param arrivalMs - the listener's wall clock at `startMs`. */
function inspectRecord(
  built: BuiltInspector,
  writer: EventWriter,
  tally: BatchTally,
  startMs: number,
  arrivalMs: number,
): void {
  const nowMs = performance.now()
  const queueUs = Math.max(0, (arrivalMs + nowMs - startMs - record.double(Word.receivedAtMs)) * 1000)
  record.setWord(Word.state, stateInHand)
  record.setWord(Word.queueUs, queueUs)
  try {
    const inspection = built.inspector.inspect(record)
    const inspectUs = (performance.now() - nowMs) * 1000
    record.setWord(Word.inspectUs, inspectUs)
    tally.add(inspection)
    if (inspection.matches.length > 0) tally.events.push(writer.write(record, inspection, queueUs, inspectUs))
    record.setWord(Word.state, stateDecided + outcomeIndex(inspection.outcome))
  } catch {
    // One record must not take its batch along; it is counted as lost, and the pool's metrics show the engine error.
    tally.errorCount += 1
    record.setWord(Word.state, stateDecided + lost)
  }
}

function gaugesOf({ prefilter }: BuiltInspector): PrefilterGauges {
  if (prefilter === undefined) return { tableBytes: 0, states: 0, flushes: 0, refused: 0 }
  const { tableBytes, states, flushes, refusedByRequest, refusedByRate } = prefilter.stats
  return { tableBytes, states, flushes, refused: refusedByRequest + refusedByRate }
}

/** What one batch adds up to. */
class BatchTally {
  readonly events: Uint8Array[] = []
  errorCount = 0
  #clearedCount = 0
  #engineRunCount = 0
  #verifiedCount = 0
  #contradictedCount = 0
  readonly #contradictions: Contradiction[] = []
  readonly #hits = new Map<string, { type: string; count: number }>()

  add(inspection: Inspection): void {
    if (inspection.isCleared) this.#clearedCount += 1
    this.#engineRunCount += inspection.engineRunCount
    this.errorCount += inspection.engineErrorCount
    if (inspection.isVerified) this.#verifiedCount += 1
    if (inspection.isContradicted) this.#addContradiction(inspection)
    for (const { id, tags } of inspection.matches) {
      const hit = this.#hits.get(id)
      if (hit === undefined) this.#hits.set(id, { type: tags['type'] ?? '', count: 1 })
      else hit.count += 1
    }
  }

  #addContradiction({ matches }: Inspection): void {
    this.#contradictedCount += 1
    if (this.#contradictions.length === contradictionLimitCount) return
    this.#contradictions.push({
      rules: matches.map(({ id }) => id),
      addresses: [...new Set(matches.flatMap(({ conditions }) => conditions.map(({ address }) => address)))],
    })
  }

  result(busyUs: number, prefilter: PrefilterGauges): BatchResult {
    const ruleHits: RuleHit[] = [...this.#hits].map(([rule, { type, count }]) => ({ rule, type, count }))
    return {
      kind: 'inspected',
      events: this.events,
      ruleHits,
      busyUs,
      clearedCount: this.#clearedCount,
      engineRunCount: this.#engineRunCount,
      engineErrorCount: this.errorCount,
      verifiedCount: this.#verifiedCount,
      contradictedCount: this.#contradictedCount,
      contradictions: this.#contradictions,
      workerId: threadId,
      prefilter,
    }
  }
}
