// IP addresses as Go's netip reads them: strict dotted quads, RFC 4291 text, an optional zone (read and dropped).
// Stage: [decode]. Hot path. Own code, because the addresses lie in a byte range and are read per request: `node:net` and
// ipaddr.js need strings, and ipaddr.js also takes octal and shortened IPv4. Held equal to ipaddr.js by a property test.
import { hexValue } from './percent-decoding.js'
import { byteAt } from './utf8.js'

const dot = 0x2e
const colon = 0x3a
const percent = 0x25
const openingBracket = 0x5b
const closingBracket = 0x5d

/** First 96 bits of an IPv4 address inside IPv6 (`::ffff:a.b.c.d`); addresses written that way count as IPv4. */
const mappedGroup = 0xffff

/** One address as eight 16-bit groups; IPv4 lies in the last two, mapped. Reused: copy what must last. */
export class IpAddress {
  readonly groups: Uint16Array = new Uint16Array(8)
  isV4 = false

  /** Reads an address that fills the range. @returns false when it is none; `groups` is undefined then. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.groups.fill(0)
    this.isV4 = this.#readV4(bytes, start, end, 6)
    if (this.isV4) {
      this.groups[5] = mappedGroup
      return true
    }
    if (!this.#readV6(bytes, start, end)) return false
    this.isV4 = this.#isMapped()
    return true
  }

  /** Reads an address, `address:port`, `[address]` or `[address]:port`, as Go's mirror does (ParseAddr, SplitHostPort). */
  readWithPort(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.read(bytes, start, end)) return true
    if (bytes[start] === openingBracket && start < end) {
      const closing = lastIndexOf(bytes, closingBracket, start, end)
      const isHostEnd = closing + 1 === end || byteAt(bytes, closing + 1) === colon
      return closing > start && isHostEnd && this.read(bytes, start + 1, closing)
    }
    const portAt = lastIndexOf(bytes, colon, start, end)
    return portAt > start && this.read(bytes, start, portAt)
  }

  /** Copies another address into this one. */
  copy(other: IpAddress): void {
    this.groups.set(other.groups)
    this.isV4 = other.isV4
  }

  /** Go's rule: neither private, loopback, link-local, 100.64/10-like (Go masks 100.65/10 to that) nor fec0::/10. */
  get isGlobal(): boolean {
    return this.isV4 ? !isLocalV4(this.#group(6)) : !isLocalV6(this.groups)
  }

  /** Canonical text: dotted quad, or RFC 5952. */
  toString(): string {
    if (!this.isV4) return formatV6(this.groups)
    const high = this.#group(6)
    const low = this.#group(7)
    return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`
  }

  #group(index: number): number {
    return this.groups[index] ?? 0
  }

  #isMapped(): boolean {
    for (let index = 0; index < 5; index++) if (this.#group(index) !== 0) return false
    return this.#group(5) === mappedGroup
  }

  /** Four decimal fields without leading zeros, into two groups. */
  #readV4(bytes: Uint8Array, start: number, end: number, atGroup: number): boolean {
    if (end - start < 7 || end - start > 15) return false
    let field = 0
    let value = 0
    let digits = 0
    for (let index = start; index <= end; index++) {
      const byte = index === end ? dot : byteAt(bytes, index)
      if (byte === dot) {
        if (digits === 0 || field > 3) return false
        const group = atGroup + (field >> 1)
        this.groups[group] = field & 1 ? (this.#group(group) << 8) | value : value
        field++
        value = 0
        digits = 0
        continue
      }
      if (byte < 0x30 || byte > 0x39 || (digits === 1 && value === 0)) return false
      value = value * 10 + byte - 0x30
      digits++
      if (value > 255) return false
    }
    return field === 4
  }

  /** Groups of hex digits; `::` once; the last two groups may be a dotted quad. */
  #readV6(bytes: Uint8Array, start: number, end: number): boolean {
    end = endWithoutZone(bytes, start, end)
    if (end - start < 2 || end - start > 45) return false
    this.groups.fill(0)
    let count = 0
    let gapAt = -1
    let index = start
    if (bytes[start] === colon) {
      if (byteAt(bytes, start + 1) !== colon) return false
      gapAt = 0
      index += 2
    }
    while (index < end) {
      if (count === 8) return false
      const groupEnd = this.#readGroup(bytes, index, end, count)
      if (groupEnd < 0) {
        if (count > 6 || !this.#readV4(bytes, index, end, count)) return false
        count += 2
        break
      }
      count++
      index = groupEnd
      if (index === end) break
      index++
      if (index === end) return false
      if (bytes[index] === colon) {
        if (gapAt >= 0) return false
        gapAt = count
        index++
      }
    }
    return this.#fillGap(count, gapAt)
  }

  /** One to four hex digits up to a colon or the end. @returns the offset after them, -1 if they are something else. */
  #readGroup(bytes: Uint8Array, start: number, end: number, at: number): number {
    let value = 0
    let index = start
    for (; index < end; index++) {
      const byte = bytes[index] ?? 0
      if (byte === colon) break
      const digit = hexValue(byte)
      if (digit < 0 || index - start > 3) return -1
      value = (value << 4) | digit
    }
    if (index === start) return -1
    this.groups[at] = value
    return index
  }

  /** Moves what follows `::` to the end; `::` must stand for at least one group. */
  #fillGap(count: number, gapAt: number): boolean {
    if (gapAt < 0) return count === 8
    if (count === 8) return false
    const moved = count - gapAt
    for (let offset = 1; offset <= moved; offset++) {
      this.groups[8 - offset] = this.#group(count - offset)
      this.groups[count - offset] = 0
    }
    return true
  }
}

/** One CIDR block, prepared for matching. */
export class IpNetwork {
  readonly #base: IpAddress
  readonly #prefixBits: number

  private constructor(base: IpAddress, prefixBits: number) {
    this.#base = base
    this.#prefixBits = prefixBits
  }

  /** @param text - `address/prefix`, or an address alone. @returns `undefined` when it is neither. */
  static parse(text: string): IpNetwork | undefined {
    const slashAt = text.indexOf('/')
    const bytes = Buffer.from(text, 'latin1')
    const base = new IpAddress()
    if (!base.read(bytes, 0, slashAt < 0 ? bytes.length : slashAt)) return undefined
    const longest = base.isV4 ? 32 : 128
    const prefixText = slashAt < 0 ? String(longest) : text.slice(slashAt + 1)
    if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > longest) return undefined
    return new IpNetwork(base, Number(prefixText) + 128 - longest)
  }

  contains(address: IpAddress): boolean {
    if (address.isV4 !== this.#base.isV4) return false
    for (let index = 0; index < 8; index++) {
      const bits = Math.min(Math.max(this.#prefixBits - index * 16, 0), 16)
      const mask = (0xffff << (16 - bits)) & 0xffff
      if (((address.groups[index] ?? 0) & mask) !== ((this.#base.groups[index] ?? 0) & mask)) return false
    }
    return true
  }
}

function endWithoutZone(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    if (bytes[index] === percent) return index + 1 < end ? index : start
  }
  return end
}

function lastIndexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let index = end - 1
  while (index >= start && bytes[index] !== byte) index--
  return index
}

function isLocalV4(high: number): boolean {
  const first = high >> 8
  if (first === 10 || first === 127) return true
  if (high === 0xc0a8 || high === 0xa9fe) return true
  return (high & 0xfff0) === 0xac10 || (high & 0xffc0) === 0x6440
}

function isLocalV6(groups: Uint16Array): boolean {
  const first = groups[0] ?? 0
  if ((first & 0xfe00) === 0xfc00) return true
  if ((first & 0xffc0) === 0xfe80 || (first & 0xffc0) === 0xfec0) return true
  for (let index = 0; index < 7; index++) if (groups[index] !== 0) return false
  return groups[7] === 1
}

/** RFC 5952: the longest run of two or more zero groups, the first of equals, becomes `::`. */
function formatV6(groups: Uint16Array): string {
  let gapAt = -1
  let gapLength = 1
  for (let index = 0; index < 8; index++) {
    let length = 0
    while (index + length < 8 && groups[index + length] === 0) length++
    if (length > gapLength) {
      gapAt = index
      gapLength = length
    }
    if (length > 0) index += length - 1
  }
  const parts = Array.from(groups, (group) => group.toString(16))
  if (gapAt < 0) return parts.join(':')
  return `${parts.slice(0, gapAt).join(':')}::${parts.slice(gapAt + gapLength).join(':')}`
}
