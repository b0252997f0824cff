// Events above a sink's rate limit, folded: one of each kind is kept, the others are counted with it. Bounded in bytes; when
// there is no room for another kind, its events are counted together, so that none is lost.
import type { EventFold } from '../verdict/event.js'

/** One line and how many events it stands for. */
export interface TakenFold {
  readonly line: Uint8Array
  readonly eventCount: number
}

interface Fold {
  readonly line: Uint8Array
  count: number
  readonly first: string
  last: string
  readonly by: EventFold['by']
}

/** What a kind takes beside its texts: map entry, object, buffer header. */
const overheadBytes = 256
const closingBrace = 0x7d
const encoder = new TextEncoder()

export class EventFolder {
  readonly #limitBytes: number
  /** In the order in which the kinds were first seen. */
  readonly #kinds = new Map<string, Fold>()
  #mixed: Fold | undefined
  #usedBytes = 0

  /** @param limitBytes - for all kinds together; the one that stands for the rest comes on top. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0 && this.#mixed === undefined
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @param line - one JSON line, line end included; copied when it is kept. */
  add(key: string, line: Uint8Array, timestamp: string): void {
    const known = this.#kinds.get(key)
    if (known !== undefined) {
      note(known, timestamp)
      return
    }
    const costBytes = costOf(key, line)
    if (this.#usedBytes + costBytes <= this.#limitBytes) {
      this.#usedBytes += costBytes
      this.#kinds.set(key, createFold(line, timestamp, 'rule_route_client'))
      return
    }
    if (this.#mixed === undefined) this.#mixed = createFold(line, timestamp, 'mixed')
    else note(this.#mixed, timestamp)
  }

  /** Hands out the oldest kind as one JSON line; `undefined` when there is none. */
  take(): TakenFold | undefined {
    const oldest = this.#kinds.entries().next().value
    if (oldest === undefined) {
      const mixed = this.#mixed
      this.#mixed = undefined
      return mixed && encodeFold(mixed)
    }
    const [key, fold] = oldest
    this.#kinds.delete(key)
    this.#usedBytes -= costOf(key, fold.line)
    return encodeFold(fold)
  }
}

function costOf(key: string, line: Uint8Array): number {
  return overheadBytes + 2 * key.length + line.byteLength
}

function createFold(line: Uint8Array, timestamp: string, by: EventFold['by']): Fold {
  return { line: line.slice(), count: 1, first: timestamp, last: timestamp, by }
}

function note(fold: Fold, timestamp: string): void {
  fold.count += 1
  fold.last = timestamp
}

/** Adds the field at the end of the object; one event alone stays as it was. */
function encodeFold({ line, count, first, last, by }: Fold): TakenFold {
  if (count === 1) return { line, eventCount: 1 }
  const end = line.lastIndexOf(closingBrace)
  const folded: EventFold = { count, first, last, by }
  const tail = encoder.encode(`,"folded":${JSON.stringify(folded)}}\n`)
  const joined = new Uint8Array(end + tail.byteLength)
  joined.set(line.subarray(0, end))
  joined.set(tail, end)
  return { line: joined, eventCount: count }
}
