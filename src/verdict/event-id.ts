// Event ids: UUID version 7 (RFC 9562), which sort by time, so that events of many processes merge in order.

/** Gives the id of an event at a time in ms since the epoch. */
export type EventIdSource = (timeMs: number) => string

/** Random bytes fetched at once: one call to the system serves 400 ids. */
const poolBytes = 4000
const bytesPerId = 10

/** @param fillRandom - fills the given bytes, e.g. `crypto.getRandomValues`. */
export function createEventIdSource(fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void): EventIdSource {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return (timeMs) => {
    if (used + bytesPerId > poolBytes) {
      fillRandom(pool)
      used = 0
    }
    const id = Buffer.alloc(16)
    id.writeUIntBE(Math.trunc(timeMs), 0, 6)
    pool.copy(id, 6, used, used + bytesPerId)
    used += bytesPerId
    id[6] = 0x70 | ((id[6] ?? 0) & 0x0f)
    id[8] = 0x80 | ((id[8] ?? 0) & 0x3f)
    const hex = id.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}
