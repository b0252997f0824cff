// Finds the address of the client behind the gateways, by the Go mirror's algorithm or by a chain of trusted hops.
// Stage: [decode], and the event builder. Hot path: every request asks; reads ranges, makes no string.

import { Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'
import { equalsIgnoreCase, findByte, skipBlanks, trimBlanksEnd } from './ascii.js'
import { ForwardedReader } from './forwarded.js'
import { IpAddress } from './ip-address.js'
import type { WalkSettings } from './walk-settings.js'

const comma = 0x2c

/** Hops that an event names: enough for any real chain, and a bound on what a sender can put into events. */
const maxChainLength = 32
/** An address with port and zone, quoted; longer entries are cut. */
const maxChainEntryLength = 80

/** Finds client addresses. One per worker thread; `address` holds the last one found. */
export class ClientIpFinder {
  /** The client's address after `find` gave true. */
  readonly address: IpAddress = new IpAddress()
  readonly #settings: WalkSettings
  readonly #candidate: IpAddress = new IpAddress()
  readonly #peer: IpAddress = new IpAddress()
  readonly #forwarded: ForwardedReader = new ForwardedReader()
  #hasAddress = false

  constructor(settings: WalkSettings) {
    this.#settings = settings
  }

  /** @returns true when the client's address is known; it is in `address` then. */
  find(record: RecordReader): boolean {
    const hasPeer = this.#peer.readWithPort(record.bytes, record.word(Word.peerStart), record.word(Word.peerEnd))
    if (this.#settings.trustedHops > 0 || this.#settings.trustedProxies.length > 0) {
      return this.#findBehindTrusted(record, hasPeer)
    }
    this.#findInHeaders(record)
    // A header's address stands above the peer's when it is global, or when the peer's is not.
    const isHeaderBetter = this.#hasAddress && (this.address.isGlobal || !hasPeer || !this.#peer.isGlobal)
    if (isHeaderBetter) return true
    if (hasPeer) this.address.copy(this.#peer)
    return hasPeer
  }

  /** First global address over all headers in order; else the first valid one. */
  #findInHeaders(record: RecordReader): void {
    this.#hasAddress = false
    for (const name of this.#settings.clientIpHeaders) {
      for (let index = 0; index < record.headerCount; index++) {
        if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), name)) continue
        const start = record.valueStart(index)
        const end = record.valueEnd(index)
        const isFound =
          name === 'forwarded'
            ? this.#scanForwarded(record.bytes, start, end)
            : this.#scanList(record.bytes, start, end)
        if (isFound) return
      }
    }
  }

  /** @returns true when a global address was found, which ends the search. */
  #scanList(bytes: Uint8Array, start: number, end: number): boolean {
    while (start < end) {
      const entryEnd = findByte(bytes, comma, start, end)
      const entryStart = skipBlanks(bytes, start, entryEnd)
      if (this.#consider(bytes, entryStart, trimBlanksEnd(bytes, entryStart, entryEnd))) return true
      start = entryEnd + 1
    }
    return false
  }

  #scanForwarded(bytes: Uint8Array, start: number, end: number): boolean {
    const reader = this.#forwarded
    if (!reader.open(bytes, start, end)) return false
    while (reader.next()) if (this.#consider(bytes, reader.valueStart, reader.valueEnd)) return true
    return false
  }

  #consider(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#candidate.readWithPort(bytes, start, end)) return false
    const isGlobal = this.#candidate.isGlobal
    if (isGlobal || !this.#hasAddress) this.address.copy(this.#candidate)
    this.#hasAddress = true
    return isGlobal
  }

  /**
   * From the peer backwards through the chain: the first `trustedHops` entries and those inside a trusted network are own
   * infrastructure; the next one is the client. If all are trusted, the farthest one is. An entry that is no address ends the
   * walk, because what lies before it was not written by anyone trusted.
   */
  #findBehindTrusted(record: RecordReader, hasPeer: boolean): boolean {
    this.#hasAddress = hasPeer
    if (hasPeer) this.address.copy(this.#peer)
    let hopsLeft = this.#settings.trustedHops - 1
    if (hasPeer && hopsLeft < 0 && !this.#isTrusted(this.#peer)) return true
    const name = this.#chainHeader(record)
    for (let index = record.headerCount - 1; index >= 0; index--) {
      if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), name)) continue
      let end = record.valueEnd(index)
      const start = record.valueStart(index)
      while (end >= start) {
        const entryStart = lastEntryStart(record.bytes, start, end)
        const isRead = this.#readHop(record.bytes, entryStart, end, name)
        if (!isRead) return this.#hasAddress
        this.address.copy(this.#candidate)
        this.#hasAddress = true
        hopsLeft--
        if (hopsLeft < 0 && !this.#isTrusted(this.#candidate)) return true
        end = entryStart - 1
      }
    }
    return this.#hasAddress
  }

  /** X-Forwarded-For if it is there (or the one configured header), else Forwarded. */
  #chainHeader(record: RecordReader): string {
    const configured = this.#settings.clientIpHeaders
    const first = configured[0] ?? 'x-forwarded-for'
    if (configured.length === 1) return first
    return hasHeader(record, first) ? first : 'forwarded'
  }

  #readHop(bytes: Uint8Array, start: number, end: number, name: string): boolean {
    const entryStart = skipBlanks(bytes, start, end)
    const entryEnd = trimBlanksEnd(bytes, entryStart, end)
    if (name !== 'forwarded') return this.#candidate.readWithPort(bytes, entryStart, entryEnd)
    const reader = this.#forwarded
    if (!reader.open(bytes, entryStart, entryEnd) || !reader.next()) return false
    return this.#candidate.readWithPort(bytes, reader.valueStart, reader.valueEnd)
  }

  #isTrusted(address: IpAddress): boolean {
    for (const network of this.#settings.trustedProxies) if (network.contains(address)) return true
    return false
  }
}

/** The hops of a request as they were sent, farthest first, the peer last; for its event. */
export function clientChain(record: RecordReader): string[] {
  const name = hasHeader(record, 'x-forwarded-for') ? 'x-forwarded-for' : 'forwarded'
  const chain: string[] = []
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), name)) continue
    let start = record.valueStart(index)
    const end = record.valueEnd(index)
    while (start < end && chain.length < maxChainLength) {
      const entryEnd = findByte(record.bytes, comma, start, end)
      const entryStart = skipBlanks(record.bytes, start, entryEnd)
      const cut = Math.min(trimBlanksEnd(record.bytes, entryStart, entryEnd), entryStart + maxChainEntryLength)
      if (cut > entryStart) chain.push(record.bytes.toString('utf8', entryStart, cut))
      start = entryEnd + 1
    }
  }
  const { peer } = record
  if (peer !== '') chain.push(peer)
  return chain
}

function hasHeader(record: RecordReader, name: string): boolean {
  for (let index = 0; index < record.headerCount; index++) {
    if (equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), name)) return true
  }
  return false
}

function lastEntryStart(bytes: Uint8Array, start: number, end: number): number {
  let index = end
  while (index > start && bytes[index - 1] !== comma) index--
  return index
}
