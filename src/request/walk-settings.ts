// What decoding can be told, prepared once per worker thread.
import type { ServeOptions, ShadowSuffix } from '../options/serve-options.js'
import { IpNetwork } from './ip-address.js'

/** The options of the receiver that decoding reads. */
export type WalkOptions = Pick<
  ServeOptions,
  'clientIpHeader' | 'trustedProxies' | 'trustedHops' | 'shadowSuffix' | 'bodyInspectLimitBytes'
>

/** Prepared options; immutable, shared by all requests of a thread. */
export interface WalkSettings {
  /** Lower-case names, in order of precedence. */
  readonly clientIpHeaders: readonly string[]
  readonly trustedProxies: readonly IpNetwork[]
  readonly trustedHops: number
  readonly shadowSuffix: ShadowSuffix
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

/** True when `text` is a CIDR block or an address; for the option table's validation. */
export function isNetwork(text: string): boolean {
  return IpNetwork.parse(text) !== undefined
}

/** Parses once what every request needs. Entries of `trustedProxies` that are no network were refused by the option table. */
export function prepareWalkSettings(options: WalkOptions): WalkSettings {
  const { clientIpHeader, trustedProxies, trustedHops, shadowSuffix, bodyInspectLimitBytes } = options
  return Object.freeze({
    clientIpHeaders: clientIpHeader === '' ? defaultClientIpHeaders : [clientIpHeader.toLowerCase()],
    trustedProxies: trustedProxies.map((text) => IpNetwork.parse(text)).filter((network) => network !== undefined),
    trustedHops,
    shadowSuffix,
    bodyInspectLimitBytes,
  })
}
