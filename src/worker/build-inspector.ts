// Puts an inspector together: engine, prefilter, walker and budget for one thread.
// Shared by the worker thread and by `scan`, so that both inspect alike.
import type { RecordReader } from '../batch/record-reader.js'
import { createEngine } from '../engine/ddwaf.js'
import type { Engine } from '../engine/engine.js'
import { selectRules } from '../engine/family-ruleset.js'
import { findFingerprinting } from '../engine/fingerprint-ruleset.js'
import { RuleOrder } from '../engine/rule-order.js'
import { parseRulesetDocument, type RulesetSource } from '../engine/ruleset.js'
import type { JsonRecord } from '../json-shape.js'
import { compilePrefilter } from '../prefilter/compile-ruleset.js'
import { createPrefilter } from '../prefilter/create-prefilter.js'
import type { RulesetPrefilter } from '../prefilter/ruleset-prefilter.js'
import { DecodeBudget } from '../request/decode-budget.js'
import { endpointOf } from '../request/endpoint.js'
import { EngineInputBuilder } from '../request/engine-input.js'
import { RequestWalker } from '../request/request-walker.js'
import { isMarkedTruncated } from '../request/truncated-mark.js'
import { prepareWalkSettings } from '../request/walk-settings.js'
import { FamilyJudges } from './family-judges.js'
import { Inspector } from './inspector.js'
import type { WorkerSettings } from './messages.js'
import { RequestDescriber } from './request-describer.js'
import type { SpanGate } from './span-gate.js'
import { threadCpuUs } from './thread-clock.js'

/** An inspector and what it judges with; dispose it when done. */
export interface BuiltInspector {
  readonly inspector: Inspector
  readonly engine: Engine
  /** Undefined with `prefilter: off`. */
  readonly prefilter: RulesetPrefilter | undefined
  /** Gives native memory back. */
  dispose(): void
}

/**
 * Loads engine and ruleset in the calling thread.
 * @param isWarmedUp - whether to spend up to 0.4 s so that the first requests find the prefilter's automata built.
 * @param spanGate - picks the requests whose schemas are extracted; undefined: none are.
 * @param checkpoint - called between steps; may throw to give up. None of them is long.
 * @throws as `createEngine`.
 */
export function buildInspector(
  settings: Pick<WorkerSettings, 'ruleset' | 'engine' | 'inspection'>,
  isWarmedUp: boolean = true,
  spanGate: SpanGate | undefined = undefined,
  checkpoint: () => void = () => {},
): BuiltInspector {
  const { inspection } = settings
  const engine = createEngine(settings.ruleset, settings.engine)
  checkpoint()
  const now = (): number => performance.now()
  const documents = settings.ruleset.documents.map(parseRulesetDocument)
  const prefilter = inspection.prefilter === 'off' ? undefined : buildPrefilter(documents, engine.version, now)
  const describer = prefilter === undefined ? undefined : buildDescriber(documents)
  checkpoint()
  const create = (rules: object): Engine => createEngine(documentOf(rules), { ...settings.engine, minRules: 0 })
  const families = prefilter === undefined ? undefined : buildFamilies(documents, engine, prefilter, create, checkpoint)
  // A worker is ready when its automata know common traffic: the first requests would pay for their states otherwise.
  if (isWarmedUp) prefilter?.warmUp()
  const budget = new DecodeBudget(now)
  const inspector = new Inspector({
    engine,
    prefilter,
    describer,
    families,
    verifyRatio: inspection.prefilter === 'verify' ? 1 : inspection.verifyRatio,
    random: Math.random,
    walker: new RequestWalker(prepareWalkSettings(inspection), budget),
    builder: new EngineInputBuilder(),
    budget,
    wafTimeoutUs: inspection.wafTimeoutUs,
    isSampled: spanGate?.samplesSchemas === true ? sampleBy(spanGate) : undefined,
    isMarkedTruncated: inspection.trustsPeers ? isMarkedTruncated : undefined,
    now,
    threadCpuUs,
  })
  const dispose = (): void => {
    prefilter?.dispose()
    describer?.dispose()
    families?.dispose()
    engine.dispose()
  }
  return { inspector, engine, prefilter, dispose }
}

function sampleBy(gate: SpanGate): (record: RecordReader) => boolean {
  return (record) => gate.sample(record.method, endpointOf(record.bytes, record.targetStart, record.targetEnd))
}

function buildPrefilter(documents: readonly JsonRecord[], engineVersion: string, now: () => number): RulesetPrefilter {
  const compiled = compilePrefilter(documents, engineVersion)
  return createPrefilter(compiled, { createEngine: createCheckEngine, now })
}

function buildDescriber(documents: readonly JsonRecord[]): RequestDescriber | undefined {
  const fingerprinting = findFingerprinting(documents)
  return fingerprinting.kind === 'unknown' ? undefined : new RequestDescriber(fingerprinting, createCheckEngine)
}

function buildFamilies(
  documents: readonly JsonRecord[],
  whole: Engine,
  { families }: RulesetPrefilter,
  create: (rules: object) => Engine,
  checkpoint: () => void,
): FamilyJudges | undefined {
  // With one family there is nothing to spare; rules that the engine refuses would be counted into the order of the others.
  if (families.length < 2 || whole.rulesFailedCount > 0) return undefined
  const order = new RuleOrder(documents, createCheckEngine, checkpoint)
  if (!order.knows(families.flat())) return undefined
  // All are built before the first request: building one takes longer than a request may.
  const engines = families.map((ids) => {
    checkpoint()
    return create(selectRules(documents, ids))
  })
  return new FamilyJudges(engines, order)
}

/** The small engine that confirms single values; its results are only counted, so there is nothing to redact. */
export function createCheckEngine(rules: object): Engine {
  return createEngine(documentOf(rules), { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 0 })
}

function documentOf(rules: object): RulesetSource {
  return { documents: [{ path: 'rules of our own', text: JSON.stringify(rules) }] }
}
