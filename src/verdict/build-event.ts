// Builds the security event of one matched request, or of one that is reported without having matched. Everything a sender wrote
// goes through the redactor on its way in.
// Stage: engine -> [verdict] -> encoder; runs in the worker.
import type { ConditionMatch, EngineWork, RuleMatch } from '../engine/engine.js'
import type { BodyFault } from '../request/body/body-fault.js'
import { describeAttributes } from './attributes.js'
import {
  type EventCondition,
  type EventInspection,
  type EventMatch,
  type EventRequest,
  eventSchemaVersion,
  type SecurityEvent,
} from './event.js'
import type { EventIdSource } from './event-id.js'
import type { PathCheck } from './json-paths.js'
import type { Outcome, RequestFlags } from './outcome.js'
import { toPlainObject } from './plain-object.js'
import type { RecordFields } from './record-fields.js'
import { type Redaction, type Redactor, redactedMark } from './redact.js'
import { baggageKeys, correlationHeaders, traceHeaders } from './reported-headers.js'
import { findRequestId, findTraceContext, type HeaderMap } from './trace-context.js'

/** What was found out about one matched request. */
export interface EventInput {
  readonly record: RecordFields
  /** Without port and `-shadow`, as the rules saw it. */
  readonly host: string
  /** As sent. */
  readonly hostRaw: string
  /** Body bytes that were handed to the rules. */
  readonly bodyInspectedBytes: number
  /** Media type without parameters, `null` when none was sent. */
  readonly bodyType: string | null
  readonly bodyFault: BodyFault | null
  readonly clientIp: string | null
  /** The addresses that the request says it came through, nearest last. */
  readonly clientChain: readonly string[]
  readonly matches: readonly RuleMatch[]
  readonly flags: RequestFlags
  readonly outcome: Outcome
  /** Of the request target, with parameters in place of ids. */
  readonly endpoint: string
  readonly work: EngineWork
  readonly queueUs: number
  readonly inspectUs: number
}

/** What is the same for all events of a worker. */
export interface EventContext {
  readonly service: string
  readonly env: string
  readonly version: string
  readonly engine: { readonly name: string; readonly version: string; readonly rulesVersion: string }
  /** From `listReportedHeaders`. */
  readonly reportedHeaders: ReadonlySet<string>
  readonly redact: Redaction
  /** Values of the body that are secrets by their place. */
  readonly isSecretPath: PathCheck
  readonly nextId: EventIdSource
}

/** More addresses than any chain of proxies has, the peer included; the header is the sender's. */
const chainLimit = 33
/** Longest that tracers must hand on (W3C Baggage). */
const baggageLimit = 8192
/** The engine's own limit on depth. */
const keyPathLimit = 20

/** @returns a new event; nothing in it refers to the record's bytes. */
export function buildEvent(input: EventInput, context: EventContext): SecurityEvent {
  return context.redact((redactor) => assembleEvent(input, context, redactor))
}

function assembleEvent(input: EventInput, context: EventContext, redactor: Redactor): SecurityEvent {
  const { record, flags } = input
  const { name, version, rulesVersion } = context.engine
  return {
    schema_version: eventSchemaVersion,
    timestamp: new Date(record.receivedAtMs).toISOString(),
    event_id: context.nextId(record.receivedAtMs),
    service: context.service,
    env: context.env,
    version: context.version,
    request: describeRequest(input, context, redactor),
    client: {
      ip: input.clientIp,
      peer: record.peer,
      chain: input.clientChain.slice(0, chainLimit).map((address) => redactor.redactText(address)),
    },
    matches: input.matches.map((match) => describeMatch(match, context, redactor)),
    matches_omitted: 0,
    outcome: input.outcome,
    flags: { truncated: flags.truncated, aborted: flags.aborted, timed_out: flags.timedOut },
    engine: { name, version, rules_version: rulesVersion },
    attributes: describeAttributes(input.work.attributes, redactor),
    inspection: describeInspection(input.work),
    timings_us: { queue: input.queueUs, inspect: input.inspectUs },
  }
}

function describeRequest(input: EventInput, context: EventContext, redactor: Redactor): EventRequest {
  const { record } = input
  const headers = collectHeaders(record.headers, context.reportedHeaders)
  const { traceId, spanId } = findTraceContext(headers)
  const requestId = findRequestId(headers)
  const { path, query } = splitTarget(record.target)
  return {
    method: redactor.redactText(record.method),
    host: redactor.redactText(withoutUserInfo(input.host)),
    host_raw: redactor.redactText(withoutUserInfo(input.hostRaw)),
    path: redactor.redactPath(path),
    query: redactor.redactQuery(query),
    http_version: record.httpVersion,
    request_id: requestId === null ? null : redactor.redactText(requestId),
    trace_id: traceId,
    span_id: spanId,
    headers: showHeaders(headers, context.reportedHeaders, redactor),
    endpoint: redactor.redactPath(input.endpoint),
    trace_headers: showTraceHeaders(record.headers, redactor),
    body: {
      declared: record.bodyDeclaredBytes,
      seen: record.bodySeenBytes,
      inspected: input.bodyInspectedBytes,
      type: input.bodyType === null ? null : redactor.redactText(input.bodyType),
      fault: input.bodyFault,
    },
    parse_error: record.parseError === 'none' ? null : record.parseError,
  }
}

