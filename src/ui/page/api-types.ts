// What the page and its server say to each other; the only file that both sides import.

/** One second of the receiver. Rates are per second; latencies are of what happened in it, 0 when nothing did. */
export interface LiveSample {
  readonly atMs: number
  readonly receivedPerSecond: number
  /** In the order of `LiveHello.outcomes`. */
  readonly outcomesPerSecond: readonly number[]
  readonly eventsPerSecond: number
  /** Events that the channel to the reporting thread had no room for. */
  readonly droppedPerSecond: number
  readonly answerP50Us: number
  readonly answerP99Us: number
  readonly verdictP50Us: number
  readonly verdictP99Us: number
  readonly queueBytes: number
  readonly inFlightBytes: number
  readonly connections: number
  /** 0 to 1. */
  readonly workerBusyRatio: number
}

/** The first thing on the live stream. */
export interface LiveHello {
  readonly version: string
  readonly outcomes: readonly string[]
  readonly samples: readonly LiveSample[]
  readonly store: StoreInfo
}

/** Where events are kept and how far back. */
export interface StoreInfo {
  readonly kind: 'memory' | 'file'
  readonly eventCount: number
  readonly oldestMs: number | null
  readonly limitBytes: number
  readonly ageMs: number
  /** Events that were kept in memory when the reporting thread died, and went with it. */
  readonly forgottenCount: number
  /** Why nothing is kept at the moment; `null` when all is well. */
  readonly fault: string | null
}

/** An event in a list. */
export interface EventSummary {
  /** 0: the store did not take it, so that it cannot be opened. */
  readonly id: number
  readonly atMs: number
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly client: string
  readonly route: string
  readonly rules: readonly { readonly id: string; readonly name: string; readonly type: string }[]
  /** Where the first match was, and what it was. */
  readonly where: string
  readonly value: string
}

/** Some events of the live stream; `skipped` more came than a reader could follow. */
export interface LiveEvents {
  readonly events: readonly EventSummary[]
  readonly skipped: number
}

/** One answer of a search; `nextId` goes into the next question until `isDone`. */
export interface SearchAnswer {
  readonly events: readonly EventSummary[]
  readonly scannedCount: number
  readonly totalCount: number
  readonly nextId: number
  readonly isDone: boolean
}

export const breakdownDimensions = ['type', 'rule', 'route', 'client'] as const
export type BreakdownDimension = (typeof breakdownDimensions)[number]

/** `name` is empty for names beyond the bound of their minute. */
export interface NameCount {
  readonly name: string
  readonly count: number
}

/** Counts of a time range. */
export interface CountsAnswer {
  readonly fromMs: number
  readonly toMs: number
  readonly total: number
  readonly breakdowns: Readonly<Record<BreakdownDimension, readonly NameCount[]>>
  readonly slotMs: number
  readonly timeline: readonly { readonly startMs: number; readonly name: string; readonly count: number }[]
  /** Names of rules, as far as the loaded ruleset has them. */
  readonly ruleNames: Readonly<Record<string, string>>
}

/** One condition of a rule, in words. */
export interface ConditionWords {
  /** E.g. "any query parameter or body field". */
  readonly subject: string
  /** E.g. "matches the pattern". */
  readonly verb: string
  /** The pattern, the phrases; empty when the verb says all. */
  readonly object: string
  /** What is done to a value first, in order. */
  readonly transformers: readonly string[]
}

export interface RuleWords {
  readonly id: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly conditions: readonly ConditionWords[]
}

/** Where a condition matched, and why. */
export interface MatchedCondition {
  readonly where: string
  readonly operator: string
  readonly operatorValue: string
  readonly address: string
  readonly keyPath: readonly string[]
  readonly value: string
  readonly highlight: readonly string[]
}

export interface EventMatchDetail {
  readonly ruleId: string
  readonly ruleName: string
  readonly tags: Readonly<Record<string, string>>
  /** `null` when the loaded ruleset has no such rule (any more). */
  readonly rule: RuleWords | null
  readonly conditions: readonly MatchedCondition[]
}

/** The request of an event, as far as events show it. */
export interface RequestDetail {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly httpVersion: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyType: string | null
  readonly bodySeenBytes: number
  readonly bodyInspectedBytes: number
}

/** One event opened. */
export interface EventDetail {
  readonly summary: EventSummary
  readonly request: RequestDetail
  readonly clientIp: string | null
  readonly chain: readonly string[]
  readonly requestId: string | null
  readonly traceId: string | null
  readonly outcome: string
  readonly flags: readonly string[]
  readonly matches: readonly EventMatchDetail[]
  readonly matchesOmitted: number
  /** The whole event, as sinks have it. */
  readonly json: string
}

/** An exclusion for one matched condition of an event. */
export interface ExclusionAnswer {
  /** The file for `--rules`; empty when none can be made. */
  readonly file: string
  /** What it does, in words, or why there is none. */
  readonly explanation: string
  readonly notes: readonly string[]
}

/** What an exclusion would have done to stored events; `nextId` as in a search. */
export interface PreviewAnswer {
  /** Events that would not have been raised. */
  readonly silencedCount: number
  /** Events that would have had fewer matches. */
  readonly weakenedCount: number
  /** Other events of the rule. */
  readonly keptCount: number
  readonly scannedCount: number
  readonly totalCount: number
  readonly nextId: number
  readonly isDone: boolean
}

export interface ErrorAnswer {
  readonly error: string
}
