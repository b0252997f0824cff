// What mirrorwaf widened on a Gateway, kept in an annotation of it:
// {"mirror":{"http":{"was":{"namespaces":{"from":"Same"}},"now":{"from":"Selector",...}}}}, by admitted namespace and listener.
import type { PatchOperation } from '../json/json-patch.js'
import { isObject, type JsonObject, type JsonValue, objectAt, parseJson, stringMapAt } from '../json/json-value.js'
import { gatewayRecordAnnotation } from '../names.js'

/** One listener's change. */
export interface ListenerRecord {
  /** The whole `allowedRoutes` as it was; `null` when the listener had none. */
  readonly was: JsonObject | null
  /** What `allowedRoutes.namespaces` was set to. */
  readonly now: JsonObject
}

/** The listeners that were widened for one namespace, by listener name; `undefined` when the annotation cannot be read. */
export function readGatewayRecord(
  gateway: JsonObject,
  namespace: string,
): ReadonlyMap<string, ListenerRecord> | undefined {
  const all = readAll(gateway)
  if (all === undefined) return undefined
  const listeners = Object.entries(objectAt(all, namespace) ?? {})
  return new Map(
    listeners.flatMap(([name, entry]) => {
      const now = objectAt(entry, 'now')
      return now === undefined ? [] : [[name, { was: objectAt(entry, 'was') ?? null, now }] as const]
    }),
  )
}

/** The operations that make the annotation say `records` for one namespace; an empty map removes what it says. */
export function gatewayRecordOperations(
  gateway: JsonObject,
  namespace: string,
  records: ReadonlyMap<string, ListenerRecord>,
): PatchOperation[] {
  const annotations = objectAt(gateway, 'metadata', 'annotations')
  const { [namespace]: before, ...others } = readAll(gateway) ?? {}
  if (records.size === 0 && before === undefined) return []
  const entries = [...records].map(([name, { was, now }]): [string, JsonValue] => [name, { was, now }])
  const all = entries.length === 0 ? others : { ...others, [namespace]: Object.fromEntries(entries) }
  const path = ['metadata', 'annotations', gatewayRecordAnnotation]
  if (Object.keys(all).length > 0) {
    const text = JSON.stringify(all)
    if (annotations !== undefined) return [{ op: 'add', path, value: text }]
    return [{ op: 'add', path: ['metadata', 'annotations'], value: { [gatewayRecordAnnotation]: text } }]
  }
  if (annotations?.[gatewayRecordAnnotation] === undefined) return []
  return [{ op: 'remove', path: Object.keys(annotations).length === 1 ? ['metadata', 'annotations'] : path }]
}

function readAll(gateway: JsonObject): JsonObject | undefined {
  const text = stringMapAt(gateway, 'metadata', 'annotations')[gatewayRecordAnnotation]
  if (text === undefined) return {}
  try {
    const value = parseJson(text)
    return isObject(value) ? value : undefined
  } catch {
    // Somebody edited the annotation by hand; the caller leaves the Gateway alone and says so.
    return undefined
  }
}
