// Plans the mirror filter of a route: one in each rule that lacks it, settings of an existing one changed in place.
// A pure function over the raw object; nothing but the filter and the record is ever touched.
import type { PatchOperation } from '../json/json-patch.js'
import { arrayAt, type JsonObject, type JsonValue, stringAt, valueAt } from '../json/json-value.js'
import {
  countOtherMirrors,
  createMirrorFilter,
  type FoundMirror,
  findMirrors,
  hasBackendMirror,
  type MirrorTarget,
  targetKey,
} from './mirror-filter.js'
import { isSameShare, shareFieldNames, shareFields } from './mirror-share.js'
import { isOptedOut, type ObjectRef } from './object-ref.js'
import { filterLimit, type RoutePlan, type RulePlan } from './route-plan.js'
import { findRecordedRules, type RuleRecord, readRecords, recordOperations, recordRule } from './route-record.js'

/** What the operator asked for beside the target. */
export interface MirrorChoices {
  /** Mirror rules that only redirect, too: their requests reach no backend. */
  readonly includeRedirects: boolean
  /** Take filters to the Service that others added as ours: undo removes them, and doubled ones go now. */
  readonly adopt: boolean
}

/** Plans one route. */
export function planMirror(ref: ObjectRef, route: JsonObject, target: MirrorTarget, choices: MirrorChoices): RoutePlan {
  const records = readRecords(route)
  const key = targetKey(target)
  const base = { ref, object: route, rules: [], operations: [] }
  if (isOptedOut(route)) {
    const warnings = records.byTarget.has(key)
      ? ['its filters are still there; `mirrorwaf kube undo` removes them']
      : []
    return { ...base, skipped: 'its label asks to be left alone', warnings }
  }
  if (records.isDamaged) {
    return { ...base, skipped: 'its record annotation cannot be read; repair or remove it', warnings: [] }
  }
  const rules = arrayAt(route, 'spec', 'rules')
  if (rules.length === 0) return { ...base, skipped: undefined, warnings: ['it has no rules, so nothing is mirrored'] }

  const mirrors = rules.map((rule) => findMirrors(rule, ref.namespace, target))
  const mirrored = mirrors.flatMap((found, index) => (found.length > 0 ? [index] : []))
  const recorded = findRecordedRules(rules, mirrored, records.byTarget.get(key))
  const context: RuleContext = { namespace: ref.namespace, target, choices }
  const outcomes = rules.map((rule, index) => planRule(rule, index, mirrors[index] ?? [], recorded.get(index), context))

  const operations = outcomes.flatMap((outcome) => outcome.operations)
  const isRecordNew = outcomes.some(({ record }, index) => record !== recorded.get(index))
  if (operations.length > 0 || isRecordNew) {
    const entries = outcomes.flatMap(({ record }) => record ?? [])
    const share = target.share ?? records.byTarget.get(key)?.share
    const record = entries.length === 0 ? undefined : { port: target.port, share, rules: entries }
    operations.push(...recordOperations(route, key, record))
  }
  return {
    ...base,
    skipped: undefined,
    rules: outcomes.map(({ plan }) => plan),
    operations,
    warnings: outcomes.flatMap(({ warnings }) => warnings),
  }
}

interface RuleContext {
  readonly namespace: string
  readonly target: MirrorTarget
  readonly choices: MirrorChoices
}

interface RuleOutcome {
  readonly plan: RulePlan
  readonly operations: PatchOperation[]
  /** What the record shall say of this rule; the very same object when nothing changed. */
  readonly record: RuleRecord | undefined
  readonly warnings: readonly string[]
}

function planRule(
  rule: JsonValue,
  index: number,
  mirrors: readonly FoundMirror[],
  recorded: RuleRecord | undefined,
  context: RuleContext,
): RuleOutcome {
  const [first, ...doubled] = mirrors
  if (first !== undefined) return planPresent(rule, index, first, doubled, recorded, context)
  const plan = { index, name: stringAt(rule, 'name') }
  const none = { operations: [], record: undefined, warnings: [] }
  if (hasBackendMirror(rule, context.namespace, context.target)) {
    return { ...none, plan: { ...plan, action: 'skipped', reason: 'its backendRefs mirror to the Service already' } }
  }
  if (isRedirect(rule) && !context.choices.includeRedirects) {
    return { ...none, plan: { ...plan, action: 'skipped', reason: 'it only redirects' } }
  }
  const filterCount = arrayAt(rule, 'filters').length
  if (filterCount >= filterLimit) {
    return { ...none, plan: { ...plan, action: 'blocked', reason: `it has ${filterCount} filters, the most allowed` } }
  }
  return { ...planAddition(rule, index, context), plan: { ...plan, action: 'added', reason: undefined } }
}

