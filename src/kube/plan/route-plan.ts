// What is to be done to one route, rule by rule: the shape that mirroring and undo share.
import type { PatchOperation } from '../json/json-patch.js'
import type { JsonObject } from '../json/json-value.js'
import type { ObjectRef } from './object-ref.js'

/**
 * What happens to one rule. `added`: gets a filter. `changed`: its filter gets another port or share. `present`: has what
 * it needs. `skipped`: needs none. `blocked`: cannot have one. `removed`: its filter goes. `restored`: its filter gets
 * back its former port or share. `left`: has a filter that is not mirrorwaf's to remove.
 */
export type RuleAction = 'added' | 'changed' | 'present' | 'skipped' | 'blocked' | 'removed' | 'restored' | 'left'

/** One rule's part of a plan. */
export interface RulePlan {
  readonly index: number
  readonly name: string | undefined
  readonly action: RuleAction
  /** Why, where the action does not say it: `redirect`, `16 filters already`... */
  readonly reason: string | undefined
}

/** What is to be done to an object; made from the object as it was read, and good for that resourceVersion only. */
export interface ObjectPlan {
  readonly ref: ObjectRef
  /** The object that the plan was made from. */
  readonly object: JsonObject
  /** Why the whole object is left alone, or `undefined`. */
  readonly skipped: string | undefined
  /** Without the resourceVersion; empty when nothing is to be done. */
  readonly operations: readonly PatchOperation[]
  readonly warnings: readonly string[]
}

/** What is to be done to a route. */
export interface RoutePlan extends ObjectPlan {
  readonly rules: readonly RulePlan[]
}

/** The most filters that the CRDs accept in a rule. */
export const filterLimit = 16

/** Whether some rule cannot get its filter; such a run does not end with success. */
export function isBlocked(plan: RoutePlan): boolean {
  return plan.rules.some(({ action }) => action === 'blocked')
}

/** `rule 2 (checkout)`, for people. */
export function describeRule({ index, name }: Pick<RulePlan, 'index' | 'name'>): string {
  return name === undefined ? `rule ${index}` : `rule ${index} (${name})`
}
