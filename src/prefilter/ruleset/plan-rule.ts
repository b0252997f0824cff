// From a rule to what must be true of a request for the rule to match. All conditions of a rule must hold, so any one of
// them is necessary: the rarest is taken. None is taken whose truth an exclusion could bring about.
import { readChain, type TransformChain } from '../transformers/transformer.js'
import { type ConditionTest, type PlannedTest, planTest } from './condition-test.js'
import type { ConditionSource, MatchScope, PlaceSource, RuleSource, RulesetSource } from './rule-source.js'

/** A test at one place of a request. */
export interface Placement extends PlaceSource {
  readonly ruleId: string
  /** The same for tests that are the same wherever they stand: inputs of one condition with the same transformers. */
  readonly key: string
  readonly scope: MatchScope
  readonly chain: TransformChain
  /** The engine's names, in order, for a confirming handle. */
  readonly transformers: readonly string[]
  readonly test: ConditionTest
  readonly bits: number
}

/** What the other conditions of a rule need, so that no value that the rule needs is taken for harmless. */
export interface OtherNeeds {
  /** Tests that find what they look for. */
  readonly companions: readonly Placement[]
  /** Places outside bodies of which they may need any value. */
  readonly needs: readonly PlaceSource[]
  /** False when a condition may need values of a body that no test would find. */
  readonly findsAllValues: boolean
}

/** What the compiler makes of one rule. */
export type RulePlan =
  | (OtherNeeds & {
      readonly kind: 'tests'
      readonly placements: readonly Placement[]
      readonly condition: number
    })
  /** Can never match on what is fed. */
  | { readonly kind: 'inert'; readonly reason: string }
  /** Requests that fill one of the addresses are candidates; no addresses: all requests. */
  | (OtherNeeds & { readonly kind: 'always'; readonly addresses: readonly string[]; readonly reason: string })

/** Which addresses can be filled, and by what. */
export interface AddressBook {
  isFed(address: string): boolean
  /** Addresses that a processor, unknown to the compiler, makes this one of; `undefined` when there is none. */
  doubtfulInputsOf(address: string): readonly string[] | undefined
}

/** A key path longer than this is cut, to the safe side: the input builder flattens what is nested deeper. */
const maxPathLength = 12

/** Addresses with as many values as a sender likes, of which none is let through for its place: see `RulesetPrefilter.findsAllValues`. */
const bodyAddresses: ReadonlySet<string> = new Set(['server.request.body', 'server.request.body.filenames'])

/** A test of another condition that holds more often than this by chance would cost too many clearances. */
const rareBits = 16

const present: ConditionTest = { kind: 'present' }

type ConditionPlan =
  | { readonly kind: 'tests'; readonly placements: readonly Placement[]; readonly bits: number }
  | { readonly kind: 'inert'; readonly reason: string }
  | { readonly kind: 'always'; readonly addresses: readonly string[]; readonly reason: string }

/** @param nowSeconds - wall clock, to leave out data that has expired. */
export function planRule(rule: RuleSource, ruleset: RulesetSource, book: AddressBook, nowSeconds: number): RulePlan {
  const ruleIndex = ruleset.rules.indexOf(rule)
  const plans: ConditionPlan[] = []
  let best = -1
  let bestBits = -2
  for (const [index, condition] of rule.conditions.entries()) {
    const planned = planTest(condition, ruleset.data, nowSeconds)
    const origin = { ruleId: rule.id, key: `${ruleIndex}/${index}` }
    const plan = planCondition(origin, condition, planned, book)
    if (plan.kind === 'inert') return plan
    plans.push(plan)
    const bits = plan.kind === 'always' ? alwaysBits : plan.bits
    if (bits <= bestBits) continue
    best = index
    bestBits = bits
  }
  const plan = plans[best]
  if (plan === undefined || plan.kind === 'inert') return { kind: 'inert', reason: 'it has no conditions' }
  const others = planOthers(plans.filter((_, index) => index !== best))
  if (plan.kind === 'always') return { ...plan, ...others }
  return { kind: 'tests', placements: plan.placements, condition: best, ...others }
}