function planAddition(rule: JsonValue, index: number, context: RuleContext): Omit<RuleOutcome, 'plan'> {
  const filter = createMirrorFilter(context.target)
  const path = ['spec', 'rules', index, 'filters']
  const madeList = valueAt(rule, 'filters') === undefined
  const warnings: string[] = []
  if (countOtherMirrors(rule, context.namespace, context.target) > 0) {
    warnings.push(`rule ${index} mirrors elsewhere too; not every gateway supports several mirrors in a rule`)
  }
  if (arrayAt(rule, 'backendRefs').length === 0 && !isRedirect(rule)) {
    warnings.push(`rule ${index} has no backendRefs; some gateways answer such requests without mirroring them`)
  }
  return {
    operations: [madeList ? { op: 'add', path, value: [filter] } : { op: 'add', path: [...path, '-'], value: filter }],
    record: recordRule(rule, index, { madeList, was: undefined }),
    warnings,
  }
}

function planPresent(
  rule: JsonValue,
  index: number,
  first: FoundMirror,
  doubled: readonly FoundMirror[],
  recorded: RuleRecord | undefined,
  { target, choices }: RuleContext,
): RuleOutcome {
  const name = stringAt(rule, 'name')
  const path = ['spec', 'rules', index, 'filters']
  const operations = settingOperations([...path, first.index, 'requestMirror'], first, target)
  const isChanged = operations.length > 0
  const warnings: string[] = []
  if (choices.adopt) {
    operations.push(...doubled.toReversed().map((mirror) => ({ op: 'remove' as const, path: [...path, mirror.index] })))
  } else if (doubled.length > 0) {
    warnings.push(`rule ${index} mirrors to the Service ${doubled.length + 1} times; --adopt keeps one`)
  }
  let record = recorded
  if (record === undefined && choices.adopt) record = recordRule(rule, index, { madeList: false, was: undefined })
  if (record === undefined && isChanged) {
    record = recordRule(rule, index, { madeList: false, was: settingsOf(first) })
  }
  const action = operations.length > 0 ? 'changed' : 'present'
  return { plan: { index, name, action, reason: undefined }, operations, record, warnings }
}

/** What makes an existing filter have the target's port and, if one was asked for, its share. */
function settingOperations(
  path: readonly (string | number)[],
  mirror: FoundMirror,
  target: MirrorTarget,
): PatchOperation[] {
  const operations: PatchOperation[] = []
  if (mirror.port !== target.port) {
    operations.push({ op: 'add', path: [...path, 'backendRef', 'port'], value: target.port })
  }
  if (target.share === undefined || isSameShare(mirror.share, target.share)) return operations
  const wanted = shareFields(target.share)
  for (const field of shareFieldNames) {
    const value = wanted[field]
    if (value !== undefined) operations.push({ op: 'add', path: [...path, field], value })
    else if (mirror.requestMirror[field] !== undefined) operations.push({ op: 'remove', path: [...path, field] })
  }
  return operations
}

/** The settings of a filter as they were, for the record. */
function settingsOf({ port, requestMirror }: FoundMirror): JsonObject {
  const shares = shareFieldNames.flatMap((field) => {
    const value = requestMirror[field]
    return value === undefined ? [] : [[field, value] as const]
  })
  return { ...(port === undefined ? {} : { port }), ...Object.fromEntries(shares) }
}

/** The CRDs allow no backendRefs beside a redirect, so a rule with one only redirects. */
function isRedirect(rule: JsonValue): boolean {
  return arrayAt(rule, 'filters').some((filter) => stringAt(filter, 'type') === 'RequestRedirect')
}
