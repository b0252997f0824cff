// What the reporting thread has taken over and nobody has confirmed, in shared memory: when the thread dies, the main thread
// still knows how much went with it, and the next thread shows it. One writer at a time: the thread while it lives, then the
// main thread.

/** One holder of events: a sink, the store, the history in memory. */
export interface HeldAccount {
  /** @param eventCount - negative when they are written or counted otherwise. */
  add(eventCount: number): void
  set(eventCount: number): void
  /** What earlier threads held when they died. */
  readonly lost: number
}

/** Held and lost. */
const slotsPerAccount = 2
/** After those of the sinks: events on their way into the store, and those that a history in memory consists of. */
const storeAccounts = 2

/** @param sinkCount - as many as are configured. */
export function allocateHeldLedger(sinkCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer((sinkCount + storeAccounts) * slotsPerAccount * Float64Array.BYTES_PER_ELEMENT)
}

/** What was lost with a thread. */
export interface HeldLoss {
  /** In the queues and folds of all sinks and of the store, each counted for itself. */
  readonly events: number
  /** Of a history in memory. */
  readonly history: number
}

export class HeldLedger {
  readonly #slots: Float64Array
  readonly #sinkCount: number

  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Float64Array(memory)
    this.#sinkCount = this.#slots.length / slotsPerAccount - storeAccounts
  }

  /** @param position - in the configured order. */
  sink(position: number): HeldAccount {
    return new SharedAccount(this.#slots, position * slotsPerAccount)
  }

  get store(): HeldAccount {
    return this.sink(this.#sinkCount)
  }

  get history(): HeldAccount {
    return this.sink(this.#sinkCount + 1)
  }

  /** After the thread has ended: what it held is lost, and the next one begins with nothing. */
  closeBooks(): HeldLoss {
    const held = Array.from({ length: this.#sinkCount + storeAccounts }, (_, position) => this.#writeOff(position))
    const history = held.at(-1) ?? 0
    return { events: held.reduce((sum, count) => sum + count, 0) - history, history }
  }

  #writeOff(position: number): number {
    const slot = position * slotsPerAccount
    const held = this.#slots[slot] ?? 0
    this.#slots[slot] = 0
    this.#slots[slot + 1] = (this.#slots[slot + 1] ?? 0) + held
    return held
  }
}

class SharedAccount implements HeldAccount {
  readonly #slots: Float64Array
  readonly #slot: number

  constructor(slots: Float64Array, slot: number) {
    this.#slots = slots
    this.#slot = slot
  }

  add(eventCount: number): void {
    this.#slots[this.#slot] = (this.#slots[this.#slot] ?? 0) + eventCount
  }

  set(eventCount: number): void {
    this.#slots[this.#slot] = eventCount
  }

  get lost(): number {
    return this.#slots[this.#slot + 1] ?? 0
  }
}
