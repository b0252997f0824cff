// Inspects the records of one batch and writes their outcomes into the slab.
// Stage: batch -> [worker] -> sinks. Hot path; bench: scenarios/worker.bench.ts.
// Requests in which the engine has to check single values wait for one another: one engine call decides many of them.
import { stateDecided, stateInHand, stateUntouched, Word } from '../batch/record-layout.js'
import { RecordReader } from '../batch/record-reader.js'
import type { BodyReport } from '../request/body-walker.js'
import { type Outcome, outcomeIndex } from '../verdict/outcome.js'
import { BatchTally } from './batch-tally.js'
import type { BuiltInspector } from './build-inspector.js'
import type { EventWriter } from './event-writer.js'
import type { Inspection } from './inspection.js'
import type { BatchResult, BatchTask, PrefilterGauges } from './messages.js'
import type { SpanAdmission, SpanGate } from './span-gate.js'

/** A record that waits for the engine's word on some of its values. */
interface HeldRecord {
  readonly offset: number
  readonly outcomeIfCleared: Outcome
  readonly bodyIfCleared: BodyReport
  readonly screenMs: number
}

const lostState = stateDecided + outcomeIndex('lost')

/** Inspects batches, one at a time; one per worker thread. */
export class BatchInspector {
  readonly #built: BuiltInspector
  readonly #writer: EventWriter
  readonly #spanGate: SpanGate | undefined
  readonly #isAskedToStop: () => boolean
  readonly #record = new RecordReader()
  readonly #held: HeldRecord[] = []
  #tally = new BatchTally()
  /** Added to `performance.now()` it is the listener's wall clock. */
  #clockOffsetMs = 0

  /**
   * @param isAskedToStop - asked between records: the rest of the batch is left as it is.
   * @param spanGate - picks requests that are reported without an event; undefined: none are.
   */
  constructor(
    built: BuiltInspector,
    writer: EventWriter,
    isAskedToStop: () => boolean,
    spanGate: SpanGate | undefined = undefined,
  ) {
    this.#built = built
    this.#spanGate = spanGate
    this.#writer = writer
    this.#isAskedToStop = isAskedToStop
  }

  /** Decides each record that is not decided yet. */
  inspect(task: BatchTask): BatchResult {
    const startMs = performance.now()
    const [waitedSeconds, waitedNs] = process.hrtime([...task.dispatchedAt])
    this.#clockOffsetMs = task.dispatchedAtMs + waitedSeconds * 1000 + waitedNs / 1e6 - startMs
    this.#tally = new BatchTally()
    this.#obeyVerification(task)
    this.#record.bind(task.slab)
    let offset = 0
    for (let index = 0; index < task.recordCount && !this.#isAskedToStop(); index += 1) {
      this.#record.open(offset)
      if (this.#record.word(Word.state) === stateUntouched) this.#screen(offset)
      this.#record.open(offset)
      offset += this.#record.byteLength
    }
    this.#settle()
    return this.#tally.result((performance.now() - startMs) * 1000, this.#gauges())
  }

  #obeyVerification(task: BatchTask): void {
    if (task.isPrefilterOff) this.#built.inspector.stopPrefiltering()
    for (const address of task.distrustedAddresses) {
      this.#built.prefilter?.distrust(address, 'the engine contradicted a clearance')
    }
  }

  #screen(offset: number): void {
    const record = this.#record
    const { inspector, prefilter } = this.#built
    const startMs = performance.now()
    const queueMs = Math.max(0, this.#clockOffsetMs + startMs - record.double(Word.receivedAtMs))
    record.setWord(Word.state, stateInHand)
    record.setWord(Word.queueUs, queueMs * 1000)
    try {
      const screening = inspector.screen(record)
      if (screening === 'pending' && prefilter !== undefined) {
        this.#hold(offset, performance.now() - startMs)
        if (prefilter.mustSettle) this.#settle()
        return
      }
      this.#finish(
        screening === 'cleared' ? inspector.clear(record, inspector.outcomeIfCleared) : inspector.judge(record),
        startMs,
      )
    } catch {
      this.#lose()
    }
  }

  /** It is nobody's while it waits: should the worker die over another record, this one runs again. */
  #hold(offset: number, screenMs: number): void {
    const { inspector, prefilter } = this.#built
    prefilter?.hold(this.#held.length)
    const { outcomeIfCleared, bodyIfCleared } = inspector
    this.#held.push({ offset, screenMs, outcomeIfCleared, bodyIfCleared })
    this.#record.setWord(Word.state, stateUntouched)
  }

  #settle(): void {
    if (this.#held.length === 0) return
    try {
      this.#built.prefilter?.settle(this.#decideHeld)
    } catch {
      // The call that was to decide them failed: each is judged by itself.
      for (let ticket = 0; ticket < this.#held.length; ticket += 1) this.#decideHeld(ticket, false)
    }
    this.#held.length = 0
  }

  readonly #decideHeld = (ticket: number, isCleared: boolean): void => {
    const held = this.#held[ticket]
    if (held === undefined) return
    const record = this.#record
    record.open(held.offset)
    if (record.word(Word.state) !== stateUntouched) return
    const startMs = performance.now()
    record.setWord(Word.state, stateInHand)
    try {
      const { inspector } = this.#built
      const inspection = isCleared
        ? inspector.clearHeld(record, held.outcomeIfCleared, held.bodyIfCleared)
        : inspector.judge(record)
      this.#finish(inspection, startMs - held.screenMs)
    } catch {
      this.#lose()
    }
  }

  #finish(inspection: Inspection, startMs: number): void {
    const record = this.#record
    const inspectUs = (performance.now() - startMs) * 1000
    record.setWord(Word.inspectUs, inspectUs)
    // Writing may throw, and a record that is lost by that must not count as anything else too.
    if (inspection.matches.length > 0) {
      this.#tally.events.push(this.#writer.write(record, inspection, record.word(Word.queueUs), inspectUs))
    } else if (this.#spanGate !== undefined) {
      this.#reportWithoutEvent(this.#spanGate.admit(inspection), inspection, inspectUs)
    }
    this.#tally.add(inspection)
    record.setWord(Word.state, stateDecided + outcomeIndex(inspection.outcome))
  }

  #reportWithoutEvent(admission: SpanAdmission, inspection: Inspection, inspectUs: number): void {
    if (admission === 'over-limit') this.#tally.spansOverLimit += 1
    if (admission !== 'reported') return
    const record = this.#record
    this.#tally.spans.push(this.#writer.write(record, inspection, record.word(Word.queueUs), inspectUs))
  }

  /** One record must not take its batch along; it is counted as lost, and as an engine error. */
  #lose(): void {
    this.#tally.errorCount += 1
    this.#record.setWord(Word.state, lostState)
  }

  #gauges(): PrefilterGauges {
    const { prefilter } = this.#built
    if (prefilter === undefined) return { tableBytes: 0, states: 0, flushes: 0, refused: 0 }
    const { tableBytes, states, flushes, refusedByRequest, refusedByRate } = prefilter.stats
    return { tableBytes, states, flushes, refused: refusedByRequest + refusedByRate }
  }
}
