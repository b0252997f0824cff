// Turns sets of tests into groups: one automaton per distinct set, and one per chain of transformers behind it.
import { type ByteTriggers, makeGroup } from '../automaton/group.js'
import type { Nfa } from '../automaton/nfa.js'
import type { Check, CheckRequest, CompiledGroup, Rescan } from '../compiled-ruleset.js'
import { type AsciiSet, requiredSets, withBothCases } from '../regex/required-bytes.js'
import type { Matcher } from '../ruleset/condition-test.js'
import type { Placement } from '../ruleset/plan-rule.js'
import { transformers } from '../transformers/transformer.js'
import { checkedTriggers } from './checked-triggers.js'
import type { PatternStore, StoredTrigger } from './pattern-store.js'
import { seedPattern } from './seeds.js'

/** The transformer whose effect is known per character only. */
const normalizer = 'unicode_normalize'

/** What a group is made of before its NFA is finished. */
interface GroupDraft {
  readonly name: string
  readonly patterns: ReadonlySet<number>
  readonly triggers: ReadonlySet<StoredTrigger>
  readonly rescans: readonly Rescan[]
  readonly checks: readonly CheckRequest[]
  readonly removesNulls: boolean
  readonly ruleIds: readonly string[]
}

export class GroupStore {
  readonly checks: Check[] = []
  readonly #patterns: PatternStore
  readonly #drafts: GroupDraft[] = []
  readonly #ids = new Map<string, number>()

  constructor(patterns: PatternStore) {
    this.#patterns = patterns
  }

  /** @returns the number of the group that tests all of these; -1 when there is nothing to match. */
  add(name: string, tests: readonly Placement[]): number {
    const matching = tests.filter(({ test }) => test.kind === 'pattern' || test.kind === 'checked')
    if (matching.length === 0) return -1
    const key = [...new Set(matching.map(({ key }) => key))].sort().join('\n')
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const draft = this.#draft(name, matching)
    this.#ids.set(key, this.#drafts.length)
    this.#drafts.push(draft)
    return this.#drafts.length - 1
  }

  finish(nfa: Nfa): CompiledGroup[] {
    return this.#drafts.map((draft) => {
      const starts = [...draft.patterns].map((id) => this.#patterns.startOf(id))
      for (const trigger of draft.triggers) starts.push(...trigger.starts)
      const { rescans, checks, ruleIds } = draft
      return { ...makeGroup(nfa, draft.name, starts, byteTriggers(draft)), rescans, checks, ruleIds }
    })
  }

  #draft(name: string, tests: readonly Placement[]): GroupDraft {
    const triggers = new Set<StoredTrigger>()
    const patterns = new Set<number>()
    const byChain = Map.groupBy(tests, ({ chain }) => chain.ports.join())
    const rescans: Rescan[] = []
    const checks: CheckRequest[] = []
    for (const chained of byChain.values()) {
      const ports = chained[0]?.chain.ports ?? []
      const chainTriggers = ports.map((port) => this.#chainTrigger(port))
      for (const trigger of chainTriggers) triggers.add(trigger)
      const flags = union(chainTriggers)
      const own = chained.filter(({ test }) => test.kind === 'pattern')
      for (const placement of own) this.#addPattern(patterns, placement)
      if (ports.length > 0 && own.length > 0) rescans.push(this.#rescan(name, ports, own, flags, triggers))
      for (const placement of chained) this.#addCheck(checks, triggers, placement, flags)
    }
    const removesNulls = tests.some(({ chain }) => chain.removesNulls)
    const ruleIds = [...new Set(tests.map(({ ruleId }) => ruleId))]
    return { name, patterns, triggers, rescans, checks, removesNulls, ruleIds }
  }

  #chainTrigger(port: string): StoredTrigger {
    return this.#patterns.trigger([transformers.get(port)?.trigger ?? ''])
  }

  #addPattern(patterns: Set<number>, { test, chain }: Placement): void {
    if (test.kind === 'pattern') patterns.add(this.#patterns.add(test.matcher, chain.isFolded))
  }

  /** The text after the transformers is tested for the same patterns, without the transformers. */
  #rescan(
    name: string,
    ports: readonly string[],
    tests: readonly Placement[],
    triggers: number,
    used: Set<StoredTrigger>,
  ): Rescan {
    const matchers = tests.flatMap(({ test }) => (test.kind === 'pattern' ? [test.matcher] : []))
    if (ports.join() === normalizer) return { kind: 'collect', triggers, required: matchers.map(requiredOf) }
    if (!ports.every((port) => transformers.get(port)?.port !== undefined)) return { kind: 'fire', triggers }
    const pattern = seedPattern(ports, matchers)
    const seed = pattern === undefined ? undefined : this.#patterns.trigger([pattern])
    // A seed that got no flag is not asked for; a trigger without one makes its group fire always.
    if (seed !== undefined && seed.flag !== 0) used.add(seed)
    const plain = tests.map((each) => {
      return { ...each, key: `${each.key} after`, chain: { ...each.chain, ports: [], removesNulls: false } }
    })
    const group = this.add(`${name} after ${ports.join(', ')}`, plain)
    return { kind: 'scan', triggers, seeds: seed?.flag ?? 0, ports, group }
  }

  #addCheck(checks: CheckRequest[], triggers: Set<StoredTrigger>, placement: Placement, chainFlags: number): void {
    if (placement.test.kind !== 'checked') return
    const trigger = this.#patterns.trigger(checkedTriggers[placement.test.operator])
    triggers.add(trigger)
    checks.push({ triggers: trigger.flag | chainFlags, check: this.#checkId(placement.test.operator, placement) })
  }

  #checkId(operator: Check['operator'], { transformers: names }: Placement): number {
    const wanted = names.join()
    const known = this.checks.findIndex((each) => each.operator === operator && each.transformers.join() === wanted)
    if (known !== -1) return known
    this.checks.push({ operator, transformers: names })
    return this.checks.length - 1
  }
}

/** What a text must hold for a pattern; the text may have been lower-cased. */
function requiredOf(matcher: Matcher): AsciiSet[] {
  return matcher.kind === 'regex' ? requiredSets(matcher.tree).map(withBothCases) : []
}

function union(triggers: readonly StoredTrigger[]): number {
  return triggers.reduce((flags, trigger) => flags | trigger.flag, 0)
}

/** A NUL in a text of which NULs are removed makes a candidate; so does everything when flags ran out. */
function byteTriggers(draft: GroupDraft): ByteTriggers {
  const triggers = [...draft.triggers]
  const hasNoFlag = triggers.some(({ flag }) => flag === 0)
  return {
    flagsOf: (byte) => union(triggers.filter(({ isTriggerByte }) => isTriggerByte(byte))),
    fires: (byte) => hasNoFlag || (draft.removesNulls && byte === 0),
  }
}
