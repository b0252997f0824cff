// The states of one lazily built automaton and their transition table: storage, lookup, growth, and the flush at the cap.
// Everything is in typed arrays, so that its size is known.
import type { TableBudget, TableOwner } from './table-budget.js'

/** No transition worked out yet. */
export const unknownEntry = -1

const firstStates = 64
const firstPool = 2048
/** Slots of the hash index per state. */
const slotsPerState = 4

/** A set of NFA nodes to be found or added; `has` answers for its members. */
export interface NodeSet {
  readonly nodes: Int32Array
  readonly length: number
  has(node: number): boolean
}

/**
 * State 0 is the start: an empty set. A state's row begins at `state * stride`: one entry per byte class, one for the end of
 * the value, and last the flags that entering the state raises.
 */
export class StateTable implements TableOwner {
  readonly stride: number
  /** Column of the flags in a row. */
  readonly flagsColumn: number
  /** The transition table. It is replaced when it grows: read it anew after `intern`. */
  table: Int32Array
  /** Members of all sets; state s has those from `offsets[s]` up to `offsets[s + 1]`. */
  pool: Int32Array
  offsets: Int32Array
  contexts: Uint8Array
  count = 0
  /** How often all states were dropped because tables had reached their cap. */
  flushes = 0

  readonly #budget: TableBudget
  readonly #startContext: number
  #hashes: Int32Array
  #slots: Int32Array
  #poolUsed = 0

  constructor(classCount: number, startContext: number, budget: TableBudget) {
    this.stride = classCount + 2
    this.flagsColumn = classCount + 1
    this.#budget = budget
    this.#startContext = startContext
    this.table = new Int32Array(firstStates * this.stride)
    this.pool = new Int32Array(firstPool)
    this.offsets = new Int32Array(firstStates + 1)
    this.contexts = new Uint8Array(firstStates)
    this.#hashes = new Int32Array(firstStates)
    this.#slots = new Int32Array(firstStates * slotsPerState)
    this.#clear()
    budget.register(this)
  }

  get tableBytes(): number {
    return this.#stateBytes + this.pool.byteLength
  }

  /** @returns the row of the state with this set, context and flags; a new one when there is none. May flush. */
  intern(set: NodeSet, context: number, flags: number): number {
    const hash = hashOf(set, context, flags)
    const slot = this.#findSlot(set, context, flags, hash)
    const known = this.#slots[slot] ?? -1
    if (known !== -1) return known * this.stride
    if (this.#makeRoom(set.length)) return this.#append(set, context, flags, hash)
    this.flush()
    return this.#append(set, context, flags, hash)
  }

  flush(): void {
    const before = this.tableBytes
    this.pool = new Int32Array(firstPool)
    this.#allocate(firstStates)
    this.#clear()
    this.#budget.release(before - this.tableBytes)
    this.flushes++
  }

  #allocate(states: number): void {
    this.table = new Int32Array(states * this.stride)
    this.offsets = new Int32Array(states + 1)
    this.contexts = new Uint8Array(states)
    this.#hashes = new Int32Array(states)
    this.#slots = new Int32Array(states * slotsPerState)
  }

  get #stateBytes(): number {
    const perState = this.offsets.byteLength + this.contexts.byteLength + this.#hashes.byteLength
    return this.table.byteLength + perState + this.#slots.byteLength
  }

  #clear(): void {
    this.table.fill(unknownEntry)
    this.#slots.fill(-1)
    this.#poolUsed = 0
    this.count = 1
    this.offsets[0] = 0
    this.offsets[1] = 0
    this.contexts[0] = this.#startContext
    this.table[this.flagsColumn] = 0
  }

  #findSlot(set: NodeSet, context: number, flags: number, hash: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const state = this.#slots[slot] ?? -1
      if (state === -1) return slot
      if (this.#hashes[state] === hash && this.#isSame(state, set, context, flags)) return slot
      slot = (slot + 1) & mask
    }
  }

  #isSame(state: number, set: NodeSet, context: number, flags: number): boolean {
    if (this.contexts[state] !== context || this.table[state * this.stride + this.flagsColumn] !== flags) return false
    const first = this.offsets[state] ?? 0
    const last = this.offsets[state + 1] ?? 0
    if (last - first !== set.length) return false
    for (let index = first; index < last; index++) if (!set.has(this.pool[index] ?? 0)) return false
    return true
  }

  #append(set: NodeSet, context: number, flags: number, hash: number): number {
    const state = this.count++
    // After a flush even a set larger than the first pool must find room; sets are bounded by the NFA.
    while (this.#poolUsed + set.length > this.pool.length)
      this.pool = grow(this.pool, new Int32Array(this.pool.length * 2))
    this.pool.set(set.nodes.subarray(0, set.length), this.#poolUsed)
    this.#poolUsed += set.length
    this.offsets[state + 1] = this.#poolUsed
    this.contexts[state] = context
    this.table[state * this.stride + this.flagsColumn] = flags
    this.#hashes[state] = hash
    this.#index(state)
    return state * this.stride
  }

  #index(state: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hashes[state] ?? 0) & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = state
  }

  /** Makes room for one more state. @returns false when that would exceed the cap. */
  #makeRoom(setLength: number): boolean {
    while (this.#poolUsed + setLength > this.pool.length) {
      if (!this.#budget.take(this, this.pool.byteLength)) return false
      this.pool = grow(this.pool, new Int32Array(this.pool.length * 2))
    }
    if (this.count < this.contexts.length) return true
    if (!this.#budget.take(this, this.#stateBytes)) return false
    this.#growStates(this.contexts.length * 2)
    return true
  }

  #growStates(capacity: number): void {
    const used = this.table.length
    this.table = grow(this.table, new Int32Array(capacity * this.stride))
    this.table.fill(unknownEntry, used)
    this.offsets = grow(this.offsets, new Int32Array(capacity + 1))
    this.contexts = grow(this.contexts, new Uint8Array(capacity))
    this.#hashes = grow(this.#hashes, new Int32Array(capacity))
    this.#slots = new Int32Array(capacity * slotsPerState).fill(-1)
    for (let state = 1; state < this.count; state++) this.#index(state)
  }
}

/** Does not depend on the order of the set. */
function hashOf(set: NodeSet, context: number, flags: number): number {
  let hash = Math.imul(context + 1, 0x9e3779b1) ^ Math.imul(flags + 1, 0x85ebca6b)
  for (let index = 0; index < set.length; index++) {
    let mixed = Math.imul((set.nodes[index] ?? 0) + 1, 0xcc9e2d51)
    mixed ^= mixed >>> 15
    hash = (hash + Math.imul(mixed, 0x1b873593)) | 0
  }
  return hash ^ (hash >>> 13)
}

function grow<T extends Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}
