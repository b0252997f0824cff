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

/** Headers by which a tracer hands its trace on (Datadog, W3C Trace Context). */
export const traceHeaders: readonly string[] = [
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'x-datadog-origin',
  'x-datadog-tags',
  'traceparent',
  'tracestate',
]

/** What of a `baggage` header is reported: the ids that Datadog's tracers make tags of. The rest may be anything. */
export const baggageKeys: readonly string[] = ['user.id', 'session.id', 'account.id']
