// Where a gateway's own counters are read: `envoy=http://127.0.0.1:9901#CLUSTER`, `nginx=URL`, `gateway=URL`, `prometheus=URL#METRIC`;
// for gateways that do not count their copies `nginx=URL#share=0.1`, `prometheus=URL#METRIC;share=0.1`.
import type { ValueKind } from './option-kind.js'
import { text } from './scalars.js'

/** Which counters are asked for, and how they are spelt. */
export const coverageKinds = ['envoy', 'nginx', 'gateway', 'prometheus'] as const
export type CoverageKind = (typeof coverageKinds)[number]

/** One gateway's counters. */
export interface CoverageSource {
  readonly kind: CoverageKind
  /** Without fragment, user and password. */
  readonly url: string
  /** The fragment: the mirror's cluster (envoy), the metric with its labels (prometheus), else empty. */
  readonly selector: string
  /** Of its requests, as far as the user says which it copies: above 0, at most 1. Then copies are an estimate. */
  readonly share: number | undefined
  /** Names it in metrics and logs: kind, host and port. */
  readonly label: string
}

/** What Envoy's mirror cluster is called in the recipe, when the option does not say. */
const usualCluster = 'mirrorwaf'

/** The text of one source. */
export const coverageSource: ValueKind<string> = text(
  'KIND=URL',
  'envoy=http://HOST:PORT[#CLUSTER], nginx=http://HOST/STUB_STATUS[#share=0.1], gateway=http://HOST:PORT/metrics or prometheus=http://HOST/METRICS#NAME{label="value"}[;share=0.1]',
  (value) => parseCoverageSource(value) !== undefined,
)

/** Reads a source; `undefined` when it is none. */
export function parseCoverageSource(value: string): CoverageSource | undefined {
  const equals = value.indexOf('=')
  const kind = coverageKinds.find((known) => known === value.slice(0, equals))
  const address = value.slice(equals + 1)
  if (kind === undefined || !URL.canParse(address)) return undefined
  const url = new URL(address)
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '') {
    return undefined
  }
  const fragment = decodeFragment(url.hash.slice(1))
  const { rest, share } = countsCopies(kind) ? { rest: fragment, share: undefined } : splitShare(fragment)
  const selector = rest || (kind === 'envoy' ? usualCluster : '')
  if (kind === 'prometheus' && selector === '') return undefined
  if (share !== undefined && !(share > 0 && share <= 1)) return undefined
  url.hash = ''
  return { kind, url: url.href, selector, share, label: `${kind} ${url.host}` }
}

function countsCopies(kind: CoverageKind): boolean {
  return kind === 'envoy' || kind === 'gateway'
}

/** @returns NaN as the share when it is no number. */
function splitShare(fragment: string): { readonly rest: string; readonly share: number | undefined } {
  const [, rest = '', text] = /^(?:(.*);)?share=([^;]*)$/.exec(fragment) ?? []
  if (text === undefined) return { rest: fragment, share: undefined }
  return { rest, share: /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN }
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    // A lone percent sign is no encoding; it stands for itself.
    return fragment
  }
}
