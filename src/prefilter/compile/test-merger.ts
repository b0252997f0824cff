// Lets places whose tests are nearly the same share one group: less memory, and tables that are warm sooner.
// A place then also fires on what is asked of its neighbours, so only tests may be added that hold very rarely by chance.
import type { Placement } from '../ruleset/plan-rule.js'

/** At most this share of a merged group may be tests that one of its places does not ask for. */
const maxForeignShare = 0.1
/** Tests that hold more often than once in 2^28 random texts are not added: they would fire on harmless ones. */
const minForeignBits = 28

/** Usage: `collect` all sets, then ask `resolve` for the set to use in place of each. */
export class TestMerger {
  readonly #merged: Map<string, Placement>[] = []

  collect(tests: readonly Placement[]): void {
    if (tests.length === 0 || this.#find(keyed(tests)) !== undefined) return
    const wanted = keyed(tests)
    const index = this.#merged.findIndex((group) => mayMerge(group, wanted))
    if (index === -1) this.#merged.push(wanted)
    else this.#merged[index] = new Map([...(this.#merged[index] ?? []), ...wanted])
  }

  /** The tests of the group that this set became part of. */
  resolve(tests: readonly Placement[]): readonly Placement[] {
    const wanted = keyed(tests)
    return [...(this.#find(wanted) ?? wanted).values()]
  }

  /** The smallest group with all of these tests that may stand for them. */
  #find(wanted: ReadonlyMap<string, Placement>): ReadonlyMap<string, Placement> | undefined {
    const holding = this.#merged.filter((group) => {
      return [...wanted.keys()].every((key) => group.has(key)) && mayMerge(group, wanted)
    })
    return holding.sort((left, right) => left.size - right.size)[0]
  }
}

function keyed(tests: readonly Placement[]): Map<string, Placement> {
  return new Map(tests.map((test) => [test.key, test]))
}

function mayMerge(left: ReadonlyMap<string, Placement>, right: ReadonlyMap<string, Placement>): boolean {
  const all = new Map([...left, ...right])
  const foreign = [...all].filter(([key]) => !left.has(key) || !right.has(key))
  if (foreign.length > all.size * maxForeignShare) return false
  return foreign.every(([, { test, bits }]) => test.kind === 'pattern' && bits >= minForeignBits)
}
