// What a condition asks of a value, reduced to what can be tested before the engine: necessary, never sufficient.
import { type JsonRecord, listOf, recordOf } from '../../json-shape.js'
import { necessaryTree } from '../regex/necessary.js'
import { parseRegex } from '../regex/parser.js'
import { selectivityBits } from '../regex/selectivity.js'
import type { RegexNode } from '../regex/syntax.js'
import type { ConditionSource, DataEntry } from './rule-source.js'

/** What automata look for. */
export type Matcher =
  | { readonly kind: 'regex'; readonly tree: RegexNode }
  /** Any of some phrases; `isBounded`: at word boundaries, as libddwaf's enforce_word_boundary has it. */
  | { readonly kind: 'phrases'; readonly phrases: readonly Uint8Array[]; readonly isBounded: boolean }
  /** The whole value is one of these. */
  | { readonly kind: 'exact'; readonly phrases: readonly Uint8Array[] }

/** Operators whose own code only the engine has: flagged values are confirmed by a small engine handle. */
export type CheckedOperator = 'is_sqli' | 'is_xss'

export type ConditionTest =
  | { readonly kind: 'pattern'; readonly matcher: Matcher }
  | { readonly kind: 'checked'; readonly operator: CheckedOperator }
  | { readonly kind: 'ip'; readonly entries: readonly string[] }
  /** Anything at all is there. */
  | { readonly kind: 'present' }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }

