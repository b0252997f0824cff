// What the worker asks of the prefilter: may this request skip the engine?
// The prefilter may only say "cannot match" (cleared); it never says "matches". The engine is the judge of every verdict.
import type { AddressSink } from '../request/value-visitor.js'

/** Why a request was not cleared. */
export interface CandidateReason {
  readonly address: string
  /** What fired, in words: a group of rules, a budget, an always-engine address. */
  readonly cause: string
}

/**
 * Looks at one request at a time. Usage: `reset()`, let the decoders walk the request into `sink`, then ask `isCleared`.
 * Not reentrant; one per worker thread.
 */
export interface Prefilter {
  /** Forgets the last request. */
  reset(): void
  /** Where decoders send the request's values; its visitors report `isDone` as soon as the request is a candidate. */
  readonly sink: AddressSink
  /** True when no enabled rule can match what was sent to `sink` since `reset()`. */
  readonly isCleared: boolean
  /** Set when not cleared; for `scan` and diagnostics, not for the hot path. */
  readonly reason: CandidateReason | undefined
}
