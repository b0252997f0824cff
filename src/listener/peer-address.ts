// Peers as text, and which of them may connect.
import { BlockList, isIPv6, type Socket } from 'node:net'

/** IPv4-mapped IPv6 prefix that a dual-stack socket shows for IPv4 peers (RFC 4291 2.5.5.2). */
const mappedPrefix = '::ffff:'

/** The peer's address without port; `::ffff:` taken off; empty for unix sockets and sockets that are closed already. */
export function peerAddressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? ''
  if (address.startsWith(mappedPrefix) && address.includes('.')) return address.slice(mappedPrefix.length)
  return address
}

/** Peers kept as bytes at a time: gateways are few, and a crowd of strangers must not fill the memory. */
const cachedPeerCount = 256

/** Peers' addresses as records hold them. Connections from one address share the bytes: making them costs 0.7 us each time. */
export class PeerBytes {
  readonly #known = new Map<string, Buffer>()

  /** @returns ASCII; shared, so not to be written to. */
  of(address: string): Buffer {
    const known = this.#known.get(address)
    if (known !== undefined) return known
    // Not from Buffer's pool, of which one cached address would pin 8 KiB.
    const bytes = Buffer.alloc(address.length)
    bytes.write(address, 'latin1')
    if (this.#known.size === cachedPeerCount) this.#known.clear()
    this.#known.set(address, bytes)
    return bytes
  }
}

/** @param ranges - CIDR ranges, checked when options were resolved; none = every peer may connect. */
export function createPeerCheck(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => true
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix = ''] = range.split('/')
    const family = isIPv6(network) ? 'ipv6' : 'ipv4'
    const widest = family === 'ipv6' ? 128 : 32
    list.addSubnet(network, prefix === '' ? widest : Number(prefix), family)
  }
  return (address) => address === '' || list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
