// What crosses between the listener thread and the workers; plain data that structured clone takes.
import type { EngineOptions } from '../engine/ddwaf.js'
import type { RulesetSource } from '../engine/ruleset.js'
import type { RuleHit } from '../observe/metrics.js'
import type { BodyFault } from '../request/body/body-fault.js'
import type { RedactionPatterns } from '../verdict/redact.js'

/** Everything a worker needs to build its inspector; the same for all workers of a pool. */
export interface WorkerSettings {
  readonly ruleset: RulesetSource
  readonly engine: EngineOptions
  readonly inspection: InspectionSettings
  /** Shared with the pool: see `respawn-gate.ts`. */
  readonly respawnGate: SharedArrayBuffer
  /** Added to the thread's nice value, so that inspection never delays an answer on a full machine. */
  readonly niceIncrement: number
}

/** How a worker inspects; resolved options, no functions. */
export interface InspectionSettings {
  readonly wafTimeoutUs: number
  readonly bodyInspectLimitBytes: number
  /** All peers are named by `--peers`, so what they say of a copy is believed. */
  readonly trustsPeers: boolean
  readonly clientIpHeader: string
  readonly trustedProxies: readonly string[]
  readonly trustedHops: number
  readonly shadowSuffix: 'auto' | 'always' | 'never'
  readonly prefilter: 'on' | 'off' | 'verify'
  readonly verifyRatio: number
  readonly verifyAction: 'log' | 'group' | 'off'
  readonly redaction: RedactionPatterns
  readonly service: string
  readonly env: string
  readonly version: string
  /** Undefined when nothing but events is reported. */
  readonly spans: SpanSettings | undefined
}

/** Which requests that raised no event are reported all the same, for tracing. */
export interface SpanSettings {
  /** Every request, or one a minute beside those that the engine wants kept. */
  readonly mode: 'all' | 'heartbeat'
  /** Requests a second, over all workers; 0 = no limit. */
  readonly limitCount: number
  /** Schemas of one endpoint are extracted once in this time; undefined = never. */
  readonly schemaPeriodSeconds: number | undefined
  /** From `allocateSpanGate`; shared by all workers. */
  readonly gate: SharedArrayBuffer
}

/** One batch to inspect. The slab is shared: outcomes are written into its records. */
export interface BatchTask {
  readonly kind: 'inspect'
  readonly slab: SharedArrayBuffer
  readonly recordCount: number
  /** Addresses whose requests the prefilter may no longer clear. */
  readonly distrustedAddresses: readonly string[]
  /** The prefilter is not asked at all. */
  readonly isPrefilterOff: boolean
  /** The listener's wall clock when the batch was handed over, in ms since the epoch. */
  readonly dispatchedAtMs: number
  /** `process.hrtime()` at the same moment: one monotonic clock for all threads. */
  readonly dispatchedAt: readonly [number, number]
}

/** Asks a worker whether it is ready to inspect. */
export interface ReadyTask {
  readonly kind: 'ready'
}

export type WorkerTask = BatchTask | ReadyTask

/** What a worker gives back beside the outcomes in the slab. */
export interface BatchResult {
  readonly kind: 'inspected'
  /** Encoded events, one JSON line each, its end included. */
  readonly events: readonly Uint8Array[]
  /** Requests that raised no event and are reported all the same; encoded as events are. */
  readonly spans: readonly Uint8Array[]
  /** How many more there would have been without the limit. */
  readonly spansOverLimit: number
  readonly ruleHits: readonly RuleHit[]
  /** Requests per kind of body fault; kinds that did not occur are left out. */
  readonly bodyFaults: readonly BodyFaultCount[]
  readonly busyUs: number
  readonly clearedCount: number
  readonly engineRunCount: number
  readonly engineErrorCount: number
  readonly verifiedCount: number
  readonly contradictedCount: number
  /** The first few contradictions of the batch. */
  readonly contradictions: readonly Contradiction[]
  /** Which worker this is, and how its prefilter stands. */
  readonly workerId: number
  readonly prefilter: PrefilterGauges
}

export interface BodyFaultCount {
  readonly kind: BodyFault
  readonly count: number
}

/** What the engine found in a request that the prefilter had cleared. */
export interface Contradiction {
  readonly rules: readonly string[]
  readonly addresses: readonly string[]
}

/** State of one worker's prefilter; all 0 without one. */
export interface PrefilterGauges {
  readonly tableBytes: number
  readonly states: number
  readonly flushes: number
  readonly refused: number
}

/** What a ready worker runs. */
export interface WorkerReady {
  readonly kind: 'ready'
  readonly engineName: string
  readonly engineVersion: string
  readonly rulesVersion: string
  readonly rulesLoadedCount: number
  readonly rulesFailedCount: number
}

/** The worker could not build its inspector: an error by code, because classes do not cross threads. */
export interface WorkerFailed {
  readonly kind: 'failed'
  readonly code: string
  readonly details: Readonly<Record<string, string | number>>
  readonly message: string
}

export type WorkerAnswer = BatchResult | WorkerReady | WorkerFailed
