// Plans the way back: removes the filters that the record names, restores those that were changed, forgets the record.
import type { PatchOperation } from '../json/json-patch.js'
import { arrayAt, isSameJson, type JsonObject, type JsonValue, stringAt, valueAt } from '../json/json-value.js'
import { type FoundMirror, findMirrors, type MirrorTarget, targetKey } from './mirror-filter.js'
import { shareFieldNames } from './mirror-share.js'
import type { ObjectRef } from './object-ref.js'
import type { RoutePlan, RulePlan } from './route-plan.js'
import { findRecordedRules, type RuleRecord, readRecords, recordOperations } from './route-record.js'

/** Which Service's mirroring is taken back, and whether filters that others added go too. */
export interface UndoChoices {
  readonly target: Pick<MirrorTarget, 'namespace' | 'service'>
  readonly adopt: boolean
}

/** Plans one route. A second undo finds nothing: harmless. */
export function planUndo(ref: ObjectRef, route: JsonObject, { target, adopt }: UndoChoices): RoutePlan {
  const records = readRecords(route)
  const key = targetKey(target)
  if (records.isDamaged && !adopt) {
    const skipped = 'its record annotation cannot be read; --adopt removes every filter to the Service'
    return { ref, object: route, skipped, rules: [], operations: [], warnings: [] }
  }
  const rules = arrayAt(route, 'spec', 'rules')
  const mirrors = rules.map((rule) => findMirrors(rule, ref.namespace, target))
  const mirrored = mirrors.flatMap((found, index) => (found.length > 0 ? [index] : []))
  const recorded = findRecordedRules(rules, mirrored, records.byTarget.get(key))
  const outcomes = mirrored.map((index) =>
    undoRule(rules[index] ?? null, index, mirrors[index] ?? [], recorded.get(index), adopt),
  )
  return {
    ref,
    object: route,
    skipped: undefined,
    rules: outcomes.map(({ plan }) => plan),
    operations: [...outcomes.flatMap(({ operations }) => operations), ...recordOperations(route, key, undefined)],
    warnings: [],
  }
}

function undoRule(
  rule: JsonValue,
  index: number,
  mirrors: readonly FoundMirror[],
  recorded: RuleRecord | undefined,
  adopt: boolean,
): { plan: RulePlan; operations: PatchOperation[] } {
  const plan = { index, name: stringAt(rule, 'name'), reason: undefined }
  const path = ['spec', 'rules', index, 'filters']
  const [first] = mirrors
  if (adopt) return { plan: { ...plan, action: 'removed' }, operations: removal(rule, path, mirrors, recorded) }
  if (first === undefined || recorded === undefined) {
    const reason = 'mirrorwaf did not add this filter; --adopt removes it too'
    return { plan: { ...plan, action: 'left', reason }, operations: [] }
  }
  if (recorded.was !== undefined) {
    const operations = restoration([...path, first.index, 'requestMirror'], first.requestMirror, recorded.was)
    return { plan: { ...plan, action: 'restored' }, operations }
  }
  // mirrorwaf appends, so of several filters to the Service the last is the one that it added.
  return { plan: { ...plan, action: 'removed' }, operations: removal(rule, path, mirrors.slice(-1), recorded) }
}

/** Gives a filter back its former settings, in the very form that they had. */
function restoration(path: readonly (string | number)[], requestMirror: JsonObject, was: JsonObject): PatchOperation[] {
  const operations: PatchOperation[] = []
  const restore = (steps: readonly string[], value: JsonValue | undefined): void => {
    const current = valueAt(requestMirror, ...steps)
    if (isSameJson(current, value)) return
    if (value === undefined) operations.push({ op: 'remove', path: [...path, ...steps] })
    else operations.push({ op: 'add', path: [...path, ...steps], value })
  }
  restore(['backendRef', 'port'], valueAt(was, 'port'))
  for (const field of shareFieldNames) restore([field], was[field])
  return operations
}

/** Removes filters; and the list with them where mirrorwaf made it and nobody added to it since. */
function removal(
  rule: JsonValue,
  path: readonly (string | number)[],
  mirrors: readonly FoundMirror[],
  recorded: RuleRecord | undefined,
): PatchOperation[] {
  const isListOurs = recorded?.madeList === true && arrayAt(rule, 'filters').length === mirrors.length
  if (isListOurs) return [{ op: 'remove', path: [...path] }]
  return mirrors.toReversed().map((mirror) => ({ op: 'remove', path: [...path, mirror.index] }))
}
