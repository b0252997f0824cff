// Elastic Common Schema: an alert in the terms of Elastic's own field sets; what they have no place for is under `mirrorwaf`.
import type { SecurityEvent } from '../../verdict/event.js'
import { severities, severityOf } from '../severity.js'
import {
  attackTypes,
  product,
  ruleIds,
  ruleNames,
  splitHost,
  targetOf,
  titleOf,
  withoutEmpty,
} from './event-summary.js'

/** The release whose field names these are. */
export const ecsVersion = '8.17.0'

/** Elastic's own scale for alerts, by position in `severities`. */
const riskScores = [21, 21, 47, 73, 99] as const

export function toEcs(event: SecurityEvent): Record<string, unknown> {
  const { client, request } = event
  const host = splitHost(request.host)
  return withoutEmpty({
    '@timestamp': event.timestamp,
    ecs: { version: ecsVersion },
    message: titleOf(event),
    event: describeEvent(event),
    rule: withoutEmpty({
      // One value each in ECS; the other rules are under our own name.
      id: ruleIds(event)[0],
      name: ruleNames(event)[0],
      category: attackTypes(event)[0],
      ruleset: event.engine.name,
      version: event.engine.rules_version,
    }),
    source: withoutEmpty({ ip: client.ip, address: client.ip ?? client.peer }),
    client: withoutEmpty({ ip: client.ip, address: client.ip ?? client.peer }),
    url: withoutEmpty({
      domain: host.name,
      port: host.port,
      path: request.path,
      query: request.query,
      original: targetOf(event),
    }),
    http: withoutEmpty({
      version: request.http_version,
      request: withoutEmpty({
        method: request.method,
        id: request.request_id,
        mime_type: request.body.type,
        body: { bytes: request.body.seen },
      }),
    }),
    user_agent: withoutEmpty({ original: request.headers['user-agent'] }),
    service: withoutEmpty({ name: event.service, version: event.version, environment: event.env }),
    trace: withoutEmpty({ id: request.trace_id }),
    span: withoutEmpty({ id: request.span_id }),
    network: { application: 'http', direction: 'inbound' },
    observer: { type: 'waf', vendor: product.vendor, product: product.name },
    mirrorwaf: describeOwn(event),
  })
}

function describeEvent(event: SecurityEvent): Record<string, unknown> {
  const rank = severities.indexOf(severityOf(event))
  return {
    id: event.event_id,
    kind: 'alert',
    category: ['intrusion_detection', 'web'],
    // The original request went its way: nothing was allowed or denied here.
    type: ['info'],
    action: attackTypes(event)[0] ?? 'attack',
    module: product.name,
    dataset: `${product.name}.event`,
    severity: riskScores[rank] ?? riskScores[0],
  }
}

function describeOwn(event: SecurityEvent): Record<string, unknown> {
  return withoutEmpty({
    severity: severityOf(event),
    outcome: event.outcome,
    flags: event.flags,
    parse_error: event.request.parse_error,
    body_fault: event.request.body.fault,
    peer: event.client.peer,
    client_chain: event.client.chain,
    rule_ids: ruleIds(event),
    rule_names: ruleNames(event),
    rule_types: attackTypes(event),
    matches: event.matches.flatMap(({ rule, matches }) => matches.map((match) => ({ rule_id: rule.id, ...match }))),
    matches_omitted: event.matches_omitted,
    engine: event.engine,
    timings_us: event.timings_us,
    folded: event.folded,
  })
}
