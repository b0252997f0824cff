// Is a text one of some addresses or networks? As the engine's ip_match: IPv4 and IPv6 with an optional prefix length, no
// port; IPv4 counts as IPv4-mapped IPv6. Errs towards yes: what looks like an address but cannot be read here matches.
// IPv4, of which lists may hold many thousands, is looked up by number; `node:net`, which walks its list, has the rest.
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const looksLikeAddress = /^[0-9a-fA-F.:/%\s]+$/
/** Longest text of an address, with room to spare. */
const maxAddressLength = 64

/** Networks by prefix length. */
export class IpMatcher {
  readonly #v4 = new Map<number, Set<number>>()
  readonly #v6 = new BlockList()
  #hasV6 = false
  #matchesAll = false

  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  matches(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#matchesAll) return true
    if (end === start || end - start > maxAddressLength) return false
    return this.#matchesText(String.fromCharCode(...bytes.subarray(start, end)))
  }

  #matchesText(text: string): boolean {
    if (isIPv4(text))
      return this.#hasNumber(numberOf(text)) || (this.#hasV6 && this.#v6.check(`::ffff:${text}`, 'ipv6'))
    if (!isIPv6(text)) return looksLikeAddress.test(text)
    const mapped = mappedV4(text)
    if (mapped !== undefined && this.#hasNumber(numberOf(mapped))) return true
    return this.#hasV6 && this.#v6.check(text, 'ipv6')
  }

  #hasNumber(address: number): boolean {
    for (const [length, networks] of this.#v4) if (networks.has(masked(address, length))) return true
    return false
  }

  #add(entry: string): void {
    const [address = '', length] = entry.split('/')
    const prefix = length === undefined ? Infinity : Number(length)
    if (Number.isNaN(prefix) || prefix < 0) {
      this.#matchesAll = true
    } else if (isIPv4(address)) {
      const bits = Math.min(32, prefix)
      const networks = this.#v4.get(bits) ?? new Set()
      networks.add(masked(numberOf(address), bits))
      this.#v4.set(bits, networks)
    } else if (isIPv6(address)) {
      this.#hasV6 = true
      this.#v6.addSubnet(address, Math.min(128, prefix), 'ipv6')
    } else {
      // What no one could read as an address is no entry for the engine either.
      this.#matchesAll ||= looksLikeAddress.test(entry)
    }
  }
}

function numberOf(dotted: string): number {
  return dotted.split('.').reduce((value, part) => value * 256 + Number(part), 0)
}

function masked(address: number, prefixBits: number): number {
  return Math.floor(address / 2 ** (32 - prefixBits))
}

/** The IPv4 address inside an IPv4-mapped one, in whatever spelling. */
function mappedV4(text: string): string | undefined {
  const host = new URL(`http://[${text.replace(/%.*$/, '')}]/`).hostname
  const found = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host)
  if (found === null) return undefined
  const high = Number.parseInt(found[1] ?? '', 16)
  const low = Number.parseInt(found[2] ?? '', 16)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