function collectHeaders(all: RecordFields['headers'], reported: ReadonlySet<string>): HeaderMap {
  const found = new Map<string, string>()
  for (const [name, value] of all) {
    if (!reported.has(name) && !correlationHeaders.includes(name)) continue
    const earlier = found.get(name)
    found.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return found
}

function showHeaders(
  headers: HeaderMap,
  reported: ReadonlySet<string>,
  redactor: Redactor,
): Readonly<Record<string, string>> {
  const shown: [name: string, value: string][] = []
  for (const [name, value] of headers) {
    if (!reported.has(name)) continue
    shown.push([name, redactor.redactHeader(name, name === 'host' ? withoutUserInfo(value) : value)])
  }
  return toPlainObject(shown)
}

/** What does not look as it must is left out whole: half a trace is a wrong one. */
function showTraceHeaders(all: RecordFields['headers'], redactor: Redactor): Readonly<Record<string, string>> {
  const shown = new Map<string, string>()
  for (const [name, value] of all) {
    if (shown.has(name)) continue
    if (traceHeaders.get(name)?.test(value) === true) shown.set(name, redactor.redactText(value))
    if (name === 'baggage' && value.length <= baggageLimit) shown.set(name, showBaggage(value, redactor))
  }
  return toPlainObject(shown)
}

/** Members are `key=value;property`, between commas (W3C Baggage). */
function showBaggage(value: string, redactor: Redactor): string {
  const members = value.split(',').map((member) => member.split(';', 1).join('').trim())
  const wanted = members.filter((member) => baggageKeys.includes(member.slice(0, member.indexOf('=')).trim()))
  return wanted
    .slice(0, baggageKeys.length)
    .map((member) => showMember(member, redactor))
    .join(',')
}

/** The id of a session lets its holder in, so it is hidden as a header of that name is. */
function showMember(member: string, redactor: Redactor): string {
  const equals = member.indexOf('=')
  const name = member.slice(0, equals).trim()
  const shown = redactor.redactHeader(name, member.slice(equals + 1).trim())
  return shown === redactedMark ? `${name}=${redactedMark}` : redactor.redactQuery(member)
}

function describeInspection({ engineUs, timeoutCount, errorNumber, isKept, cut }: EngineWork): EventInspection {
  return {
    engine_us: Math.round(engineUs),
    timeouts: timeoutCount,
    error: errorNumber ?? null,
    kept: isKept,
    cut: {
      string_bytes: cut.stringLengthBytes ?? 0,
      container_size: cut.containerSize ?? 0,
      container_depth: cut.containerDepth ?? 0,
    },
  }
}

/** Path and query of a target in any form (RFC 9112 3.2); scheme and authority of an absolute one stand in `host`. */
function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(target)
  const local = authority === null ? target : target.slice(authority[0].length)
  const mark = local.indexOf('?')
  if (mark < 0) return { path: local, query: '' }
  return { path: local.slice(0, mark), query: local.slice(mark + 1) }
}

function withoutUserInfo(host: string): string {
  const at = host.lastIndexOf('@')
  return at < 0 ? host : `${redactedMark}${host.slice(at)}`
}

function describeMatch(match: RuleMatch, context: EventContext, redactor: Redactor): EventMatch {
  return {
    rule: { id: match.id, name: match.name, tags: match.tags },
    matches: match.conditions.map((condition) => describeCondition(condition, context, redactor)),
  }
}

function describeCondition(condition: ConditionMatch, context: EventContext, redactor: Redactor): EventCondition {
  const value = showValue(condition, context, redactor)
  return {
    operator: condition.operator,
    operator_value: condition.operatorValue,
    address: condition.address,
    key_path: condition.keyPath.slice(0, keyPathLimit).map((key) => redactor.redactText(key)),
    value,
    highlight: condition.highlight.map((part) => showHighlight(part, value, condition, redactor)),
  }
}

/** The engine has redacted the value once; what its expressions do not see is encoded secrets, and that a cookie is one. */
function showValue({ address, keyPath, value }: ConditionMatch, context: EventContext, redactor: Redactor): string {
  switch (address) {
    case 'server.request.cookies':
      return redactedMark
    case 'server.request.headers.no_cookies':
      return redactor.redactHeader((keyPath[0] ?? '').toLowerCase(), value)
    case 'server.request.path_params':
      return redactor.redactPath(value)
    case 'server.request.body':
      return context.isSecretPath(keyPath) ? redactedMark : redactor.redactText(value)
    case 'server.request.uri.raw': {
      const { path, query } = splitTarget(value)
      return query === '' ? redactor.redactPath(path) : `${redactor.redactPath(path)}?${redactor.redactQuery(query)}`
    }
    default:
      return redactor.redactText(value)
  }
}

/**
 * A part of a value does not show by itself that it is a secret: of a value with one, only what still shows there may. What a
 * list of phrases found is a word of the ruleset.
 */
function showHighlight(part: string, shown: string, { operator, value }: ConditionMatch, redactor: Redactor): string {
  const isWhole = shown === value && !value.includes(redactedMark)
  const maySay = isWhole || operator === 'phrase_match' || shown.includes(part)
  return maySay ? redactor.redactText(part) : redactedMark
}
