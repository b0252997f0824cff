// A unified diff of an object before and after, as YAML, without what the server writes by itself. Sole import of diff.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { type JsonObject, objectAt } from '../json/json-value.js'
import { writeYaml } from '../manifest/manifest-text.js'
import { describeRef, type ObjectRef } from '../plan/object-ref.js'

/**
 * The diff, or an empty text when nothing that matters differs.
 * @param before - `undefined`: the object is new. `after` - `undefined`: it goes.
 */
export function diffObjects(ref: ObjectRef, before: JsonObject | undefined, after: JsonObject | undefined): string {
  const [from, to] = [toYaml(before), toYaml(after)]
  if (from === to) return ''
  const name = describeRef(ref)
  return createTwoFilesPatch(name, name, from, to, 'before', 'after', { context: 3, headerOptions: FILE_HEADERS_ONLY })
}

function toYaml(object: JsonObject | undefined): string {
  return object === undefined ? '' : writeYaml(withoutServerFields(object), 'sorted')
}

const serverFields: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
])

function withoutServerFields(object: JsonObject): JsonObject {
  const { status: _, ...rest } = object
  const metadata = Object.entries(objectAt(object, 'metadata') ?? {})
  return { ...rest, metadata: Object.fromEntries(metadata.filter(([key]) => !serverFields.has(key))) }
}
