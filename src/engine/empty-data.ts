// Keeps ruleset data away from libddwaf that would end the process.
import { isRecord, type JsonRecord } from '../json-shape.js'

/** Sections whose items hold a list of values for rules or exclusions to look up. */
const dataSections = ['rules_data', 'exclusion_data'] as const

/**
 * Leaves out data items with an empty list: libddwaf 1.30.1 reads behind the end of it (a segmentation fault, tried), and an
 * item without values means the same as no item.
 * @returns the same object when there is nothing to leave out.
 */
export function withoutEmptyData(rules: JsonRecord): JsonRecord {
  let safe = rules
  for (const section of dataSections) {
    const items = rules[section]
    if (!Array.isArray(items) || !items.some(isEmptyItem)) continue
    safe = { ...safe, [section]: items.filter((item) => !isEmptyItem(item)) }
  }
  return safe
}

function isEmptyItem(item: unknown): boolean {
  return isRecord(item) && Array.isArray(item['data']) && item['data'].length === 0
}
