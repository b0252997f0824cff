// Finds the ids by which an event can be laid beside the original request's traces and logs.

export interface TraceContext {
  readonly traceId: string | null
  readonly spanId: string | null
}

/** Request headers, names in lower case, values of repeated ones joined by commas. */
export type HeaderMap = ReadonlyMap<string, string>

const none: TraceContext = { traceId: null, spanId: null }

/** Longest request id shown: senders choose it. */
const requestIdLimit = 128

/** The gateway's id of the request, `null` when it sent none or something that is no id. */
export function findRequestId(headers: HeaderMap): string | null {
  const id = headers.get('x-request-id')?.trim() ?? ''
  return /^[\x21-\x7e]+$/.test(id) && id.length <= requestIdLimit ? id : null
}

/** W3C first, because it is the one that all understand; then Datadog's, Google's and Amazon's own. */
export function findTraceContext(headers: HeaderMap): TraceContext {
  return readTraceparent(headers) ?? readDatadog(headers) ?? readGoogle(headers) ?? readAmazon(headers) ?? none
}

function readTraceparent(headers: HeaderMap): TraceContext | undefined {
  const parts = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(headers.get('traceparent')?.trim() ?? '')
  // All zeros means no trace (W3C Trace Context 3.2.2).
  if (parts === null || /^0+$/.test(parts[1] ?? '')) return undefined
  return context(parts[1], parts[2])
}

/** 64-bit numbers in decimal. */
function readDatadog(headers: HeaderMap): TraceContext | undefined {
  const traceId = headers.get('x-datadog-trace-id')?.trim() ?? ''
  if (!/^[1-9]\d{0,19}$/.test(traceId)) return undefined
  const spanId = headers.get('x-datadog-parent-id')?.trim() ?? ''
  return context(traceId, /^[1-9]\d{0,19}$/.test(spanId) ? spanId : undefined)
}

/** `TRACE_ID/SPAN_ID;o=OPTIONS`, trace in hexadecimal, span in decimal. */
function readGoogle(headers: HeaderMap): TraceContext | undefined {
  const parts = /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;|$)/i.exec(headers.get('x-cloud-trace-context')?.trim() ?? '')
  return parts === null ? undefined : context(parts[1], parts[2])
}

/** `Root=1-TIME-ID;Parent=SPAN;Sampled=1`, fields in any order. */
function readAmazon(headers: HeaderMap): TraceContext | undefined {
  const header = headers.get('x-amzn-trace-id') ?? ''
  const root = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/i.exec(header)
  const parent = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/i.exec(header)
  return root === null ? undefined : context(root[1], parent?.[1])
}

function context(traceId: string | undefined, spanId: string | undefined): TraceContext {
  return { traceId: traceId ?? null, spanId: spanId ?? null }
}
