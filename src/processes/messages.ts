// What crosses between the primary and the processes that serve; plain data for structured clone (cluster's "advanced").
import type { EngineInfo, RuleHit } from '../observe/metrics.js'
import type { ServeOptions } from '../options/serve-options.js'
import type { PipelineInfo } from '../pipeline.js'
import type { StartFault } from '../sinks/reporter-messages.js'

/** From the primary to one child. */
export type ToChild =
  | { readonly kind: 'start'; readonly processNumber: number; readonly options: ServeOptions }
  | { readonly kind: 'reload' }
  /** Drain, then end. */
  | { readonly kind: 'stop' }

/** From a child to the primary. */
export type FromChild =
  | { readonly kind: 'ready'; readonly info: PipelineInfo }
  | { readonly kind: 'refused'; readonly fault: StartFault }
  | { readonly kind: 'engine'; readonly info: EngineInfo }
  | { readonly kind: 'report'; readonly report: ChildReport }
  | { readonly kind: 'numbers'; readonly numbers: ChildNumbers }

/** What a batch or more left behind, with the counters of the same moment: a killed child's events and counts then agree. */
export interface ChildReport {
  readonly events: readonly Uint8Array[]
  /** See `Reporter.sendSpans`. */
  readonly spans: readonly Uint8Array[]
  readonly ruleHits: readonly RuleHit[]
  /** All slots of `SharedCounters`. */
  readonly counters: Float64Array
}

/** A child's instruments at one moment, all slots; totals since its start, so a later one makes an earlier one void. */
export interface ChildNumbers {
  readonly counters: Float64Array
  /** Left out between the seconds: they are thirty times the size of the counters. */
  readonly histograms: ChildHistograms | undefined
}

export interface ChildHistograms {
  readonly answerLatencyUs: Float64Array
  readonly verdictLatencyUs: Float64Array
  readonly batchRequests: Float64Array
}
