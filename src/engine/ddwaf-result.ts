// Turns what one libddwaf run returns into mirrorwaf's words. Hot path for requests that reach the engine.
// Event format: spec appsec.md section 2; the values were already redacted by the engine's obfuscator.
import { isRecord, type JsonRecord, listOf, recordOf, textOf } from '../json-shape.js'
import type { ConditionMatch, EngineResult, RuleMatch, TruncationMetrics } from './engine.js'

/** The fields of a native run result that are read here. */
export interface NativeResult {
  readonly timeout: boolean
  /** Nanoseconds; absent when the clock did not move. */
  readonly duration?: number
  readonly events?: readonly object[]
  readonly attributes?: object
  readonly metrics?: {
    readonly maxTruncatedString?: number
    readonly maxTruncatedContainerSize?: number
    readonly maxTruncatedContainerDepth?: number
  }
  readonly errorCode?: number
  readonly keep?: boolean
}

/** Converts one native result; of it the strings, the tags and the attributes are retained, which the binding made for this run. */
export function toEngineResult(native: NativeResult): EngineResult {
  return {
    matches: native.events === undefined ? noMatches : native.events.map(toRuleMatch),
    isKept: native.keep === true,
    isTimedOut: native.timeout === true,
    runtimeUs: (native.duration ?? 0) / 1000,
    attributes: native.attributes === undefined ? undefined : recordOf(native.attributes),
    truncation: toTruncation(native.metrics),
    errorNumber: native.errorCode,
  }
}

const noMatches: readonly RuleMatch[] = Object.freeze([])
const noTruncation: TruncationMetrics = Object.freeze({})

function toTruncation(metrics: NativeResult['metrics']): TruncationMetrics {
  if (metrics === undefined) return noTruncation
  const { maxTruncatedString, maxTruncatedContainerSize, maxTruncatedContainerDepth } = metrics
  if (
    maxTruncatedString === undefined &&
    maxTruncatedContainerSize === undefined &&
    maxTruncatedContainerDepth === undefined
  ) {
    return noTruncation
  }
  return {
    ...(maxTruncatedString !== undefined && { stringLengthBytes: maxTruncatedString }),
    ...(maxTruncatedContainerSize !== undefined && { containerSize: maxTruncatedContainerSize }),
    ...(maxTruncatedContainerDepth !== undefined && { containerDepth: maxTruncatedContainerDepth }),
  }
}

function toRuleMatch(event: object): RuleMatch {
  const { rule, rule_matches } = recordOf(event)
  const { id, name, tags } = recordOf(rule)
  return {
    id: textOf(id),
    name: textOf(name),
    tags: toTags(tags),
    conditions: listOf(rule_matches).flatMap(toConditions),
  }
}

/** Tags are texts as a rule: then they need no copy. */
function toTags(value: unknown): Readonly<Record<string, string>> {
  const tags = recordOf(value)
  if (isTextRecord(tags)) return tags
  return Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, textOf(tag)]))
}

function isTextRecord(record: JsonRecord): record is Readonly<Record<string, string>> {
  return Object.values(record).every((value) => typeof value === 'string')
}

function toConditions(ruleMatch: unknown): ConditionMatch[] {
  const { operator, operator_value, parameters } = recordOf(ruleMatch)
  return listOf(parameters)
    .flatMap(toParameters)
    .map(({ address, key_path, value, highlight }) => ({
      operator: textOf(operator),
      operatorValue: textOf(operator_value),
      address: textOf(address),
      keyPath: listOf(key_path).map(String),
      value: textOf(value),
      highlight: listOf(highlight).map((part) => textOf(part)),
    }))
}

/**
 * A scalar operator reports one address; a structured detector (lfi, sqli, ssrf...) reports named parts that share
 * one highlight: each part then stands alone.
 */
function toParameters(parameter: unknown): JsonRecord[] {
  const record = recordOf(parameter)
  if (record['address'] !== undefined) return [record]
  const { highlight, ...parts } = record
  return Object.values(parts)
    .filter(isRecord)
    .map((part) => ({ ...part, highlight }))
}
