// Prefilters on small rulesets, and requests as plain values.
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import type { PrefilterLimits, RulesetPrefilter } from '#src/prefilter/ruleset-prefilter.js'
import type { RequestAddress } from '#src/request/value-visitor.js'
import { engineOn } from '../../fuzz/oracle.js'
import { unlimited } from '../../fuzz/unlimited.js'
import { sendSample, type Tree } from '../../fuzz/value-tree.js'

export const engineVersion = '1.30.1'

/** What a test need not say about a rule. */
export interface RuleParts {
  readonly id?: string
  readonly operator?: string
  readonly address?: string
  readonly keyPath?: readonly string[]
  readonly parameters?: object
  readonly transformers?: readonly string[]
  readonly more?: object
}

/** A rule with one condition. */
export function ruleOf(parts: RuleParts): object {
  const { id = 'r1', operator = 'match_regex', address = 'server.request.body', keyPath, transformers = [] } = parts
  const input = keyPath === undefined ? { address } : { address, key_path: keyPath }
  return {
    id,
    name: id,
    tags: { type: id },
    conditions: [{ operator, parameters: { inputs: [input], ...parts.parameters } }],
    transformers,
    ...parts.more,
  }
}

/** A rule that matches a pattern in the body. */
export function regexRule(regex: string, options: object = {}, transformers: readonly string[] = []): object {
  return ruleOf({ parameters: { regex, options }, transformers })
}

/** @param documents - ruleset documents; without limits nothing is refused, and without a clock time stands still. */
export function prefilterOn(
  documents: readonly object[],
  limits: Partial<PrefilterLimits> = unlimited,
  now: () => number = () => 0,
): RulesetPrefilter {
  return createPrefilter(compilePrefilter(documents, engineVersion), { createEngine: engineOn, now, limits })
}

export function prefilterOfRules(...rules: readonly object[]): RulesetPrefilter {
  return prefilterOn([{ version: '2.2', rules }])
}

/** Plain values as a tree; `multi` maps are written `{ multi: { name: values } }`. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue }

/** Sends one address. @returns whether the request is cleared. */
export function clears(
  prefilter: RulesetPrefilter,
  value: PlainValue,
  address: RequestAddress = 'server.request.body',
): boolean {
  prefilter.reset()
  sendSample(prefilter.sink, [[address, treeOf(value)]])
  return prefilter.isCleared
}

function treeOf(value: PlainValue): Tree {
  if (typeof value === 'string') return { kind: 'text', bytes: Buffer.from(value) }
  if (typeof value === 'number') return { kind: 'number', value }
  if (typeof value === 'boolean') return { kind: 'boolean', value }
  if (value === null) return { kind: 'nil' }
  if (isList(value)) return { kind: 'list', items: value.map(treeOf) }
  return {
    kind: 'map',
    mapKind: 'plain',
    entries: Object.entries(value).map(([key, item]) => [Buffer.from(key), treeOf(item)] as const),
  }
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value)
}
