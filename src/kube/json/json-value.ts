// Raw JSON and how to look into it. Kubernetes objects stay in this form from the wire to the patch: a typed copy would
// drop the fields that the types do not know yet (Datadog's tools lose CORS filters that way).

/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object; a key that is absent reads as `undefined`. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** One step into a value: a key of an object or an index of an array. */
export type JsonStep = string | number

/** Reads JSON; throws `SyntaxError` like `JSON.parse`. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text)
  return value
}

/** Whether a value is an object, neither null nor an array. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isArray(value)
}

/** Whether a value is an array; unlike `Array.isArray` it narrows a readonly array too. */
export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** What stands at a path, or `undefined` when a step leads nowhere. Inherited properties are never found. */
export function valueAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): JsonValue | undefined {
  let current = value
  for (const step of path) {
    if (isArray(current)) current = typeof step === 'number' ? current[step] : undefined
    else if (isObject(current) && Object.hasOwn(current, step)) current = current[step]
    else return undefined
  }
  return current
}

/** The object at a path, or `undefined` when something else or nothing is there. */
export function objectAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): JsonObject | undefined {
  const found = valueAt(value, ...path)
  return isObject(found) ? found : undefined
}

/** The array at a path; empty when something else or nothing is there. */
export function arrayAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): readonly JsonValue[] {
  const found = valueAt(value, ...path)
  return isArray(found) ? found : []
}

/** The objects of the array at a path, in order; members of other types are left out. */
export function objectsAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): JsonObject[] {
  return arrayAt(value, ...path).filter(isObject)
}

/** The string at a path, or `undefined`. */
export function stringAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): string | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The number at a path, or `undefined`. */
export function numberAt(value: JsonValue | undefined, ...path: readonly JsonStep[]): number | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'number' ? found : undefined
}

/** The string values of an object (labels, annotations), without prototype: names come from others. */
export function stringMapAt(
  value: JsonValue | undefined,
  ...path: readonly JsonStep[]
): Readonly<Record<string, string>> {
  const strings: Record<string, string> = Object.create(null)
  for (const [key, text] of Object.entries(objectAt(value, ...path) ?? {})) {
    if (typeof text === 'string') strings[key] = text
  }
  return strings
}

/** JSON with sorted keys: equal values give equal texts. */
export function canonicalJson(value: JsonValue | undefined): string {
  return JSON.stringify(value, (_, member: JsonValue) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  )
}

/** Deep equality; the order of keys does not matter. */
export function isSameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null)
}
