// Narrows parsed JSON and other foreign values from `unknown`, so that no caller needs a cast.

/** A JSON object (or any other keyed object); arrays and null are none. */
export type JsonRecord = Readonly<Record<string, unknown>>

/** True for keyed objects, false for arrays and null. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value when it is a keyed object, else an empty one. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : emptyRecord
}

/** The value when it is an array, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : emptyList
}

/** The value when it is a string, else `fallback`. */
export function textOf(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback
}

const emptyRecord: JsonRecord = Object.freeze(Object.create(null))
const emptyList: readonly unknown[] = Object.freeze([])
