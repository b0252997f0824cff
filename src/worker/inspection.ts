// What was found out about one request.
import { RecordFlag } from '../batch/record-layout.js'
import type { EngineWork, RuleMatch, TruncationMetrics } from '../engine/engine.js'
import type { CandidateReason } from '../prefilter/prefilter.js'
import type { BodyReport } from '../request/body-walker.js'
import type { Outcome } from '../verdict/outcome.js'

/** What was found out about one request. One object per inspector, valid until its next `inspect`. */
export interface Inspection extends EngineWork {
  readonly outcome: Outcome
  readonly matches: readonly RuleMatch[]
  readonly isTruncated: boolean
  readonly isAborted: boolean
  readonly isTimedOut: boolean
  /** Canonical client address, `null` when none is known; set for candidates only. */
  readonly clientIp: string | null
  readonly body: BodyReport
  /** The prefilter proved that no rule can match; the engine did not run, unless to verify that. */
  readonly isCleared: boolean
  /** Why the prefilter did not clear it; `undefined` when it did or was not asked. */
  readonly reason: CandidateReason | undefined
  /** The engine ran although the prefilter had cleared the request. */
  readonly isVerified: boolean
  /** The engine found what the prefilter had cleared: a fault of the prefilter. */
  readonly isContradicted: boolean
  readonly engineRunCount: number
  readonly engineErrorCount: number
}

const nothingCut: TruncationMetrics = Object.freeze({})

/** Of a request whose body was not looked at. */
export const noBody: BodyReport = {
  type: null,
  inspectedBytes: 0,
  isTruncated: false,
  isTimedOut: false,
  fault: undefined,
}

/** Filled while a request is inspected; one per inspector, reused. */
export class MutableInspection implements Inspection {
  outcome: Outcome = 'clean'
  matches: RuleMatch[] = []
  isTruncated = false
  isAborted = false
  isTimedOut = false
  clientIp: string | null = null
  body: BodyReport = noBody
  isCleared = false
  reason: CandidateReason | undefined = undefined
  isVerified = false
  isContradicted = false
  engineRunCount = 0
  engineErrorCount = 0
  engineUs = 0
  timeoutCount = 0
  errorNumber: number | undefined = undefined
  attributes: Readonly<Record<string, unknown>> | undefined = undefined
  isKept = false
  cut: TruncationMetrics = nothingCut

  reset(flags: number): void {
    this.outcome = 'clean'
    if (this.matches.length > 0) this.matches = []
    this.isTruncated = (flags & RecordFlag.truncated) !== 0
    this.isAborted = (flags & RecordFlag.aborted) !== 0
    this.isTimedOut = false
    this.clientIp = null
    this.body = noBody
    this.isCleared = false
    this.reason = undefined
    this.isVerified = false
    this.isContradicted = false
    this.engineRunCount = 0
    this.engineErrorCount = 0
    this.engineUs = 0
    this.timeoutCount = 0
    this.errorNumber = undefined
    this.attributes = undefined
    this.isKept = false
    this.cut = nothingCut
  }
}
