// Which request headers an event shows: those the Go mirror reports (spec appsec.md section 2), and nothing that authenticates.

const describingHeaders: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'akamai-user-risk',
  'cf-ray',
  'cloudfront-viewer-ja3-fingerprint',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'host',
  'user-agent',
  'via',
  'x-amzn-trace-id',
  'x-appgw-trace-id',
  'x-cloud-trace-context',
  'x-datadog-endpoint-scan',
  'x-datadog-security-test',
  'x-forwarded',
  'x-sigsci-requestid',
  'x-sigsci-tags',
]

/** @param clientIpHeaders - the headers that are asked for the client's address, in lower case. */
export function listReportedHeaders(clientIpHeaders: readonly string[]): ReadonlySet<string> {
  return new Set([...describingHeaders, ...clientIpHeaders])
}

/** Headers that are not shown themselves, but whose ids are. */
export const correlationHeaders: readonly string[] = [
  'x-request-id',
  'traceparent',
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-cloud-trace-context',
  'x-amzn-trace-id',
]

/**
 * Headers by which a tracer hands its trace on (Datadog, W3C Trace Context), and what they must look like to be reported: a sender
 * may write anything into them.
 */
export const traceHeaders: ReadonlyMap<string, RegExp> = new Map([
  ['x-datadog-trace-id', /^\d{1,20}$/],
  ['x-datadog-parent-id', /^\d{1,20}$/],
  ['x-datadog-sampling-priority', /^-?\d$/],
  ['x-datadog-origin', /^[\w.-]{1,64}$/],
  ['x-datadog-tags', /^[\x20-\x7e]{1,512}$/],
  ['traceparent', /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/],
  ['tracestate', /^[\x20-\x7e]{3,2048}$/],
])

/** All that is read of a request's headers for its event: what is shown, and what ids and sizes are taken from. */
export function listReadHeaders(reported: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...reported, ...correlationHeaders, ...traceHeaders.keys(), 'baggage', 'content-length'])
}

/** What of a `baggage` header is reported: the ids that Datadog's tracers make tags of. The rest may be anything. */
export const baggageKeys: readonly string[] = ['user.id', 'session.id', 'account.id']
