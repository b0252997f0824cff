// Ranges of IP addresses in CIDR notation; a single address is a range of one.
import { isIPv4, isIPv6 } from 'node:net'
import type { ValueKind } from './option-kind.js'

/** A range: the first `prefixBits` bits of an address are those of `address`. */
export interface CidrRange {
  readonly family: 4 | 6
  readonly address: string
  readonly prefixBits: number
}

/** A range as `address/bits`. */
export const cidr: ValueKind<string> = {
  placeholder: 'CIDR,...',
  accepted: 'IP addresses or ranges like 10.0.0.0/8 or fd00::/8, separated by commas',
  parse: normalise,
  format: (value) => value,
  check: (value) => (typeof value === 'string' ? normalise(value) : undefined),
}

/** Reads a range; `undefined` when it is none. Bits beyond the prefix may be set; zones (`fe80::1%eth0`) are not accepted. */
export function parseCidr(text: string): CidrRange | undefined {
  const parts = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text)
  const ip = parts?.[1] ?? ''
  const family = isIPv4(ip) ? 4 : isIPv6(ip) ? 6 : undefined
  if (family === undefined) return undefined
  const maxBits = family === 4 ? 32 : 128
  const prefixBits = Number(parts?.[2] ?? maxBits)
  return prefixBits <= maxBits ? { family, address: ip, prefixBits } : undefined
}

function normalise(text: string): string | undefined {
  const range = parseCidr(text)
  return range === undefined ? undefined : `${range.address}/${range.prefixBits}`
}
