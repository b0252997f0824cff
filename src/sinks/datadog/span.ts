// The span of one request, field by field as Datadog's Go mirror sends it; deploy/datadog.md lists where and why ours differs.
import type { SecurityEvent } from '../../verdict/event.js'
import { encodeAppsecJson } from './appsec-json.js'
import type { DatadogSettings } from './datadog-settings.js'
import { decideKeep } from './keep-decision.js'
import { readTraceContext, spanIdOf } from './trace-context.js'

/** A span as the agent's trace endpoint takes it (v0.4). */
export interface Span {
  readonly service: string
  readonly name: string
  readonly resource: string
  readonly type: string
  readonly trace_id: bigint
  readonly span_id: bigint
  readonly parent_id: bigint
  /** Nanoseconds since the epoch. */
  readonly start: bigint
  /** Nanoseconds. */
  readonly duration: number
  readonly error: number
  readonly meta: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
}

/** What is the same for all spans of a sink. */
export interface SpanContext {
  readonly settings: DatadogSettings
  /** From `readTags`. */
  readonly tags: Readonly<Record<string, string>>
  /** Names this process to the backend. */
  readonly runtimeId: string
  readonly processId: number
}

/** `appsec.event` carries this; the letters of the bitmask are hexadecimal (02 = AppSec). */
const appsecSource = '02'

/**
 * @param isFirst - the first span after a start or a reload.
 * @param agentRate - the share of traces that the agent asks for.
 */
export function buildSpan(event: SecurityEvent, context: SpanContext, isFirst: boolean, agentRate: number): Span {
  const { settings } = context
  const { request, timings_us } = event
  const receivedAtMs = Date.parse(event.timestamp)
  const spanId = spanIdOf(event.event_id)
  const trace = readTraceContext(request.trace_headers, spanId, Math.floor(receivedAtMs / 1000))
  const keep = decideKeep(event, trace, isFirst, settings.isStandalone, agentRate)
  return {
    service: settings.service,
    name: 'http.request',
    resource: `${request.method} ${request.path === '' ? '/' : request.path}`,
    type: 'web',
    trace_id: trace.traceId,
    span_id: spanId,
    parent_id: trace.parentId,
    start: BigInt(receivedAtMs) * 1_000_000n,
    duration: (timings_us.queue + timings_us.inspect) * 1000,
    error: 0,
    meta: {
      ...context.tags,
      ...serviceTags(context),
      ...trace.tags,
      ...requestTags(event),
      ...textAttributes(event),
      ...eventTags(event),
      ...(isFirst && { '_dd.appsec.waf.version': event.engine.version }),
      ...(keep.decisionMaker !== undefined && { '_dd.p.dm': keep.decisionMaker }),
    },
    metrics: {
      _sampling_priority_v1: keep.priority,
      '_dd.top_level': 1,
      '_dd.trace_span_attribute_schema': 0,
      '_dd.appsec.enabled': 1,
      process_id: context.processId,
      ...(settings.isStandalone && { '_dd.apm.enabled': 0 }),
      ...(keep.agentRate !== undefined && { '_dd.agent_psr': keep.agentRate }),
      ...engineMetrics(event),
    },
  }
}

/** `name:value` between commas or blanks (DD_TAGS). */
export function readTags(text: string): Readonly<Record<string, string>> {
  const tags: Record<string, string> = Object.create(null)
  for (const pair of text.split(text.includes(',') ? ',' : /\s+/)) {
    const colon = pair.indexOf(':')
    const name = pair.slice(0, Math.max(0, colon)).trim()
    if (name !== '') tags[name] = pair.slice(colon + 1).trim()
  }
  return tags
}

function serviceTags({ settings, runtimeId }: SpanContext): Record<string, string> {
  return {
    language: 'javascript',
    'runtime-id': runtimeId,
    '_dd.runtime_family': 'nodejs',
    component: 'k8s.io/gateway-api',
    'span.kind': 'server',
    ...(settings.env !== '' && { env: settings.env }),
    ...(settings.version !== '' && { version: settings.version }),
  }
}

function requestTags({ request, client, engine, event_id, outcome }: SecurityEvent): Record<string, string> {
  const { method, host, path, query, endpoint, headers, request_id } = request
  const target = `${path}${query === '' ? '' : `?${query}`}`
  const tags: Record<string, string> = {
    'http.method': method,
    'http.url': host === '' ? target : `http://${host}${target}`,
    'http.endpoint': endpoint,
    'http.useragent': headers['user-agent'] ?? '',
    '_dd.appsec.event_rules.version': engine.rules_version,
    'mirrorwaf.event_id': event_id,
    'mirrorwaf.outcome': outcome,
  }
  if (host !== '') tags['http.host'] = host
  if (client.ip !== null) tags['http.client_ip'] = client.ip
  if (client.peer !== null) tags['network.client.ip'] = client.peer
  if (request_id !== null) tags['mirrorwaf.request_id'] = request_id
  for (const [name, value] of Object.entries(headers)) tags[`http.request.headers.${name}`] = value
  return tags
}

function textAttributes({ attributes }: SecurityEvent): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) {
    // We give the rules a path's segments as its parameters, but nobody has named them: their schema would describe no API.
    if (typeof value === 'string' && name !== '_dd.appsec.s.req.params') tags[name] = value
  }
  return tags
}

function eventTags({ matches, matches_omitted }: SecurityEvent): Record<string, string> {
  if (matches.length === 0) return {}
  const { text, omittedCount } = encodeAppsecJson(matches)
  const missing = omittedCount + matches_omitted
  return {
    'appsec.event': 'true',
    '_dd.origin': 'appsec',
    '_dd.p.ts': appsecSource,
    '_dd.appsec.json': text,
    ...(missing > 0 && { 'mirrorwaf.matches_omitted': String(missing) }),
  }
}

function engineMetrics({ inspection, timings_us, attributes, flags, folded }: SecurityEvent): Record<string, number> {
  const { engine_us, timeouts, error, cut } = inspection
  const metrics: Record<string, number> = {}
  for (const [name, value] of Object.entries(attributes)) if (typeof value === 'number') metrics[name] = value
  if (engine_us > 0) {
    metrics['_dd.appsec.waf.duration'] = engine_us
    metrics['_dd.appsec.waf.duration_ext'] = Math.max(engine_us, timings_us.inspect)
  }
  if (timeouts > 0) metrics['_dd.appsec.waf.timeouts'] = timeouts
  if (error !== null) metrics['_dd.appsec.waf.error'] = error
  if (cut.string_bytes > 0) metrics['_dd.appsec.truncated.string_length'] = cut.string_bytes
  if (cut.container_size > 0) metrics['_dd.appsec.truncated.container_size'] = cut.container_size
  if (cut.container_depth > 0) metrics['_dd.appsec.truncated.container_depth'] = cut.container_depth
  if (flags.truncated) metrics['mirrorwaf.truncated'] = 1
  if (flags.aborted) metrics['mirrorwaf.aborted'] = 1
  if (folded !== undefined) metrics['mirrorwaf.folded_events'] = folded.count
  return metrics
}
