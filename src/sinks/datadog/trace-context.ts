// The trace that a request belongs to, by the headers of whoever sent the original: Datadog's own, or W3C Trace Context.

/** What a span takes over from the trace it joins, or begins with. */
export interface TraceContext {
  /** Lower 64 bits; the upper ones stand in the tag `_dd.p.tid`. */
  readonly traceId: bigint
  /** 0n at the root of a trace. */
  readonly parentId: bigint
  /** What the sender decided about keeping the trace; undefined when it said nothing. */
  readonly priority: number | undefined
  /** `_dd.p.*` and `_dd.origin`, `tracestate`, `_dd.parent_id`, `baggage.*`. */
  readonly tags: Readonly<Record<string, string>>
}

/** Tags a sender may hand on, and how much of each; Datadog's own limit is 512 characters for all. */
const propagatedTagLimit = 32
const propagatedTagName = /^_dd\.p\.[\x21-\x2b\x2d-\x3c\x3e-\x7e]{1,128}$/

/**
 * @param headers - names in lower case.
 * @param spanId - of the span to be; a trace that begins here is named for it.
 * @param startSeconds - since the epoch; part of the id of a trace that begins here.
 */
export function readTraceContext(
  headers: Readonly<Record<string, string>>,
  spanId: bigint,
  startSeconds: number,
): TraceContext {
  const context = readDatadog(headers) ?? readW3c(headers) ?? beginTrace(spanId, startSeconds)
  return { ...context, tags: { ...context.tags, ...baggageTags(headers['baggage']) } }
}

/**
 * The span id of an event: the random part of the event's own id. A payload that is sent again thus names the same spans.
 * @param eventId - a UUID, version 7.
 */
export function spanIdOf(eventId: string): bigint {
  const random = eventId.replaceAll('-', '').slice(-16)
  return /^[0-9a-f]{16}$/.test(random) ? BigInt.asUintN(63, BigInt(`0x${random}`)) || 1n : 1n
}

function beginTrace(spanId: bigint, startSeconds: number): TraceContext {
  const upper = `${startSeconds.toString(16).padStart(8, '0')}00000000`
  return { traceId: spanId, parentId: 0n, priority: undefined, tags: { '_dd.p.tid': upper } }
}

function readDatadog(headers: Readonly<Record<string, string>>): TraceContext | undefined {
  const traceId = readDecimal(headers['x-datadog-trace-id'])
  const parentId = readDecimal(headers['x-datadog-parent-id']) ?? 0n
  const origin = headers['x-datadog-origin'] ?? ''
  // Synthetic tests have no span of their own.
  if (traceId === undefined || traceId === 0n || (parentId === 0n && origin === '')) return undefined
  const tags = propagatedTags(
    (headers['x-datadog-tags'] ?? '').split(',').map((pair) => splitAt(pair, '=')),
    (name) => name,
  )
  const tid = tags['_dd.p.tid']
  if (tid !== undefined && !/^[0-9a-f]{16}$/.test(tid)) delete tags['_dd.p.tid']
  const w3c = readW3c(headers)
  const isSameTrace = w3c?.traceId === traceId
  return {
    traceId,
    parentId,
    priority: readPriority(headers['x-datadog-sampling-priority']),
    tags: {
      ...tags,
      ...(origin !== '' && { '_dd.origin': origin }),
      ...(isSameTrace && headers['tracestate'] !== undefined && { tracestate: headers['tracestate'] }),
    },
  }
}

function readW3c(headers: Readonly<Record<string, string>>): TraceContext | undefined {
  const parts = /^[0-9a-f]{2}-([0-9a-f]{16})([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(
    headers['traceparent'] ?? '',
  )
  if (parts === null) return undefined
  const [, upper = '', lower = '', parent = '', flags = ''] = parts
  const traceId = BigInt(`0x${lower}`)
  const parentId = BigInt(`0x${parent}`)
  // All zeros means no trace (W3C Trace Context 3.2.2).
  if ((traceId === 0n && /^0+$/.test(upper)) || parentId === 0n) return undefined
  const state = headers['tracestate']
  const members = readDatadogState(state)
  const origin = members.get('o')
  const lastParent = members.get('p')
  const tags = propagatedTags(
    [...members]
      .filter(([name]) => name.startsWith('t.'))
      .map(([name, value]) => [name, unescapeState(value)] as const),
    (name) => `_dd.p.${name.slice(2)}`,
  )
  return {
    traceId,
    parentId,
    priority: decideW3cPriority((Number.parseInt(flags, 16) & 1) === 1, readPriority(members.get('s'))),
    tags: {
      ...tags,
      ...(!/^0+$/.test(upper) && { '_dd.p.tid': upper }),
      ...(origin !== undefined && { '_dd.origin': unescapeState(origin) }),
      ...(lastParent !== undefined && /^[0-9a-f]{16}$/.test(lastParent) && { '_dd.parent_id': lastParent }),
      ...(state !== undefined && { tracestate: state }),
    },
  }
}

/** `dd=s:1;o:rum;t.usr.id:x` among other vendors' members. */
function readDatadogState(state: string | undefined): ReadonlyMap<string, string> {
  const own = (state ?? '')
    .split(',')
    .map((member) => member.trim())
    .find((member) => member.startsWith('dd='))
  const fields = (own ?? '').slice('dd='.length).split(';')
  return new Map(fields.map((field) => splitAt(field, ':')).filter(([name]) => name !== ''))
}

/** The flag is every tracer's word, the number Datadog's: where they contradict each other a later tracer has decided. */
function decideW3cPriority(isSampled: boolean, priority: number | undefined): number {
  if (priority !== undefined && priority > 0 === isSampled) return priority
  return isSampled ? 1 : 0
}

function propagatedTags(
  pairs: readonly (readonly [name: string, value: string])[],
  toTag: (name: string) => string,
): Record<string, string> {
  const tags: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs.slice(0, propagatedTagLimit)) {
    const tag = toTag(name.trim())
    if (propagatedTagName.test(tag) && value !== '') tags[tag] = value
  }
  return tags
}

/** `=` may not stand in a member of tracestate; Datadog's tracers write `~`. */
function unescapeState(value: string): string {
  return value.replaceAll('~', '=')
}

/** The event holds only the three keys that become tags. */
function baggageTags(baggage: string | undefined): Record<string, string> {
  const tags: Record<string, string> = Object.create(null)
  for (const [name, value] of (baggage ?? '').split(',').map((member) => splitAt(member, '='))) {
    if (name !== '' && value !== '') tags[`baggage.${name.trim()}`] = decodePercent(value.trim())
  }
  return tags
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone percent sign: it is shown as it came.
    return text
  }
}

function readDecimal(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text)
  return value < 1n << 64n ? value : undefined
}

function readPriority(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d$/.test(text) ? Number(text) : undefined
}

function splitAt(text: string, separator: string): readonly [name: string, value: string] {
  const at = text.indexOf(separator)
  return at < 0 ? ['', ''] : [text.slice(0, at), text.slice(at + 1)]
}
