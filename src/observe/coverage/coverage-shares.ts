// The arithmetic of the loss meter: what became of the requests that gateways took. Pure.
import type { Outcome } from '../../verdict/outcome.js'

/** What happened in one span of time, at the gateways and here. */
export interface CoverageCounts {
  /** Requests that the gateways took from clients. */
  readonly requests: number
  /** Copies that the gateways made, a fraction where it is an estimate; `undefined` when one of them does not count them. */
  readonly copies: number | undefined
  /** Copies that arrived here. */
  readonly received: number
  readonly outcomes: Readonly<Record<Outcome, number>>
}

/**
 * Where requests end, in the order in which they can be lost. They add up to the gateways' requests, unless more copies arrive
 * than there were requests (`surplus`).
 */
export const coverageParts = [
  'not_mirrored',
  'never_arrived',
  'waiting',
  'shed',
  'lost',
  'unparsable',
  'partly_analysed',
  'analysed',
  'surplus',
] as const
export type CoveragePart = (typeof coverageParts)[number]

export interface CoverageShares {
  /** Analysed whole by requests; `undefined` when it cannot be known: no requests, or copies from elsewhere. */
  readonly ratio: number | undefined
  readonly parts: Readonly<Record<CoveragePart, number>>
}

/**
 * Copies may come before the gateway has counted their request: so much surplus says nothing. More comes from a gateway
 * that is no source.
 */
const toleratedSurplus = { count: 64, ratio: 0.01 }

/** Splits the requests of a span into parts. */
export function shareOut({ requests, copies, received, outcomes }: CoverageCounts): CoverageShares {
  const made = Math.min(Math.round(copies ?? requests), requests)
  const decided = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
  const surplus = Math.max(0, received - made)
  const parts = {
    not_mirrored: requests - made,
    never_arrived: Math.max(0, made - received),
    // Decided in this span, but received before it: then there is no less than nothing waiting.
    waiting: Math.max(0, received - decided),
    shed: outcomes.shed,
    lost: outcomes.lost,
    unparsable: outcomes.unparsable,
    partly_analysed: outcomes['timed-out'] + outcomes.aborted + outcomes.truncated,
    analysed: outcomes.clean + outcomes.matched,
    surplus,
  }
  const isForeign = surplus > toleratedSurplus.count + requests * toleratedSurplus.ratio
  const ratio = requests === 0 || isForeign ? undefined : Math.min(1, parts.analysed / requests)
  return { ratio, parts }
}
