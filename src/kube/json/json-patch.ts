// JSON Patch (RFC 6902), the part that mirrorwaf writes: add, replace and remove. Applied here only to show what a patch
// will do and to write manifests; on a cluster the API server applies it.
import { isArray, isObject, type JsonObject, type JsonStep, type JsonValue } from './json-value.js'

/** One change. `path` is kept in steps; `toWireFormat` makes the JSON Pointer. `-` as an index is the end of an array. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: readonly JsonStep[]; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: readonly JsonStep[] }

/** The operations as the API server reads them. */
export function toWireFormat(operations: readonly PatchOperation[]): JsonObject[] {
  return operations.map((operation) => ({ ...operation, path: toPointer(operation.path) }))
}

/** A path as a JSON Pointer (RFC 6901). */
export function toPointer(path: readonly JsonStep[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/**
 * Applies operations in order; the value given is not changed.
 * @throws RangeError when a path leads nowhere: plans are made from the object they are applied to, so that is a fault here.
 */
export function applyPatch(value: JsonValue, operations: readonly PatchOperation[]): JsonValue {
  return operations.reduce((current, operation) => applyAt(current, operation.path, operation), value)
}

function applyAt(value: JsonValue, path: readonly JsonStep[], operation: PatchOperation): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) throw new RangeError('a patch cannot replace the whole object')
  if (isArray(value)) return applyToArray(value, step, rest, operation)
  if (isObject(value)) return applyToObject(value, String(step), rest, operation)
  throw new RangeError(`nothing stands at ${toPointer(operation.path)}`)
}

function applyToArray(
  array: readonly JsonValue[],
  step: JsonStep,
  rest: readonly JsonStep[],
  operation: PatchOperation,
): JsonValue {
  const index = step === '-' ? array.length : Number(step)
  if (rest.length === 0 && operation.op === 'add' && index <= array.length) {
    return array.toSpliced(index, 0, operation.value)
  }
  const member = array[index]
  if (member === undefined) throw new RangeError(`nothing stands at ${toPointer(operation.path)}`)
  if (rest.length > 0) return array.with(index, applyAt(member, rest, operation))
  return operation.op === 'remove' ? array.toSpliced(index, 1) : array.with(index, operation.value)
}

function applyToObject(
  object: JsonObject,
  key: string,
  rest: readonly JsonStep[],
  operation: PatchOperation,
): JsonValue {
  const member = Object.hasOwn(object, key) ? object[key] : undefined
  if (rest.length === 0 && operation.op === 'add') return { ...object, [key]: operation.value }
  if (member === undefined) throw new RangeError(`nothing stands at ${toPointer(operation.path)}`)
  if (rest.length > 0) return { ...object, [key]: applyAt(member, rest, operation) }
  if (operation.op === 'replace') return { ...object, [key]: operation.value }
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}
