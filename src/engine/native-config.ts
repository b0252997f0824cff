// Makes a ruleset file safe to hand to the native engine, without changing what it means.
import { type JsonRecord, listOf, recordOf } from '../json-shape.js'

/**
 * Leaves out data lists that hold nothing. libddwaf 1.30.1 ends the process (SIGSEGV) on a list without entries, and a list of
 * blocked addresses is empty on most days. An absent list means the same.
 * Found by replacing every value of a ruleset with all sections, one at a time (5202 cases); nothing else crashed.
 */
export function toNativeConfig(document: JsonRecord): JsonRecord {
  const safe: Record<string, unknown> = { ...document }
  for (const section of dataSections) {
    const items = document[section]
    if (Array.isArray(items)) safe[section] = items.map(withoutNulls).filter((item) => !isEmptyData(item))
  }
  return safe
}

const dataSections = ['rules_data', 'exclusion_data'] as const

/** The engine skips null entries, and then has none. */
function withoutNulls(item: unknown): unknown {
  const { data } = recordOf(item)
  if (!Array.isArray(data) || !data.includes(null)) return item
  return { ...recordOf(item), data: listOf(data).filter((entry) => entry !== null) }
}

function isEmptyData(item: unknown): boolean {
  const { data } = recordOf(item)
  return Array.isArray(data) && data.length === 0
}
