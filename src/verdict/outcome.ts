// The eight outcomes of a mirrored request. Exactly one each; they add up to what was received.

/** By precedence, strongest first; a request takes the first that applies. */
export const outcomes = ['lost', 'shed', 'unparsable', 'matched', 'timed-out', 'aborted', 'truncated', 'clean'] as const
export type Outcome = (typeof outcomes)[number]

/** Position of an outcome in `outcomes`; what crosses threads instead of the name. */
export type OutcomeIndex = number

/** The index that stands for an outcome in records and counters. */
export function outcomeIndex(outcome: Outcome): OutcomeIndex {
  return outcomes.indexOf(outcome)
}

/** What happened to a request beside its matches; the weaker ones remain visible as flags on events. */
export interface RequestFlags {
  /** Part of the content was not inspected: a limit of ours or of the engine cut it. */
  readonly truncated: boolean
  /** The sender stopped before the request was whole. */
  readonly aborted: boolean
  /** The engine or a decoder ran out of its budget. */
  readonly timedOut: boolean
}

/** The outcome of an inspected request, by precedence. */
export function decideOutcome(isMatched: boolean, flags: RequestFlags): Outcome {
  if (isMatched) return 'matched'
  if (flags.timedOut) return 'timed-out'
  if (flags.aborted) return 'aborted'
  if (flags.truncated) return 'truncated'
  return 'clean'
}
