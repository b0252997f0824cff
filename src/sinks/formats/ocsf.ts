// Open Cybersecurity Schema Framework: class Detection Finding (2004), with the request as evidence.
import type { EventMatch, SecurityEvent } from '../../verdict/event.js'
import { type Severity, severityOf } from '../severity.js'
import { attackTypes, countOf, product, splitHost, targetOf, titleOf, withoutEmpty } from './event-summary.js'

/** The release whose classes and attributes these are. */
export const ocsfVersion = '1.6.0'

const categoryUid = 2
const classUid = 2004
/** Create: each event is a finding of its own, none is updated. */
const activityId = 1
const severityIds: Readonly<Record<Severity, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 }
const captions: Readonly<Record<Severity, string>> = {
  info: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}

export function toOcsf(event: SecurityEvent): Record<string, unknown> {
  const severity = severityOf(event)
  const { folded, engine } = event
  return withoutEmpty({
    category_uid: categoryUid,
    category_name: 'Findings',
    class_uid: classUid,
    class_name: 'Detection Finding',
    activity_id: activityId,
    activity_name: 'Create',
    type_uid: classUid * 100 + activityId,
    type_name: 'Detection Finding: Create',
    time: Date.parse(event.timestamp),
    start_time: folded && Date.parse(folded.first),
    end_time: folded && Date.parse(folded.last),
    count: countOf(event),
    severity_id: severityIds[severity],
    severity: captions[severity],
    status_id: 1,
    status: 'New',
    is_alert: true,
    message: titleOf(event),
    metadata: withoutEmpty({
      version: ocsfVersion,
      uid: event.event_id,
      log_name: `${product.name}.event`,
      correlation_uid: event.request.trace_id,
      product: { name: product.name, vendor_name: product.vendor },
    }),
    finding_info: describeFinding(event),
    evidences: [describeEvidence(event)],
    resources: [
      withoutEmpty({ type: 'service', name: event.service, version: event.version, labels: labelsOf(event) }),
    ],
    unmapped: withoutEmpty({
      env: event.env,
      outcome: event.outcome,
      flags: event.flags,
      engine,
      parse_error: event.request.parse_error,
      body_fault: event.request.body.fault,
      matches_omitted: event.matches_omitted,
      timings_us: event.timings_us,
      folded_by: folded?.by,
    }),
  })
}

function labelsOf({ env }: SecurityEvent): readonly string[] {
  return env === '' ? [] : [`env:${env}`]
}

function describeFinding(event: SecurityEvent): Record<string, unknown> {
  const [first, ...related] = event.matches
  return withoutEmpty({
    uid: event.event_id,
    title: titleOf(event),
    types: attackTypes(event),
    created_time: Date.parse(event.timestamp),
    analytic: first && describeAnalytic(first, event),
    related_analytics: related.map((match) => describeAnalytic(match, event)),
  })
}

function describeAnalytic({ rule }: EventMatch, { engine }: SecurityEvent): Record<string, unknown> {
  return withoutEmpty({
    uid: rule.id,
    name: rule.name,
    type_id: 1,
    type: 'Rule',
    category: rule.tags['type'],
    version: engine.rules_version,
  })
}

function describeEvidence(event: SecurityEvent): Record<string, unknown> {
  const { client, request, matches } = event
  const host = splitHost(request.host)
  const url = withoutEmpty({
    hostname: host.name,
    port: host.port,
    path: request.path,
    query_string: request.query,
    url_string: `${request.host}${targetOf(event)}`,
  })
  return withoutEmpty({
    src_endpoint: withoutEmpty({ ip: client.ip, intermediate_ips: client.chain }),
    url,
    http_request: withoutEmpty({
      uid: request.request_id,
      http_method: request.method,
      version: request.http_version,
      user_agent: request.headers['user-agent'],
      body_length: request.body.seen,
      http_headers: Object.entries(request.headers).map(([name, value]) => ({ name, value })),
      url,
    }),
    data: {
      matches: matches.flatMap(({ rule, matches: conditions }) =>
        conditions.map((condition) => ({ rule_uid: rule.id, ...condition })),
      ),
    },
  })
}
