// Takes rules out of a ruleset, so that an engine of their own judges them.
import { isRecord, type JsonRecord, recordOf, textOf } from '../json-shape.js'
import { itemsOf, outputsOf, ruleSections } from './ruleset-sections.js'

/**
 * One document with these rules, and what they read. Each has its id for a type, so that each reports its match: which of several
 * would be reported depends on all the rules of an engine (`rule-order.ts`).
 * @param documents - in the engine's order; without overrides and exclusions, which may be about any rule.
 */
export function selectRules(documents: readonly JsonRecord[], ids: readonly string[]): JsonRecord {
  const sections = ruleSections
    .map((section) => [section, itemsOf(documents, [section])] as const)
    .map(([section, rules]) => [section, rules.filter(({ id }) => ids.includes(textOf(id))).map(apart)] as const)
    .filter(([, rules]) => rules.length > 0)
  const read = new Set(sections.flatMap(([, rules]) => rules.flatMap((rule) => textsUnder('address', rule))))
  const dataIds = new Set(sections.flatMap(([, rules]) => rules.flatMap((rule) => textsUnder('data', rule))))
  return {
    version: '2.2',
    ...Object.fromEntries(sections),
    // Lists may be long, and each engine would hold its own copy.
    rules_data: itemsOf(documents, ['rules_data']).filter(({ id }) => dataIds.has(textOf(id))),
    // What a processor shows is made by others: of the whole request, not of what was picked for a family.
    processors: itemsOf(documents, ['processors']).filter(
      (processor) => processor['output'] === false && outputsOf(processor).some((output) => read.has(output)),
    ),
  }
}

function apart(rule: JsonRecord): JsonRecord {
  return { ...rule, tags: { ...recordOf(rule['tags']), type: rule['id'] } }
}

/** Every text that stands under a key, anywhere inside. */
function textsUnder(key: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsUnder(key, item))
  if (!isRecord(value)) return []
  return [textOf(value[key]), ...Object.values(value).flatMap((item) => textsUnder(key, item))]
}
