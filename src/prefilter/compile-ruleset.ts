// The compiler: ruleset documents -> necessary conditions, by place. Runs once per ruleset, off the hot path; all workers
// share the result. Nothing in it knows any particular ruleset.

import { reasonOf } from '../errors.js'
import { isRequestAddress, requestAddresses } from '../request/value-visitor.js'
import { NfaBuilder } from './automaton/nfa-builder.js'
import { GroupStore } from './compile/group-store.js'
import { PatternStore } from './compile/pattern-store.js'
import { describePlace, type PlaceNode, PlaceTree } from './compile/place-tree.js'
import { TestMerger } from './compile/test-merger.js'
import type { CompiledPlace, CompiledRuleset, FamilyTests, RuleExplanation } from './compiled-ruleset.js'
import { FamilyBook } from './families.js'
import type { ConditionTest } from './ruleset/condition-test.js'
import { type AddressBook, type Placement, planRule, type RulePlan } from './ruleset/plan-rule.js'
import { readRulesetSource } from './ruleset/read-ruleset.js'
import type { DerivedAddress, PlaceSource, RuleSource, RulesetSource } from './ruleset/rule-source.js'

/**
 * Compiles a ruleset.
 * @param documents - what the engine is given, in its order.
 * @param engineVersion - decides which version-bound rules count.
 */
export function compilePrefilter(documents: readonly object[], engineVersion: string): CompiledRuleset {
  try {
    return new RulesetCompiler(readRulesetSource(documents, engineVersion)).compile()
  } catch (thrown) {
    // A ruleset that the compiler trips over must not keep the receiver from inspecting with the engine alone.
    return clearNothing(`the compiler failed: ${reasonOf(thrown)}`)
  }
}

function clearNothing(reason: string): CompiledRuleset {
  const nfa = new NfaBuilder().finish()
  const none = { groups: [], addresses: [], ipLists: [], checks: [], explanations: [] }
  return { nfa, ...none, alwaysEngine: reason, findsAllValues: false, families: [] }
}

/** Processors whose output the prefilter can work out. */
const jwtGenerator = 'jwt_decode'

class RulesetCompiler {
  readonly #source: RulesetSource
  readonly #book: DerivedAddressBook
  readonly #tree = new PlaceTree()
  readonly #explanations: RuleExplanation[] = []
  readonly #ipLists: (readonly string[])[] = []
  readonly #merger = new TestMerger()
  readonly #families = new FamilyBook()
  #alwaysEngine = ''
  #findsAllValues: boolean

  constructor(source: RulesetSource) {
    this.#source = source
    this.#book = new DerivedAddressBook(source.derived)
    // An exclusion, or a token's decoder, may hang on a value that no rule asks for.
    const isConditional = source.derived.some((each) => each.generator === jwtGenerator && each.isConditional)
    this.#findsAllValues = !source.hasExclusions && !isConditional
  }

