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
