// The security event: what is reported for one matched request. Versioned; the JSON Schema beside it is held equal by a test.
import type { BodyFault } from '../request/body/body-fault.js'
import type { Outcome } from './outcome.js'

/** Raised when a field changes meaning or goes away; additions keep it. */
export const eventSchemaVersion = 1

export interface EventCondition {
  readonly operator: string
  readonly operator_value: string
  readonly address: string
  readonly key_path: readonly string[]
  readonly value: string
  readonly highlight: readonly string[]
}

export interface EventRule {
  readonly id: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
}

export interface EventMatch {
  readonly rule: EventRule
  readonly matches: readonly EventCondition[]
}

export interface EventBody {
  /** Content-Length as sent, `null` for chunked or none. */
  readonly declared: number | null
  /** Body bytes that arrived. */
  readonly seen: number
  /** Body bytes that were handed to the rules. */
  readonly inspected: number
  /** Media type without parameters, `null` when none was sent. */
  readonly type: string | null
  /** What is wrong with it, the first fault found; `null` when nothing is. */
  readonly fault: BodyFault | null
}

export interface EventRequest {
  readonly method: string
  readonly host: string
  readonly host_raw: string
  readonly path: string
  readonly query: string
  readonly http_version: string
  readonly request_id: string | null
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Path with parameters in place of ids, e.g. `/users/{param:int}`. */
  readonly endpoint: string
  /** Headers that carry the original request's trace, as sent; of `baggage` only the ids of user, session and account. */
  readonly trace_headers: Readonly<Record<string, string>>
  readonly body: EventBody
  /** What llhttp refused, when the tolerant reader took over; else `null`. */
  readonly parse_error: string | null
}

/** How the engine's work on the request went. */
export interface EventInspection {
  /** Microseconds inside the engine, all runs together; 0 when it did not run. */
  readonly engine_us: number
  /** Runs that the engine gave up for lack of time. */
  readonly timeouts: number
  /** The engine's number of its last failure, `null` when it had none. */
  readonly error: number | null
  /** A rule asks that the request be kept, whether or not it raised an event. */
  readonly kept: boolean
  /** Largest sizes that the engine's own limits cut, 0 where they cut nothing. */
  readonly cut: { readonly string_bytes: number; readonly container_size: number; readonly container_depth: number }
}

/** What a sink's rate limit made of events that are alike (rule, route, client). */
export interface EventFold {
  /** How many events this one stands for, itself included. */
  readonly count: number
  /** Timestamps of the first and the last of them. */
  readonly first: string
  readonly last: string
  /** `mixed`: the table of kinds was full, so this one stands for events of any rule, route and client. */
  readonly by: 'rule_route_client' | 'mixed'
}

/** One event, as it is written to a sink (one JSON line, at most 64 KiB). */
export interface SecurityEvent {
  readonly schema_version: number
  /** RFC 3339, UTC, milliseconds: when the request was whole. */
  readonly timestamp: string
  readonly event_id: string
  readonly service: string
  readonly env: string
  readonly version: string
  readonly request: EventRequest
  readonly client: { readonly ip: string | null; readonly peer: string | null; readonly chain: readonly string[] }
  readonly matches: readonly EventMatch[]
  /** How many matches were left out because the event would not have fitted its 64 KiB. */
  readonly matches_omitted: number
  readonly outcome: Outcome
  readonly flags: { readonly truncated: boolean; readonly aborted: boolean; readonly timed_out: boolean }
  readonly engine: { readonly name: string; readonly version: string; readonly rules_version: string }
  /** What rules and processors set: fingerprints, schemas (as JSON text), facts about tokens. Names are the ruleset's. */
  readonly attributes: Readonly<Record<string, string | number>>
  readonly inspection: EventInspection
  readonly timings_us: { readonly queue: number; readonly inspect: number }
  /** Only where a sink's rate limit folded events. */
  readonly folded?: EventFold
}