/** Any test is better than none, also one that holds as good as always. */
const alwaysBits = -1

function planOthers(plans: readonly ConditionPlan[]): OtherNeeds {
  const companions: Placement[] = []
  const needs: PlaceSource[] = []
  let findsAllValues = true
  for (const plan of plans) {
    if (plan.kind === 'inert') continue
    const places = plan.kind === 'always' ? wholeAddresses(plan.addresses) : plan.placements
    if (plan.kind === 'tests' && plan.bits >= rareBits) companions.push(...plan.placements)
    else if (places.length === 0 || places.some(({ address }) => bodyAddresses.has(address))) findsAllValues = false
    else needs.push(...places)
  }
  return { companions, needs, findsAllValues }
}

function wholeAddresses(addresses: readonly string[]): readonly PlaceSource[] {
  return addresses.map((address) => ({ address, keyPath: [] }))
}

/** Which rule and condition a placement is made for. */
type Origin = Pick<Placement, 'ruleId' | 'key'>

function planCondition(
  origin: Origin,
  condition: ConditionSource,
  planned: PlannedTest,
  book: AddressBook,
): ConditionPlan {
  const doubtful = condition.addresses.flatMap((address) => book.doubtfulInputsOf(address) ?? [])
  if (doubtful.length > 0) {
    return { kind: 'always', addresses: doubtful, reason: 'it reads what an unknown processor makes' }
  }
  const fed = condition.addresses.filter((address) => book.isFed(address))
  if (fed.length === 0 && condition.addresses.length > 0) {
    return { kind: 'inert', reason: `no copy of a request fills ${[...new Set(condition.addresses)].join(', ')}` }
  }
  if (planned.kind === 'unknown') return { kind: 'always', addresses: fed, reason: planned.reason }
  if (condition.inputs.length === 0)
    return { kind: 'always', addresses: fed, reason: 'its inputs have an unknown shape' }
  if (planned.kind === 'impossible') return { kind: 'inert', reason: planned.reason }
  return place(origin, condition, planned.test, planned.bits, book)
}

function place(
  origin: Origin,
  condition: ConditionSource,
  test: ConditionTest,
  bits: number,
  book: AddressBook,
): ConditionPlan {
  const placements: Placement[] = []
  for (const { address, keyPath, transformers, scope } of condition.inputs) {
    if (!book.isFed(address)) continue
    const chain = readChain(transformers)
    if (typeof chain === 'string') {
      const addresses = condition.inputs.map((input) => input.address).filter((each) => book.isFed(each))
      return { kind: 'always', addresses, reason: `the transformer ${chain} is not known` }
    }
    // A key that must be missing: all that can be relied on is that the address is there.
    const isMissing = condition.isNegated && condition.operator === 'exists'
    placements.push({
      ruleId: origin.ruleId,
      key: [origin.key, chain.isFolded, chain.removesNulls, ...chain.ports].join(),
      address,
      keyPath: isMissing ? [] : certainPath(keyPath),
      scope,
      chain,
      transformers,
      test: withChain(test, chain),
      bits,
    })
  }
  return { kind: 'tests', placements, bits }
}

/** The part of a key path that surely names keys of maps: newer engines may take a number for a place in a list. */
function certainPath(keyPath: readonly string[]): readonly string[] {
  const firstNumber = keyPath.findIndex((key) => /^-?\d+$/.test(key))
  return keyPath.slice(0, Math.min(maxPathLength, firstNumber === -1 ? keyPath.length : firstNumber))
}

/** Addresses are compared as they stand in the request, so a transformer that may change one leaves nothing to test. */
function withChain(test: ConditionTest, chain: TransformChain): ConditionTest {
  return test.kind === 'ip' && (chain.ports.length > 0 || chain.removesNulls) ? present : test
}
