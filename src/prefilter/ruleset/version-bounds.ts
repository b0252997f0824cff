// min_version and max_version of rules: which engine they are for.
import type { JsonRecord } from '../../json-shape.js'

/** False when the item's bounds exclude the engine's version. A bound that is no version excludes nothing. */
export function isForEngine(item: JsonRecord, engineVersion: string): boolean {
  const engine = parseVersion(engineVersion)
  const min = parseVersion(item['min_version'])
  const max = parseVersion(item['max_version'])
  if (engine === undefined) return true
  if (min !== undefined && compare(engine, min) < 0) return false
  return max === undefined || compare(engine, max) <= 0
}

function parseVersion(text: unknown): readonly number[] | undefined {
  if (typeof text !== 'string' || !/^\d+\.\d+\.\d+$/.test(text)) return undefined
  return text.split('.').map(Number)
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, part] of left.entries()) {
    const difference = part - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
