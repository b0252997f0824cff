// Gives a worker its automata: one per group, all on one budget.
import { Automaton } from '../automaton/automaton.js'
import type { BuildBudget } from '../automaton/build-budget.js'
import { SubsetScratch } from '../automaton/subset-step.js'
import type { TableBudget } from '../automaton/table-budget.js'
import type { CompiledRuleset } from '../compiled-ruleset.js'
import type { ScanGroup } from './scan-group.js'
import { readyRescan } from './value-scanner.js'

/** Groups of this many patterns meet all kinds of values and need room; the others have few states. */
const manyPatterns = 16
/** Largest part of all table bytes that one group may take. */
const largeShare = 0.6
const smallShare = 0.15

/** The groups of a compiled ruleset, in its order. */
export function buildGroups(
  { nfa, groups }: CompiledRuleset,
  budget: BuildBudget,
  tables: TableBudget,
): readonly ScanGroup[] {
  const parts = { nfa, budget, tables, scratch: new SubsetScratch(nfa.ops.length) }
  const built: ScanGroup[] = []
  for (const group of groups) {
    const share = group.starts.length >= manyPatterns ? largeShare : smallShare
    built.push({
      automaton: new Automaton(group, parts, tables.capBytes * share),
      rescans: group.rescans.map((rescan) => readyRescan(rescan, built)),
      checks: group.checks,
    })
  }
  return built
}