/** A test and how rarely it holds by chance, in bits; or why there is none. */
export type PlannedTest =
  | { readonly kind: 'test'; readonly test: ConditionTest; readonly bits: number }
  | { readonly kind: 'impossible'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

const encoder = new TextEncoder()
/** Expired data is dropped only when it expired this long ago: the engine has a clock of its own. */
const expiryMarginSeconds = 3600

/** @param data - `rules_data` of all documents. @param nowSeconds - wall clock, to leave out data that has expired. */
export function planTest(
  condition: ConditionSource,
  data: ReadonlyMap<string, readonly DataEntry[]>,
  nowSeconds: number,
): PlannedTest {
  const { operator, parameters } = condition
  const strange = strangeParameter(operator, parameters)
  if (strange !== undefined) return { kind: 'unknown', reason: strange }
  // A negated condition needs a value that does not match; exclusions may take the matching ones away.
  if (condition.isNegated) return present
  switch (operator) {
    case 'match_regex':
    case 'regex_match_with_checksum':
      return planRegex(parameters)
    case 'phrase_match':
      return planPhrases(parameters)
    case 'exact_match':
      return planExact(listedValues(parameters, data, nowSeconds))
    case 'ip_match':
      return planIp(listedValues(parameters, data, nowSeconds))
    case 'is_sqli':
    case 'is_xss':
      return { kind: 'test', test: { kind: 'checked', operator }, bits: 10 }
    case 'hidden_ascii_match':
      return patternTest({ kind: 'phrases', phrases: tagBlock, isBounded: false }, 24)
    case 'exists':
      return present
    case 'equals':
      return planEquals(parameters)
    case 'greater_than':
    case 'lower_than':
      return { kind: 'test', test: { kind: 'number' }, bits: 2 }
    default:
      return { kind: 'unknown', reason: `the operator ${operator} is not known` }
  }
}

const present: PlannedTest = { kind: 'test', test: { kind: 'present' }, bits: 1 }
/** First bytes of U+E0000 to U+E007F in UTF-8. */
const tagBlock = [Uint8Array.of(0xf3, 0xa0, 0x80), Uint8Array.of(0xf3, 0xa0, 0x81)]

const knownParameters: ReadonlyMap<string, readonly string[]> = new Map([
  ['match_regex', ['inputs', 'regex', 'options']],
  ['regex_match_with_checksum', ['inputs', 'regex', 'options', 'checksum']],
  ['phrase_match', ['inputs', 'list', 'options']],
  ['exact_match', ['inputs', 'list', 'data']],
  ['ip_match', ['inputs', 'list', 'data']],
  ['equals', ['inputs', 'type', 'value', 'delta']],
  ['greater_than', ['inputs', 'type', 'value']],
  ['lower_than', ['inputs', 'type', 'value']],
])
const knownOptions: ReadonlyMap<string, readonly string[]> = new Map([
  ['match_regex', ['case_sensitive', 'min_length']],
  ['regex_match_with_checksum', ['case_sensitive', 'min_length']],
  ['phrase_match', ['enforce_word_boundary']],
])

/** A parameter or option that may mean something this compiler does not know. */
function strangeParameter(operator: string, parameters: JsonRecord): string | undefined {
  const parameter = strangeKey(parameters, knownParameters.get(operator) ?? ['inputs', 'options'])
  if (parameter !== undefined) return `the parameter ${parameter} of ${operator} is not known`
  const option = strangeKey(recordOf(parameters['options']), knownOptions.get(operator) ?? [])
  return option === undefined ? undefined : `the option ${option} of ${operator} is not known`
}

function strangeKey(record: JsonRecord, known: readonly string[]): string | undefined {
  return Object.keys(record).find((key) => !known.includes(key))
}

function planRegex(parameters: JsonRecord): PlannedTest {
  const { regex, options } = parameters
  if (typeof regex !== 'string') return { kind: 'unknown', reason: 'the regex is not a string' }
  const parsed = parseRegex(regex, recordOf(options)['case_sensitive'] === true)
  if ('unsupported' in parsed) return { kind: 'unknown', reason: `the regex is not understood: ${parsed.unsupported}` }
  const tree = necessaryTree(parsed.tree)
  return patternTest({ kind: 'regex', tree }, selectivityBits(tree))
}

function planPhrases(parameters: JsonRecord): PlannedTest {
  const phrases = encodeList(parameters['list'])
  if (phrases === undefined) return { kind: 'unknown', reason: 'the phrase list is not a list of strings' }
  if (phrases.some((phrase) => phrase.length === 0)) return present
  const isBounded = recordOf(parameters['options'])['enforce_word_boundary'] === true
  return planList({ kind: 'phrases', phrases, isBounded }, phrases)
}

function planExact(values: readonly string[] | undefined): PlannedTest {
  const phrases = encodeList(values)
  if (phrases === undefined) return { kind: 'unknown', reason: 'the list is not a list of strings' }
  const filled = phrases.filter((phrase) => phrase.length > 0)
  return planList({ kind: 'exact', phrases: filled }, filled)
}

function planList(matcher: Matcher, phrases: readonly Uint8Array[]): PlannedTest {
  if (phrases.length === 0) return { kind: 'impossible', reason: 'it has no values to look for' }
  const shortest = phrases.reduce((least, phrase) => Math.min(least, phrase.length), Infinity)
  return patternTest(matcher, 7 * shortest)
}

function planIp(entries: readonly string[] | undefined): PlannedTest {
  if (entries === undefined) return { kind: 'unknown', reason: 'the list is not a list of strings' }
  if (entries.length === 0) return { kind: 'impossible', reason: 'it has no addresses to look for' }
  return { kind: 'test', test: { kind: 'ip', entries }, bits: 24 }
}

function planEquals(parameters: JsonRecord): PlannedTest {
  const { type, value } = parameters
  if (type === 'string' && typeof value === 'string') {
    return value === '' ? present : planExact([value])
  }
  if (type === 'boolean') return { kind: 'test', test: { kind: 'boolean' }, bits: 2 }
  if (type === 'signed' || type === 'unsigned' || type === 'float') {
    return { kind: 'test', test: { kind: 'number' }, bits: 2 }
  }
  return { kind: 'unknown', reason: 'the type of equals is not known' }
}

/** Values of `list` and of the data set that `data` names. @returns `undefined` for a list of unknown shape. */
function listedValues(
  parameters: JsonRecord,
  data: ReadonlyMap<string, readonly DataEntry[]>,
  nowSeconds: number,
): readonly string[] | undefined {
  const { list, data: dataId } = parameters
  const listed = listOf(list)
  const values: string[] = []
  for (const value of listed) {
    if (typeof value !== 'string') return undefined
    values.push(value)
  }
  const entries = typeof dataId === 'string' ? (data.get(dataId) ?? []) : []
  for (const { value, expiresAt } of entries) {
    if (expiresAt === 0 || expiresAt + expiryMarginSeconds > nowSeconds) values.push(value)
  }
  return values
}

function encodeList(list: unknown): Uint8Array[] | undefined {
  if (!Array.isArray(list)) return undefined
  const encoded: Uint8Array[] = []
  for (const value of list) {
    if (typeof value !== 'string') return undefined
    encoded.push(encoder.encode(value))
  }
  return encoded
}

function patternTest(matcher: Matcher, bits: number): PlannedTest {
  return { kind: 'test', test: { kind: 'pattern', matcher }, bits }
}
