// The lazily built deterministic automaton of one group: a state or transition is made when a value first needs it.
// Hot path: `scan`; bench: scenarios/prefilter.bench.ts. One per worker and group; the NFA behind it is shared.
// A state is a set of waiting NFA nodes, what stood before the next byte, and the flags raised on the way in.
import type { BuildBudget } from './build-budget.js'
import type { AutomatonGroup } from './group.js'
import type { Nfa } from './nfa.js'
import { endColumn, firstClassColumn, flagsColumn, StateTable, unknownEntry } from './state-table.js'
import { Context, type SubsetScratch, SubsetStep } from './subset-step.js'
import type { TableBudget } from './table-budget.js'

/** What `scan` returns when the value may match, or when the budget is used up; else it returns flags, never negative. */
export const firedResult = -1

// Entries of the table: > 0 the next row, 0 unknown, -1 fire, else `flaggedBase - row`: go there and take its flags.
const fireEntry = -1
const flaggedBase = -1

/** What all automata of a worker share. */
export interface AutomatonParts {
  readonly nfa: Nfa
  readonly budget: BuildBudget
  readonly tables: TableBudget
  readonly scratch: SubsetScratch
}

export class Automaton {
  readonly group: AutomatonGroup
  /** Transitions worked out in total. */
  transitions = 0
  readonly #states: StateTable
  readonly #step: SubsetStep
  readonly #budget: BuildBudget
  /** Column of each byte in a row: its class, behind the columns in front. */
  readonly #classColumns: Uint16Array

  /** @param capBytes - table bytes at which all states are dropped and built anew. */
  constructor(group: AutomatonGroup, parts: AutomatonParts, capBytes: number) {
    this.group = group
    this.#states = new StateTable(group.classBytes.length, Context.atStart, parts.tables, capBytes, group.nodeCount)
    this.#step = new SubsetStep(parts.nfa, group, parts.scratch)
    this.#budget = parts.budget
    this.#classColumns = Uint16Array.from(group.classOf, (byteClass) => byteClass + firstClassColumn)
  }

  get stateCount(): number {
    return this.#states.end
  }

  get tableBytes(): number {
    return this.#states.usedBytes
  }

  get flushes(): number {
    return this.#states.flushes
  }

  /**
   * Runs over a value. Hot path.
   * @returns `firedResult`, or the flags that the value raised.
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const classColumns = this.#classColumns
    let table = this.#states.table
    let row = this.#states.startRow
    let flags = 0
    for (let index = start; index < end; index++) {
      const entry = row + (classColumns[bytes[index] ?? 0] ?? 0)
      let next = table[entry]
      if (next === undefined || next <= 0) {
        if (next === undefined || next === unknownEntry) {
          next = this.#resolve(entry)
          table = this.#states.table
        }
        if (next === fireEntry) return firedResult
        if (next < 0) {
          next = flaggedBase - next
          flags |= table[next + flagsColumn] ?? 0
        }
      }
      row = next
    }
    return this.#finish(row, flags)
  }

  #finish(row: number, flags: number): number {
    const entry = row + endColumn
    let next = this.#states.table[entry] ?? unknownEntry
    if (next === unknownEntry) next = this.#resolve(entry)
    if (next === fireEntry) return firedResult
    return next < 0 ? flags | (this.#states.table[flaggedBase - next + flagsColumn] ?? 0) : flags
  }

  /** Works out one entry of the table. @returns the entry; `fireEntry`, not remembered, when the budget is used up. */
  #resolve(entry: number): number {
    if (!this.#budget.begin()) return fireEntry
    const states = this.#states
    const state = Math.floor(entry / states.stride)
    const first = states.offsets[state] ?? 0
    const last = states.offsets[state + 1] ?? 0
    const flushes = states.flushes
    const value = this.#transition(states.contexts[state] ?? 0, first, last, entry - state * states.stride)
    if (states.flushes === flushes) states.table[entry] = value
    this.transitions++
    this.#budget.end(last - first + this.#step.length)
    return value
  }

  #transition(context: number, first: number, last: number, column: number): number {
    const step = this.#step
    const byteClass = column === endColumn ? this.group.classBytes.length : column - firstClassColumn
    step.run(this.#states.pool, first, last, context, byteClass)
    if (step.isFired) return fireEntry
    const row = this.#states.intern(step, step.context, step.flags)
    return step.flags === 0 ? row : flaggedBase - row
  }
}
