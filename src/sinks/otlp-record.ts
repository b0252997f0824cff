// One event as an OTLP log record, in the words of OpenTelemetry's semantic conventions. Loaded only with an otlp sink.
import { type LogRecord, ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api'
import type { SecurityEvent } from '../verdict/event.js'
import { attackTypes, countOf, ruleIds, ruleNames, splitHost, titleOf, withoutEmpty } from './formats/event-summary.js'
import { type Severity, severityOf } from './severity.js'

/** Name of the event and of the scope it comes from. */
export const otlpEventName = 'mirrorwaf.attack'

const severityNumbers: Readonly<Record<Severity, SeverityNumber>> = {
  info: SeverityNumber.INFO,
  low: SeverityNumber.INFO3,
  medium: SeverityNumber.WARN,
  high: SeverityNumber.ERROR,
  critical: SeverityNumber.FATAL,
}

/** Methods that the conventions name; any other is `_OTHER`, so that no sender makes new values. */
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

export function toLogRecord(event: SecurityEvent): LogRecord {
  const severity = severityOf(event)
  return {
    eventName: otlpEventName,
    timestamp: new Date(event.timestamp),
    severityNumber: severityNumbers[severity],
    severityText: severity,
    body: titleOf(event),
    attributes: describeAttributes(event),
    context: contextOf(event),
  }
}

function describeAttributes(event: SecurityEvent): NonNullable<LogRecord['attributes']> {
  const { request, client, folded } = event
  const host = splitHost(request.host)
  const isKnownMethod = knownMethods.has(request.method)
  const attributes = withoutEmpty({
    'log.record.uid': event.event_id,
    'http.request.method': isKnownMethod ? request.method : '_OTHER',
    'http.request.method_original': isKnownMethod ? '' : request.method,
    'http.request.body.size': request.body.seen,
    'url.path': request.path,
    'url.query': request.query,
    'server.address': host.name,
    'server.port': host.port,
    'client.address': client.ip,
    'network.peer.address': client.peer,
    'network.protocol.name': 'http',
    'network.protocol.version': request.http_version,
    'user_agent.original': request.headers['user-agent'],
    'security_rule.name': ruleNames(event)[0],
    'security_rule.category': attackTypes(event)[0],
    'security_rule.ruleset.name': event.engine.name,
    'security_rule.version': event.engine.rules_version,
    'mirrorwaf.rule.ids': ruleIds(event),
    'mirrorwaf.rule.types': attackTypes(event),
    'mirrorwaf.request.id': request.request_id,
    'mirrorwaf.trace.id': request.trace_id,
    'mirrorwaf.parse_error': request.parse_error,
    'mirrorwaf.body.fault': request.body.fault,
    // Nested values are not for all backends; one text is.
    'mirrorwaf.matches': JSON.stringify(event.matches),
    'mirrorwaf.event.count': countOf(event),
    'mirrorwaf.event.folded_by': folded?.by,
    'mirrorwaf.event.first': folded?.first,
    'mirrorwaf.event.last': folded?.last,
  })
  const { truncated, aborted, timed_out } = event.flags
  return Object.assign(attributes, {
    'mirrorwaf.flags.truncated': truncated,
    'mirrorwaf.flags.aborted': aborted,
    'mirrorwaf.flags.timed_out': timed_out,
  })
}

/** The trace of the original request, when its ids can be said in W3C's form. */
function contextOf({ request }: SecurityEvent): NonNullable<LogRecord['context']> {
  const traceId = toHexId(request.trace_id, 32)
  const spanId = toHexId(request.span_id, 16)
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE, isRemote: true })
}

/** Hexadecimal as it is; Amazon's `1-TIME-ID` without its dashes; Datadog's and Google's decimal numbers written anew. */
function toHexId(id: string | null, digits: 16 | 32): string | undefined {
  if (id === null) return undefined
  const joined = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/.exec(id)
  if (joined !== null) return `${joined[1]}${joined[2]}`
  if (id.length === digits && /^[0-9a-f]+$/i.test(id)) return id.toLowerCase()
  if (!/^\d{1,20}$/.test(id) || BigInt(id) === 0n || BigInt(id) >= 2n ** 64n) return undefined
  return BigInt(id).toString(16).padStart(digits, '0')
}