  compile(): CompiledRuleset {
    this.#placeRules()
    const builder = new NfaBuilder()
    const groups = new GroupStore(new PatternStore(builder))
    for (const node of this.#tree.addresses.values()) this.#collect(node, [])
    const addresses = [...this.#tree.addresses].map(
      ([name, node]) => [name, this.#compilePlace(name, node, [], groups)] as const,
    )
    const nfa = builder.finish()
    return {
      nfa,
      groups: groups.finish(nfa),
      addresses,
      ipLists: this.#ipLists,
      checks: groups.checks,
      alwaysEngine: this.#alwaysEngine,
      findsAllValues: this.#findsAllValues,
      families: this.#source.isRewritten ? [] : this.#families.list(),
      explanations: this.#explanations,
    }
  }

  #placeRules(): void {
    const nowSeconds = Date.now() / 1000
    for (const rule of this.#source.rules) this.#placeRule(rule, planRule(rule, this.#source, this.#book, nowSeconds))
    for (const { ruleId, reason, addresses } of this.#source.doubts) {
      const fed = addresses.filter((address) => this.#book.isFed(address))
      if (fed.length > 0 || addresses.length === 0) this.#alwaysAt(fed, reason)
      this.#explain(ruleId, 'always', reason, -1, fed)
    }
    for (const { id, reason } of this.#source.skipped) this.#explain(id, 'skipped', reason, -1, [])
    this.#placeDecoders()
  }

  #placeRule(rule: RuleSource, plan: RulePlan): void {
    if (plan.kind === 'inert') {
      this.#explain(rule.id, 'inert', plan.reason, -1, [])
      return
    }
    this.#families.add(rule, plan.kind === 'tests' && plan.placements.some(({ test }) => test.kind === 'checked'))
    this.#noteNeeds(rule, plan)
    if (rule.isAttributeOnly) {
      this.#explain(rule.id, 'attributes', 'it sets attributes only, which cleared requests go without', -1, [])
      return
    }
    if (plan.kind === 'always') {
      this.#alwaysAt(plan.addresses, `rule ${rule.id}: ${plan.reason}`)
      this.#explain(rule.id, 'always', plan.reason, -1, plan.addresses)
      return
    }
    for (const placement of [...plan.placements, ...plan.companions])
      this.#tree.address(placement.address).put(placement)
    const places = plan.placements.map(({ address, keyPath, scope }) => describePlace(address, keyPath, scope))
    this.#explain(rule.id, 'tested', '', plan.condition, places)
  }

  /** Attributes are no reason to go to the engine, but once there they come out as if it had everything. */
  #noteNeeds(rule: RuleSource, plan: Exclude<RulePlan, { kind: 'inert' }>): void {
    this.#findsAllValues &&= plan.findsAllValues
    for (const place of plan.needs) this.#need(place)
    for (const place of rule.attributeInputs) if (!isFoundWith(plan, place)) this.#need(place)
    if (!rule.isAttributeOnly) return
    if (plan.kind === 'always' && plan.addresses.length === 0) this.#findsAllValues = false
    for (const { addresses, inputs } of rule.conditions) {
      const places = inputs.length > 0 ? inputs : addresses.map((address) => ({ address, keyPath: [] }))
      for (const place of places) this.#need(place, true)
    }
  }

  /** What a processor makes of an input needs that input. */
  #need({ address, keyPath }: PlaceSource, describes = false): void {
    if (isRequestAddress(address)) {
      const node = this.#tree.address(address).at(keyPath)
      node.isNeeded = true
      node.describes ||= describes
    }
    const sources = this.#source.derived.filter(({ output }) => output === address)
    for (const { inputs } of sources) for (const input of inputs) this.#need(input, describes)
  }

  #explain(
    ruleId: string,
    kind: RuleExplanation['kind'],
    reason: string,
    condition: number,
    places: readonly string[],
  ): void {
    this.#explanations.push({ ruleId, kind, reason, condition, places })
  }

