// Reads a gateway's own counters over HTTP: bounded in bytes and time, and never trusted to be what they should.
import type { CoverageSource } from '../../options/kinds/coverage-source.js'
import { samplesOf, sumSamples } from './prometheus-text.js'

/** What a gateway counted since it started. */
export interface GatewayCounts {
  /** Requests that it took from clients. */
  readonly requests: number
  /** Copies that it made or gave up; `undefined` where it does not count them. */
  readonly copies: number | undefined
}

/** An Envoy with thousands of clusters answers what was filtered: a few lines. A page of metrics may be long. */
export const responseLimitBytes: number = 4 * 1024 * 1024

/**
 * Asks once.
 * @param timeLimitMs - for the whole exchange.
 * @throws Error with the reason: unreachable, too late, too long, or not the counters that were asked for.
 */
export async function readGatewayCounts(source: CoverageSource, timeLimitMs: number): Promise<GatewayCounts> {
  const text = await readBounded(addressOf(source), timeLimitMs)
  const counts = countsIn(source, text)
  if (counts === undefined) throw new Error(`the answer holds no ${expectationOf(source)}`)
  return counts
}

/** The counters in an answer; `undefined` when they are not there. */
export function countsIn(source: CoverageSource, text: string): GatewayCounts | undefined {
  switch (source.kind) {
    case 'envoy':
      return envoyCounts(source.selector, text)
    case 'nginx':
      return nginxCounts(text)
    case 'gateway':
      return ownGatewayCounts(text)
    case 'prometheus': {
      const samples = samplesOf(text, source.selector)
      return samples.length === 0 ? undefined : { requests: sumSamples(samples), copies: undefined }
    }
    default:
      return source.kind satisfies never
  }
}

function addressOf(source: CoverageSource): string {
  const url = new URL(source.url)
  if (source.kind === 'gateway' && url.pathname === '/') url.pathname = '/metrics'
  if (source.kind !== 'envoy') return url.href
  const cluster = source.selector.replaceAll(/[^\w-]/g, '\\$&')
  const names = `^(http\\..+\\.downstream_rq_total|cluster\\.${cluster}\\.upstream_rq_(total|pending_overflow|pending_failure_eject))$`
  if (url.pathname === '/') url.pathname = '/stats'
  url.searchParams.set('filter', names)
  return url.href
}

function expectationOf({ kind, selector }: CoverageSource): string {
  if (kind === 'envoy') return `counters of the cluster ${selector}`
  return kind === 'nginx' ? 'stub_status' : `metric ${kind === 'gateway' ? 'of mirrorwaf gateway' : selector}`
}

/** Copies are those sent, those that a circuit breaker refused, and those for which no connection could be made. */
function envoyCounts(cluster: string, text: string): GatewayCounts | undefined {
  const counters = new Map<string, number>()
  for (const line of text.split('\n')) {
    const colon = line.lastIndexOf(': ')
    if (colon > 0) counters.set(line.slice(0, colon), Number(line.slice(colon + 2)))
  }
  const sent = counters.get(`cluster.${cluster}.upstream_rq_total`)
  if (sent === undefined) return undefined
  const overflow = counters.get(`cluster.${cluster}.upstream_rq_pending_overflow`) ?? 0
  const unconnected = counters.get(`cluster.${cluster}.upstream_rq_pending_failure_eject`) ?? 0
  let requests = 0
  // The admin page counts its own visitors under http.admin: we are one of them.
  for (const [name, value] of counters) {
    if (name.startsWith('http.') && !name.startsWith('http.admin.')) requests += value
  }
  return valid({ requests, copies: sent + overflow + unconnected })
}

/** "server accepts handled requests" and the numbers on the next line; copies are subrequests, which nginx does not count. */
function nginxCounts(text: string): GatewayCounts | undefined {
  const numbers = /accepts handled requests[^\n]*\n\s*\d+ \d+ (\d+)/.exec(text)
  return numbers === null ? undefined : valid({ requests: Number(numbers[1]), copies: undefined })
}

/** What was refused at the door has no route, and is not mirrored. */
function ownGatewayCounts(text: string): GatewayCounts | undefined {
  const copies = samplesOf(text, 'mirrorwaf_gateway_mirror_copies_total')
  if (copies.length === 0) return undefined
  const routed = samplesOf(text, 'mirrorwaf_gateway_requests_total').filter(({ labels }) => labels.get('route') !== '')
  return valid({ requests: sumSamples(routed), copies: sumSamples(copies) })
}

function valid(counts: GatewayCounts): GatewayCounts | undefined {
  const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0
  return isCount(counts.requests) && isCount(counts.copies ?? 0) ? counts : undefined
}

async function readBounded(address: string, timeLimitMs: number): Promise<string> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(timeLimitMs), redirect: 'error' })
  if (!answer.ok) {
    await answer.body?.cancel()
    throw new Error(`it answered ${answer.status}`)
  }
  const pieces: Uint8Array[] = []
  let byteCount = 0
  for await (const piece of answer.body ?? []) {
    byteCount += piece.byteLength
    if (byteCount > responseLimitBytes) throw new Error(`the answer is longer than ${responseLimitBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
