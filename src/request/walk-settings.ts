// What decoding can be told, prepared once per worker thread.
import type { ShadowSuffixMode } from './host.js'
import { IpNetwork } from './ip-address.js'

/** Decoding options as they come from the option table. */
export interface WalkOptions {
  /** Replaces the whole list of client IP headers by one; empty keeps the list (`DD_TRACE_CLIENT_IP_HEADER`). */
  readonly clientIpHeader: string
  /** CIDR blocks, or single addresses, whose entries in the chain of hops are not the client. */
  readonly trustedProxies: readonly string[]
  /** Entries at the end of the chain (X-Forwarded-For, then the peer) that own infrastructure wrote. */
  readonly trustedHops: number
  readonly shadowSuffix: ShadowSuffixMode
  /** Body bytes that are inspected, before and after content decoding. */
  readonly bodyInspectLimitBytes: number
}

/** Prepared options; immutable, shared by all requests of a thread. */
export interface WalkSettings {
  /** Lower-case names, in order of precedence. */
  readonly clientIpHeaders: readonly string[]
  readonly trustedProxies: readonly IpNetwork[]
  readonly trustedHops: number
  readonly shadowSuffix: ShadowSuffixMode
  readonly bodyInspectLimitBytes: number
}

/** The headers that may name the client, in the Go mirror's order. */
export const defaultClientIpHeaders: readonly string[] = [
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

/** What applies when nothing is said. */
export const defaultWalkOptions: WalkOptions = {
  clientIpHeader: '',
  trustedProxies: [],
  trustedHops: 0,
  shadowSuffix: 'auto',
  bodyInspectLimitBytes: 10 * 1024 * 1024,
}

/** True when `text` is a CIDR block or an address; for the option table's validation. */
export function isNetwork(text: string): boolean {
  return IpNetwork.parse(text) !== undefined
}

/** Parses once what every request needs. Entries of `trustedProxies` that are no network were refused by the option table. */
export function prepareWalkSettings(options: Partial<WalkOptions> = {}): WalkSettings {
  const { clientIpHeader, trustedProxies, ...rest } = { ...defaultWalkOptions, ...options }
  return Object.freeze({
    clientIpHeaders: clientIpHeader === '' ? defaultClientIpHeaders : [clientIpHeader.toLowerCase()],
    trustedProxies: trustedProxies.map((text) => IpNetwork.parse(text)).filter((network) => network !== undefined),
    ...rest,
  })
}
