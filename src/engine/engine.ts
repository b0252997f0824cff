// What mirrorwaf asks of a WAF engine. Nothing outside src/engine knows which one it is.
// Stage: decode -> prefilter -> [engine] -> verdict.

/** One matched condition, in the engine's words (libddwaf event format, spec appsec.md section 2). */
export interface ConditionMatch {
  readonly operator: string
  readonly operatorValue: string
  readonly address: string
  readonly keyPath: readonly string[]
  /** The value after transformers, at most 4096 bytes; already redacted by the engine. */
  readonly value: string
  readonly highlight: readonly string[]
}

/** One matched rule. */
export interface RuleMatch {
  readonly id: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly conditions: readonly ConditionMatch[]
}

/** Sizes that the engine's own limits cut, as the engine reports them; absent when nothing was cut. */
export interface TruncationMetrics {
  readonly stringLengthBytes?: number
  readonly containerSize?: number
  readonly containerDepth?: number
}

/** What one run over some addresses gave. */
export interface EngineResult {
  readonly matches: readonly RuleMatch[]
  /** The engine asks that the request be kept although it may have raised no event. */
  readonly isKept: boolean
  readonly isTimedOut: boolean
  readonly runtimeUs: number
  readonly attributes: Readonly<Record<string, unknown>> | undefined
  readonly truncation: TruncationMetrics
  /** Engine error number, `undefined` when the run succeeded. */
  readonly errorNumber: number | undefined
}

/** What all runs of the engine over one request came to, beside matches. */
export interface EngineWork {
  /** Microseconds inside the engine. */
  readonly engineUs: number
  /** Runs that were given up for lack of time. */
  readonly timeoutCount: number
  /** Of the last run that failed. */
  readonly errorNumber: number | undefined
  /** A rule asks that the request be kept, although it may have raised no event. */
  readonly isKept: boolean
  /** What rules and processors set: schemas, fingerprints, facts about tokens; `undefined` when nothing. */
  readonly attributes: Readonly<Record<string, unknown>> | undefined
  /** The largest of each. */
  readonly cut: TruncationMetrics
}

/** A value tree as the engine takes it. Maps have a null prototype: senders choose their names. */
export type EngineValue =
  | string
  | number
  | boolean
  | null
  | readonly EngineValue[]
  | { readonly [key: string]: EngineValue }

/** Addresses of one run: address name -> value. Null prototype. */
export type EngineInput = Readonly<Record<string, EngineValue>>

/** Per-request state: rules match at most once in it. Always dispose it: its memory is native. */
export interface EngineContext {
  /** @param budgetUs - whole microseconds, at least 1. */
  run(input: EngineInput, budgetUs: number): EngineResult
  dispose(): void
}

/** A loaded ruleset, ready to inspect. One per worker thread. */
export interface Engine {
  readonly name: string
  readonly version: string
  readonly rulesVersion: string
  /** Rules it holds, disabled ones included, and rules it refused. */
  readonly rulesLoadedCount: number
  readonly rulesFailedCount: number
  /** Addresses that at least one loaded rule or processor reads. */
  readonly knownAddresses: ReadonlySet<string>
  createContext(): EngineContext
  dispose(): void
}