  /** @param addresses - none: all requests. */
  #alwaysAt(addresses: readonly string[], reason: string): void {
    if (addresses.length === 0) this.#alwaysEngine ||= reason
    for (const address of addresses) this.#tree.address(address).present ||= reason
  }

  /** Derived addresses that are tested anywhere are worked out where they come from. */
  #placeDecoders(): void {
    for (const { generator, output, inputs } of this.#source.derived) {
      if (generator !== jwtGenerator || !this.#tree.addresses.has(output)) continue
      for (const { address, keyPath } of inputs) {
        const node = this.#tree.address(address).at(keyPath)
        // Two processors on one input are more than the runtime keeps apart.
        if (node.jwtOutput !== '' && node.jwtOutput !== output) node.present ||= `two tokens are made of ${address}`
        node.jwtOutput = output
      }
    }
  }

  /** Shows all sets of tests to the merger, before any becomes a group. */
  #collect(node: PlaceNode, above: readonly Placement[]): void {
    const tests = [...above, ...node.tests]
    this.#merger.collect(tests.filter(looksAtValues))
    this.#merger.collect(tests.filter(looksAtKeys))
    for (const child of node.children.values()) this.#collect(child, tests)
  }

  #compilePlace(name: string, node: PlaceNode, above: readonly Placement[], groups: GroupStore): CompiledPlace {
    const tests = [...above, ...node.tests]
    return {
      values: groups.add(name, this.#merger.resolve(tests.filter(looksAtValues))),
      keys: groups.add(`${name} keys`, this.#merger.resolve(tests.filter(looksAtKeys))),
      valueFamilies: this.#byFamily(name, tests.filter(looksAtValues), groups),
      keyFamilies: this.#byFamily(`${name} keys`, tests.filter(looksAtKeys), groups),
      present: node.present,
      isNeeded: node.isNeeded,
      describes: node.describes,
      firesOnNumber: tests.some(({ test }) => test.kind === 'number'),
      firesOnBoolean: tests.some(({ test }) => test.kind === 'boolean'),
      ipLists: tests.flatMap(({ test }) => (test.kind === 'ip' ? [this.#ipList(test.entries)] : [])),
      jwtOutput: node.jwtOutput,
      children: [...node.children].map(
        ([key, child]) => [key, this.#compilePlace(`${name}[${key}]`, child, tests, groups)] as const,
      ),
    }
  }

  #byFamily(name: string, tests: readonly Placement[], groups: GroupStore): FamilyTests[] {
    if (this.#source.isRewritten) return []
    const parted = Map.groupBy(tests, ({ ruleId }) => this.#families.of(ruleId))
    return [...parted].map(([families, own]) => ({ families, group: groups.add(`${name} of one family`, own) }))
  }

  #ipList(entries: readonly string[]): number {
    const known = this.#ipLists.indexOf(entries)
    return known === -1 ? this.#ipLists.push(entries) - 1 : known
  }
}

/** A rule that matches at a name in the head and takes an attribute from there: values of one name are picked together. */
function isFoundWith(plan: RulePlan, { address, keyPath: [name, ...below] }: PlaceSource): boolean {
  if (plan.kind !== 'tests' || name === undefined || below.length > 0 || !multiAddresses.has(address)) return false
  return plan.placements.every((tested) => {
    return tested.address === address && tested.keyPath.length === 1 && tested.keyPath[0] === name
  })
}

/** Whose values are lists under names. */
const multiAddresses: ReadonlySet<string> = new Set([
  'server.request.headers.no_cookies',
  'server.request.cookies',
  'server.request.query',
])

function looksAtValues({ scope, test }: Placement): boolean {
  return scope !== 'keys' && isMatched(test)
}

function looksAtKeys({ scope, test }: Placement): boolean {
  return scope !== 'values' && isMatched(test)
}

/** Tests that automata do; the others are the place's own. */
function isMatched(test: ConditionTest): boolean {
  return test.kind === 'pattern' || test.kind === 'checked'
}

/** Knows what a mirrored request fills, directly or through processors. */
class DerivedAddressBook implements AddressBook {
  readonly #fed: Set<string> = new Set(requestAddresses)
  readonly #doubtful = new Map<string, string[]>()

  constructor(derived: readonly DerivedAddress[]) {
    for (const { generator, output, inputs } of derived) {
      const fedInputs = inputs.map(({ address }) => address).filter((address) => this.#fed.has(address))
      if (fedInputs.length === 0) continue
      if (generator === jwtGenerator) this.#fed.add(output)
      else this.#doubtful.set(output, [...(this.#doubtful.get(output) ?? []), ...fedInputs])
    }
  }

  isFed(address: string): boolean {
    return this.#fed.has(address)
  }

  doubtfulInputsOf(address: string): readonly string[] | undefined {
    return this.#doubtful.get(address)
  }
}
