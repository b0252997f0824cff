// Reads ruleset documents as libddwaf 1.30 does, as far as the prefilter needs it. Where the engine's reading is not certain
// the reader errs towards more rules; what it does not understand becomes a doubt. (Spec: appsec.md section 4.)
//
// Exclusions are not read: a filter only takes inputs or rules away, or changes the action of a rule that matches. Taking
// an input away could make a negated condition true, so the compiler never relies on one (see plan-rule.ts).
import { ruleSections } from '../../engine/ruleset-sections.js'
import { isRecord, type JsonRecord, listOf, recordOf, textOf } from '../../json-shape.js'
import { mayBeEnabled, type RuleSwitch, readSwitches } from './overrides.js'
import type {
  ConditionSource,
  DataEntry,
  DerivedAddress,
  Doubt,
  InputSource,
  MatchScope,
  PlaceSource,
  RuleSource,
  RulesetSource,
  SkippedRule,
} from './rule-source.js'
import { isForEngine } from './version-bounds.js'

/** Sections that need no reading: they cannot make a rule match that would not match without them. */
const harmlessSections: ReadonlySet<string> = new Set([
  'actions',
  'exclusions',
  'exclusion_data',
  'scanners',
  'obfuscator',
])
const knownSections: ReadonlySet<string> = new Set([
  ...ruleSections,
  ...harmlessSections,
  'rules_data',
  'rules_override',
  'processors',
  'processor_overrides',
])

/** With these alone each rule means what is written in it. */
const plainSections: ReadonlySet<string> = new Set([
  'version',
  'metadata',
  ...ruleSections,
  'rules_data',
  'processors',
  'scanners',
  'actions',
  'exclusions',
])

/** @param engineVersion - rules bound to other versions are left out, as the engine does. */
export function readRulesetSource(documents: readonly object[], engineVersion: string): RulesetSource {
  return new RulesetReader(engineVersion).read(documents.filter(isRecord))
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

class RulesetReader {
  readonly #engineVersion: string
  readonly #rules: RuleSource[] = []
  readonly #skipped: SkippedRule[] = []
  readonly #doubts: Doubt[] = []

  constructor(engineVersion: string) {
    this.#engineVersion = engineVersion
  }

  read(documents: readonly JsonRecord[]): RulesetSource {
    const switches = readSwitches(documents)
    for (const document of documents) {
      this.#noteUnknownSections(document)
      for (const section of ruleSections) {
        for (const rule of this.#items(document, section)) this.#readRule(rule, section !== 'custom_rules', switches)
      }
    }
    return {
      rules: this.#rules,
      skipped: this.#skipped,
      data: readData(documents),
      derived: documents.flatMap((document) => this.#items(document, 'processors').flatMap(readProcessor)),
      doubts: this.#doubts,
      hasExclusions: documents.some(({ exclusions }) => exclusions !== undefined && !isEmptyList(exclusions)),
      isRewritten: documents.some((document) => Object.keys(document).some((section) => !plainSections.has(section))),
    }
  }

  #noteUnknownSections(document: JsonRecord): void {
    for (const [section, content] of Object.entries(document)) {
      if (knownSections.has(section) || !Array.isArray(content)) continue
      this.#doubt('', `the section ${section} is not known`, [])
    }
  }

  #items(document: JsonRecord, section: string): readonly unknown[] {
    const items = document[section]
    if (items === undefined || Array.isArray(items)) return listOf(items)
    this.#doubt('', `the section ${section} is not a list`, [])
    return []
  }

  #doubt(ruleId: string, reason: string, addresses: readonly string[]): void {
    this.#doubts.push({ ruleId, reason, addresses })
  }

  #readRule(rule: unknown, isBaseRule: boolean, switches: readonly RuleSwitch[]): void {
    if (!isRecord(rule)) {
      this.#doubt('', 'a rule is not an object', [])
      return
    }
    const { name, conditions, transformers, output, on_match: onMatch } = rule
    const id = textOf(rule['id'])
    if (!isForEngine(rule, this.#engineVersion)) {
      this.#skipped.push({ id, reason: `not for engine ${this.#engineVersion}` })
      return
    }
    if (!mayBeEnabled(rule, isBaseRule, switches)) {
      this.#skipped.push({ id, reason: 'disabled' })
      return
    }
    const ownTransformers = readTransformers(transformers)
    const hasActions = onMatch !== undefined && !isEmptyList(onMatch)
    if (!Array.isArray(conditions) || conditions.length === 0 || ownTransformers === undefined) {
      this.#doubt(id, 'its conditions or transformers have an unknown shape', addressesIn(rule))
      return
    }
    this.#rules.push({
      id,
      name: textOf(name),
      type: textOf(recordOf(rule['tags'])['type']),
      conditions: conditions.map((condition) => readCondition(condition, ownTransformers)),
      isAttributeOnly: isAttributeOnly(output) && !hasActions,
      hasActions,
      hasOutput: output !== undefined,
      attributeInputs: readAttributeInputs(output),
    })
  }
}

