// Listening addresses: "host:port", ":port", "[v6]:port" or "unix:/path".
import { isIPv4, isIPv6 } from 'node:net'
import type { ValueKind } from './option-kind.js'

/** Where to listen. A host of `::` stands for both IP versions where the machine has IPv6. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** An address, normalised by `formatAddress`. */
export const address: ValueKind<string> = {
  placeholder: 'ADDRESS',
  accepted: acceptedAddress(),
  parse: normalise,
  format: (value) => value,
  check: (value) => (typeof value === 'string' ? normalise(value) : undefined),
}

/** An address, or `off`. */
export const addressOrOff: ValueKind<string> = {
  placeholder: 'ADDRESS',
  accepted: `${acceptedAddress()}; or off`,
  parse: (text) => (text === 'off' ? text : normalise(text)),
  format: (value) => value,
  check: (value) => (typeof value === 'string' ? addressOrOff.parse(value) : undefined),
}

/** Reads an address; `undefined` when it is none. Names are not looked up. */
export function parseAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) return parseUnixPath(text.slice('unix:'.length))
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  if (parts === null) return undefined
  const [, bracketed, plain, digits] = parts
  const port = Number(digits)
  if (port > 65_535) return undefined
  if (bracketed !== undefined) return isIPv6(bracketed) ? { kind: 'tcp', host: bracketed, port } : undefined
  if (plain === undefined || plain === '') return { kind: 'tcp', host: '::', port }
  return isHostName(plain) ? { kind: 'tcp', host: plain, port } : undefined
}

/** The text that `parseAddress` reads as the same address. */
export function formatAddress(listenAddress: ListenAddress): string {
  if (listenAddress.kind === 'unix') return `unix:${listenAddress.path}`
  const { host, port } = listenAddress
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** Linux keeps a socket's path in 108 bytes with the final zero (man 7 unix). */
export const unixPathLimitBytes = 107

function acceptedAddress(): string {
  return 'host:port, :port, [IPv6]:port (port 0 to 65535, 0 = any free one) or unix:PATH'
}

function normalise(text: string): string | undefined {
  const parsed = parseAddress(text)
  return parsed === undefined ? undefined : formatAddress(parsed)
}

function parseUnixPath(path: string): ListenAddress | undefined {
  const isUsable = path !== '' && !path.includes('\0') && Buffer.byteLength(path) <= unixPathLimitBytes
  return isUsable ? { kind: 'unix', path } : undefined
}

/** Digits and dots alone are an IPv4 address or a mistake, never a name to look up. */
function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIPv4(text)
  return text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text)
}
