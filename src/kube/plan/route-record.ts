// What mirrorwaf did to a route, kept in an annotation of it, so that undo takes back exactly that and nothing else.
// One entry per mirror Service, as two mirrors may share a route:
// {"mirror/request-mirror":{"port":8080,"percent":10,"rules":[{"name":"a","index":0,"matches":"1f0c…","list":"new"}]}}
import { createHash } from 'node:crypto'
import type { PatchOperation } from '../json/json-patch.js'
import {
  arrayAt,
  canonicalJson,
  isObject,
  type JsonObject,
  type JsonValue,
  numberAt,
  objectAt,
  parseJson,
  stringAt,
  stringMapAt,
  valueAt,
} from '../json/json-value.js'
import { routeRecordAnnotation } from '../names.js'
import { type MirrorShare, readShare, shareFieldNames, shareFields } from './mirror-share.js'

/** One rule in which mirrorwaf added or changed a filter. */
export interface RuleRecord {
  /** The rule's name, where it has one: the surest way to find it again. */
  readonly name: string | undefined
  readonly index: number
  /** Digest of the rule's `matches`: finds a rule without name again after others moved it. */
  readonly matches: string
  /** The rule had no `filters` before. */
  readonly madeList: boolean
  /** Port and share of a filter that was there before and that mirrorwaf changed; `undefined`: mirrorwaf added it. */
  readonly was: JsonObject | undefined
}

/** What mirrorwaf did to a route for one mirror Service, and with which settings. */
export interface TargetRecord {
  readonly port: number
  /** `undefined`: the share was never asked for. */
  readonly share: MirrorShare | undefined
  readonly rules: readonly RuleRecord[]
}

/** All records of a route, by `targetKey`. */
export interface RouteRecords {
  readonly byTarget: ReadonlyMap<string, TargetRecord>
  /** The annotation is there but cannot be read; it is never overwritten then. */
  readonly isDamaged: boolean
}

/** Reads the annotation. */
export function readRecords(route: JsonObject): RouteRecords {
  const text = stringMapAt(route, 'metadata', 'annotations')[routeRecordAnnotation]
  if (text === undefined) return { byTarget: new Map(), isDamaged: false }
  const json = tryParse(text)
  if (!isObject(json)) return { byTarget: new Map(), isDamaged: true }
  const entries = Object.entries(json).map(([key, value]) => [key, readTarget(value)] as const)
  const byTarget = new Map(entries.flatMap(([key, record]) => (record === undefined ? [] : [[key, record] as const])))
  return { byTarget, isDamaged: byTarget.size < entries.length }
}

/** The operations that make the annotation say `record` for one target; `undefined` removes what it says. */
export function recordOperations(route: JsonObject, key: string, record: TargetRecord | undefined): PatchOperation[] {
  const annotations = objectAt(route, 'metadata', 'annotations')
  const { byTarget: before, isDamaged } = readRecords(route)
  if (record === undefined && !before.has(key) && !isDamaged) return []
  const byTarget = new Map(before)
  if (record === undefined) byTarget.delete(key)
  else byTarget.set(key, record)
  const path = ['metadata', 'annotations', routeRecordAnnotation]
  if (byTarget.size > 0) {
    const text = JSON.stringify(Object.fromEntries([...byTarget].map(([name, value]) => [name, targetToJson(value)])))
    if (annotations === undefined) {
      return [{ op: 'add', path: ['metadata', 'annotations'], value: { [routeRecordAnnotation]: text } }]
    }
    return [{ op: 'add', path, value: text }]
  }
  if (annotations?.[routeRecordAnnotation] === undefined) return []
  // An empty map was most likely not there before; the API server drops it anyway.
  return [{ op: 'remove', path: Object.keys(annotations).length === 1 ? ['metadata', 'annotations'] : path }]
}

/** The record of a rule as it stands now. */
export function recordRule(rule: JsonValue, index: number, made: Pick<RuleRecord, 'madeList' | 'was'>): RuleRecord {
  return { name: stringAt(rule, 'name'), index, matches: digestOfMatches(rule), ...made }
}

/**
 * Finds the recorded rules again in a route that others may have changed since.
 * @param mirrored - indexes of the rules that have a filter to the target's Service; only those are candidates.
 * @returns the record for each rule found, by index. Where it cannot be told which of several rules was meant, none is.
 */
export function findRecordedRules(
  rules: readonly JsonValue[],
  mirrored: readonly number[],
  record: TargetRecord | undefined,
): Map<number, RuleRecord> {
  const found = new Map<number, RuleRecord>()
  const open = new Set(record?.rules ?? [])
  const claim = (fits: (entry: RuleRecord, rule: JsonValue | undefined, index: number) => boolean): void => {
    for (const index of mirrored) {
      if (found.has(index)) continue
      const entry = [...open].find((candidate) => fits(candidate, rules[index], index))
      if (entry === undefined) continue
      found.set(index, entry)
      open.delete(entry)
    }
  }
  claim((entry, rule) => entry.name !== undefined && entry.name === stringAt(rule, 'name'))
  claim((entry, rule, index) => entry.index === index && entry.matches === digestOfMatches(rule))
  claim((entry, rule) => entry.matches === digestOfMatches(rule))
  claim((entry, _, index) => entry.index === index)
  const candidatesLeft = mirrored.filter((index) => !found.has(index)).length
  if (candidatesLeft <= open.size) claim(() => true)
  return found
}

function digestOfMatches(rule: JsonValue | undefined): string {
  const text = canonicalJson(valueAt(rule, 'matches') ?? null)
  return createHash('sha256').update(text).digest('hex').slice(0, digestLength)
}

/** 48 bits: a route has 16 rules. */
const digestLength = 12

function readTarget(value: JsonValue | undefined): TargetRecord | undefined {
  const port = numberAt(value, 'port')
  if (!isObject(value) || port === undefined) return undefined
  const hasShare = shareFieldNames.some((field) => value[field] !== undefined)
  return {
    port,
    share: hasShare ? readShare(value) : undefined,
    rules: arrayAt(value, 'rules').flatMap((rule) => readRule(rule) ?? []),
  }
}

function readRule(value: JsonValue): RuleRecord | undefined {
  const index = numberAt(value, 'index')
  if (index === undefined) return undefined
  return {
    name: stringAt(value, 'name'),
    index,
    matches: stringAt(value, 'matches') ?? '',
    madeList: stringAt(value, 'list') === 'new',
    was: objectAt(value, 'was'),
  }
}

function targetToJson(record: TargetRecord): JsonObject {
  return {
    port: record.port,
    ...(record.share === undefined ? {} : shareFields(record.share)),
    rules: record.rules.map(ruleToJson),
  }
}

function ruleToJson({ name, index, matches, madeList, was }: RuleRecord): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    index,
    matches,
    ...(madeList ? { list: 'new' } : {}),
    ...(was === undefined ? {} : { was }),
  }
}

function tryParse(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    // Somebody edited the annotation by hand; the caller reports it as damaged.
    return undefined
  }
}