/** `keep` counts as a verdict: it is wanted although there is no event. It defaults to true. */
function isAttributeOnly(output: unknown): boolean {
  const { event, keep } = recordOf(output)
  return event === false && keep === false
}

/** An attribute is a constant, or what stands at a place of the request. */
function readAttributeInputs(output: unknown): PlaceSource[] {
  return Object.values(recordOf(recordOf(output)['attributes']))
    .map(recordOf)
    .filter(({ address }) => address !== undefined)
    .map(readPlace)
}

/** A condition of a shape that is not known gets no operator, which no one knows. */
function readCondition(condition: unknown, ruleTransformers: readonly string[]): ConditionSource {
  const { operator, parameters } = recordOf(condition)
  const named = /^(!?)([a-z_]+)(?:@v\d+)?$/.exec(textOf(operator))
  const inputs = readInputs(recordOf(parameters)['inputs'], ruleTransformers)
  return {
    operator: inputs === undefined ? '' : (named?.[2] ?? ''),
    isNegated: named?.[1] === '!',
    inputs: inputs ?? [],
    addresses: addressesIn(recordOf(parameters)['resource'] ?? condition),
    parameters: recordOf(parameters),
  }
}

/**
 * An input with transformers of its own goes back to looking at values, and in the engine that setting leaks to the inputs
 * after it: those are taken for both.
 * @returns `undefined` for an unknown shape.
 */
function readInputs(inputs: unknown, ruleTransformers: readonly string[]): InputSource[] | undefined {
  if (inputs === undefined) return []
  if (!Array.isArray(inputs)) return undefined
  const read: InputSource[] = []
  let hasOwnBefore = false
  for (const input of inputs) {
    const { address, key_path: keyPath, transformers } = recordOf(input)
    const own = transformers === undefined ? undefined : readTransformers(transformers)
    const path = keyPath === undefined ? [] : textList(keyPath)
    if (typeof address !== 'string' || path === undefined) return undefined
    if (transformers !== undefined && own === undefined) return undefined
    const all = own ?? ruleTransformers
    const scope = hasOwnBefore || own !== undefined ? bothIfKeys(all, ruleTransformers) : scopeOf(all)
    if (own !== undefined && own.length > 0) hasOwnBefore = true
    read.push({ address, keyPath: path, transformers: all.filter((name) => !isScope(name)), scope })
  }
  return read
}

function scopeOf(transformers: readonly string[]): MatchScope {
  const scope = transformers.findLast(isScope)
  return scope === 'keys_only' ? 'keys' : 'values'
}

function bothIfKeys(...lists: readonly (readonly string[])[]): MatchScope {
  return lists.some((list) => list.includes('keys_only')) ? 'both' : 'values'
}

function isScope(transformer: string): boolean {
  return transformer === 'keys_only' || transformer === 'values_only'
}

function readTransformers(transformers: unknown): readonly string[] | undefined {
  return transformers === undefined ? [] : textList(transformers)
}

function textList(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const texts: string[] = []
  for (const item of value) {
    if (typeof item !== 'string') return undefined
    texts.push(item)
  }
  return texts
}

/** Every `address` named anywhere inside. */
function addressesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(addressesIn)
  if (!isRecord(value)) return []
  const own = typeof value['address'] === 'string' ? [value['address']] : []
  return [...own, ...Object.values(value).flatMap(addressesIn)]
}

/** Data under one id adds up; of equal values the later expiry wins. */
function readData(documents: readonly JsonRecord[]): Map<string, DataEntry[]> {
  const data = new Map<string, DataEntry[]>()
  for (const set of documents.flatMap((document) => listOf(document['rules_data']).map(recordOf))) {
    const id = textOf(set['id'])
    const entries = data.get(id) ?? []
    data.set(id, entries)
    for (const { value, expiration } of listOf(set['data']).map(recordOf)) {
      if (typeof value !== 'string') continue
      entries.push({ value, expiresAt: typeof expiration === 'number' ? expiration : 0 })
    }
  }
  return data
}

function readProcessor(processor: unknown): DerivedAddress[] {
  const { generator, parameters, conditions } = recordOf(processor)
  return listOf(recordOf(parameters)['mappings'])
    .map(recordOf)
    .map((mapping) => ({
      isConditional: conditions !== undefined && !isEmptyList(conditions),
      generator: textOf(generator),
      output: textOf(mapping['output']),
      inputs: Object.values(mapping).flatMap((inputs) => listOf(inputs).map(recordOf).map(readPlace)),
    }))
}

function readPlace(input: JsonRecord): PlaceSource {
  return { address: textOf(input['address']), keyPath: textList(input['key_path']) ?? [] }
}
