// Which request headers an event shows: those the Go mirror reports (spec appsec.md section 2), and nothing that authenticates.

/** Headers that may carry the client's address, in the order in which they are asked (spec appsec.md section 1). */
export const clientIpHeaders: readonly string[] = [
  'x-forwarded-for',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'forwarded',
  'forwarded-for',
  'x-cluster-client-ip',
  'fastly-client-ip',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
]

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

/** @param clientIpHeader - the header that the operator configured to carry the client's address, if any. */
export function listReportedHeaders(clientIpHeader: string | undefined): ReadonlySet<string> {
  const configured = clientIpHeader === undefined ? [] : [clientIpHeader.toLowerCase()]
  return new Set([...describingHeaders, ...clientIpHeaders, ...configured])
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
