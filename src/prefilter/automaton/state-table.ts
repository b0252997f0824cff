// The states of one lazily built automaton and their transition table. All memory is asked for at once and never copied:
// growing a table of megabytes would stop the worker for milliseconds. Pages that no state has touched cost nothing.
// When the table is full, or the worker's tables together are, all states are dropped and the automaton begins anew.
import type { TableBudget, TableOwner } from './table-budget.js'

/** No transition worked out yet; also what fresh memory holds, so that nothing must be filled in. */
export const unknownEntry = 0

/** Columns of a row. */
export const endColumn = 0
export const flagsColumn = 1
export const firstClassColumn = 2

/** Members of a set, on average over harmless traffic; when sets are larger the pool decides when the table is full. */
const membersPerState = 24
const slotsPerState = 2
const maxSlotLoad = 0.8
const bytesPerWord = 4
/** Even the smallest table holds the states of one long text. */
const leastStates = 64

/** A set of NFA nodes to be found or added; `has` answers for its members. */
export interface NodeSet {
  readonly nodes: Int32Array
  readonly length: number
  has(node: number): boolean
}

/**
 * A state's row begins at `state * stride`: the entry for the end of the value, the flags that entering the state raises, and
 * one entry per byte class, common bytes first. Row 0 is no state, so that 0 can mean unknown; state 1 is the start, an empty set.
 */
export class StateTable implements TableOwner {
  readonly stride: number
  readonly startRow: number
  /** Most states it holds. */
  readonly capacity: number
  /** These are replaced by a flush: read them anew after `intern`. */
  table: Int32Array = new Int32Array(0)
  /** Members of all sets; state s has those from `offsets[s]` up to `offsets[s + 1]`. */
  pool: Int32Array = new Int32Array(0)
  offsets: Int32Array = new Int32Array(0)
  contexts: Uint8Array = new Uint8Array(0)
  /** One past the last state. */
  end = 0
  /** Bytes that hold states; the rest of the memory was never touched. */
  usedBytes = 0
  /** How often all states were dropped. */
  flushes = 0

  readonly #budget: TableBudget
  readonly #startContext: number
  readonly #poolCapacity: number
  readonly #slotCount: number
  #hashes = new Int32Array(0)
  #slots = new Int32Array(0)

  /** @param capBytes - what all arrays together may take. @param largestSet - room for one set of this size is made. */
  constructor(classCount: number, startContext: number, budget: TableBudget, capBytes: number, largestSet: number) {
    this.stride = firstClassColumn + classCount
    this.startRow = this.stride
    const wordsPerState = this.stride + membersPerState + slotsPerState + 3
    this.capacity = Math.max(leastStates, Math.floor(capBytes / (wordsPerState * bytesPerWord)))
    this.#poolCapacity = Math.max(this.capacity * membersPerState, largestSet)
    this.#slotCount = 2 ** Math.ceil(Math.log2(this.capacity * slotsPerState))
    this.#startContext = startContext
    this.#budget = budget
    budget.register(this)
    this.#begin()
  }

  flush(): void {
    this.#budget.usedBytes -= this.usedBytes
    this.#begin()
    this.flushes++
  }

  /** @returns the row of the state with this set, context and flags; a new one when there is none. May flush. */
  intern(set: NodeSet, context: number, flags: number): number {
    const hash = hashOf(set, context, flags)
    const slot = this.#findSlot(set, context, flags, hash)
    const known = this.#slots[slot] ?? 0
    if (known !== 0) return known * this.stride
    if (this.#hasRoom(set.length)) return this.#append(set, context, flags, hash, slot)
    this.flush()
    return this.#append(set, context, flags, hash, this.#findSlot(set, context, flags, hash))
  }

  #begin(): void {
    this.table = new Int32Array(this.capacity * this.stride)
    this.pool = new Int32Array(this.#poolCapacity)
    this.offsets = new Int32Array(this.capacity + 1)
    this.contexts = new Uint8Array(this.capacity)
    this.#hashes = new Int32Array(this.capacity)
    this.#slots = new Int32Array(this.#slotCount)
    this.usedBytes = 0
    this.end = 2
    this.contexts[1] = this.#startContext
  }

  #hasRoom(setLength: number): boolean {
    if (this.end >= this.capacity || this.end >= this.#slotCount * maxSlotLoad) return false
    if ((this.offsets[this.end] ?? 0) + setLength > this.#poolCapacity) return false
    return this.#budget.mayUse(this, this.#bytesOf(setLength))
  }

  #bytesOf(setLength: number): number {
    return (this.stride + slotsPerState + 3 + setLength) * bytesPerWord
  }

  #findSlot(set: NodeSet, context: number, flags: number, hash: number): number {
    const mask = this.#slotCount - 1
    let slot = hash & mask
    for (;;) {
      const state = this.#slots[slot] ?? 0
      if (state === 0) return slot
      if (this.#hashes[state] === hash && this.#isSame(state, set, context, flags)) return slot
      slot = (slot + 1) & mask
    }
  }

  #isSame(state: number, set: NodeSet, context: number, flags: number): boolean {
    if (this.contexts[state] !== context || this.table[state * this.stride + flagsColumn] !== flags) return false
    const first = this.offsets[state] ?? 0
    const last = this.offsets[state + 1] ?? 0
    if (last - first !== set.length) return false
    for (let index = first; index < last; index++) if (!set.has(this.pool[index] ?? 0)) return false
    return true
  }

  #append(set: NodeSet, context: number, flags: number, hash: number, slot: number): number {
    const state = this.end++
    const first = this.offsets[state] ?? 0
    this.usedBytes += this.#bytesOf(set.length)
    this.#budget.usedBytes += this.#bytesOf(set.length)
    for (let index = 0; index < set.length; index++) this.pool[first + index] = set.nodes[index] ?? 0
    this.offsets[state + 1] = first + set.length
    this.contexts[state] = context
    this.table[state * this.stride + flagsColumn] = flags
    this.#hashes[state] = hash
    this.#slots[slot] = state
    return state * this.stride
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
