// Gives a worker its automata: one per group, all on one budget.
import { Automaton, type AutomatonParts } from '../automaton/automaton.js'
import type { BuildBudget } from '../automaton/build-budget.js'
import { SubsetScratch } from '../automaton/subset-step.js'
import type { TableBudget } from '../automaton/table-budget.js'
import type { CompiledRuleset } from '../compiled-ruleset.js'
import type { ScanGroup } from './scan-group.js'
import { type GroupSource, readyRescan } from './value-scanner.js'

/** Groups of this many patterns meet all kinds of values and need room; the others have few states. */
const manyPatterns = 16
/** Largest part of all table bytes that one group may take. */
const largeShare = 0.6
const smallShare = 0.15
/** Groups of one family see only what may match: 256 KiB of the default. */
const familyShare = 1 / 128

/** The groups of a compiled ruleset by number, each built when it is first asked for: some only serve requests that may match. */
export class GroupShelf {
  readonly #groups: CompiledRuleset['groups']
  readonly #parts: AutomatonParts
  readonly #tables: TableBudget
  readonly #built: (ScanGroup | undefined)[] = []
  readonly #families: GroupSource = { group: (index) => this.familyGroup(index) }

  constructor({ nfa, groups }: CompiledRuleset, budget: BuildBudget, tables: TableBudget) {
    this.#groups = groups
    this.#tables = tables
    this.#parts = { nfa, budget, tables, scratch: new SubsetScratch(nfa.ops.length) }
  }

  /** @returns `undefined` for -1. */
  group(index: number): ScanGroup | undefined {
    return this.#built[index] ?? this.#build(index, undefined, this)
  }

  /** As `group`, for tests of one family. */
  familyGroup(index: number): ScanGroup | undefined {
    return this.#built[index] ?? this.#build(index, familyShare, this.#families)
  }

  /** Those built so far. */
  get automata(): readonly Automaton[] {
    return this.#built.flatMap((group) => group?.automaton ?? [])
  }

  /** @param givenShare - of all table bytes; undefined: by the number of patterns. @param others - where the groups behind it are. */
  #build(index: number, givenShare: number | undefined, others: GroupSource): ScanGroup | undefined {
    const group = this.#groups[index]
    if (group === undefined) return undefined
    const share = givenShare ?? (group.starts.length >= manyPatterns ? largeShare : smallShare)
    const built: ScanGroup = {
      automaton: new Automaton(group, this.#parts, this.#tables.capBytes * share),
      rescans: group.rescans.map((rescan) => readyRescan(rescan, others)),
      checks: group.checks,
    }
    this.#built[index] = built
    return built
  }
}
