// Plans what to do about a Gateway: usually nothing. allowedRoutes is about where Routes live, not where backends are; a
// mirror filter needs a ReferenceGrant. Only a Route that lives in the mirror's namespace has to be admitted there.
import type { PatchOperation } from '../json/json-patch.js'
import {
  arrayAt,
  isSameJson,
  type JsonObject,
  type JsonValue,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from '../json/json-value.js'
import { gatewayApiGroup } from '../names.js'
import { gatewayRecordOperations, type ListenerRecord, readGatewayRecord } from './gateway-record.js'
import { admittedKinds, type NamespaceLabels } from './listener-admission.js'
import { describeRef, isOptedOut, type ObjectRef, type RouteKind } from './object-ref.js'
import type { ObjectPlan } from './route-plan.js'
import { widenListener } from './widen-listener.js'

/**
 * What happens to a listener. `admitted`: lets the namespace in already. `unneeded`: no Route there asks for it.
 * `skipped`: admits no route that can mirror. `narrow`: keeps a Route out; --widen would change it. `widened`, `refused`:
 * with --widen. `restored`, `left`: by undo.
 */
export type ListenerAction =
  | 'admitted'
  | 'unneeded'
  | 'skipped'
  | 'narrow'
  | 'widened'
  | 'refused'
  | 'restored'
  | 'left'

/** One listener's part of a plan. */
export interface ListenerPlan {
  readonly name: string
  readonly action: ListenerAction
  readonly reason: string | undefined
}

/** What is to be done to a Gateway. */
export interface GatewayPlan extends ObjectPlan {
  readonly listeners: readonly ListenerPlan[]
}

/** A Route that lives in the mirror's namespace. */
export interface LocalRoute {
  readonly kind: RouteKind
  readonly ref: ObjectRef
  readonly route: JsonObject
}

/** What a plan is made from beside the Gateway. */
export interface GatewayContext {
  /** The mirror's namespace. */
  readonly namespace: string
  readonly namespaces: NamespaceLabels
  readonly localRoutes: readonly LocalRoute[]
  readonly widen: boolean
  /** Also listeners that no Route asks for. */
  readonly allListeners: boolean
}

/** Plans one Gateway. */
export function planGateway(ref: ObjectRef, gateway: JsonObject, context: GatewayContext): GatewayPlan {
  const base = { ref, object: gateway, listeners: [], operations: [], warnings: [] }
  if (isOptedOut(gateway)) return { ...base, skipped: 'its label asks to be left alone' }
  const before = readGatewayRecord(gateway, context.namespace)
  if (before === undefined) return { ...base, skipped: 'its record annotation cannot be read; repair or remove it' }
  const records = new Map(before)
  const operations: PatchOperation[] = []
  const listeners = arrayAt(gateway, 'spec', 'listeners').map((listener, index): ListenerPlan => {
    const name = stringAt(listener, 'name') ?? String(index)
    const decision = decide(listener, ref, context)
    if (decision.namespaces !== undefined) {
      operations.push(...namespaceOperations(listener, index, decision.namespaces))
      // What was there before the first change is what undo has to give back.
      const was = records.get(name)?.was ?? objectAt(listener, 'allowedRoutes') ?? null
      records.set(name, { was, now: decision.namespaces })
    }
    return { name, action: decision.action, reason: decision.reason }
  })
  if (operations.length > 0) operations.push(...gatewayRecordOperations(gateway, context.namespace, records))
  return { ...base, skipped: undefined, listeners, operations }
}

/** Plans the way back: former allowedRoutes, where nobody else has changed them since. */
export function planGatewayUndo(ref: ObjectRef, gateway: JsonObject, namespace: string): GatewayPlan {
  const base = { ref, object: gateway, listeners: [], operations: [], warnings: [] }
  const records = readGatewayRecord(gateway, namespace)
  if (records === undefined) return { ...base, skipped: 'its record annotation cannot be read; repair or remove it' }
  const operations: PatchOperation[] = []
  const listeners = arrayAt(gateway, 'spec', 'listeners').flatMap((listener, index): ListenerPlan[] => {
    const name = stringAt(listener, 'name') ?? String(index)
    const record = records.get(name)
    if (record === undefined) return []
    if (!isSameJson(valueAt(listener, 'allowedRoutes', 'namespaces'), record.now)) {
      const reason = `others changed it since; before mirrorwaf it was ${JSON.stringify(record.was)}`
      return [{ name, action: 'left', reason }]
    }
    operations.push(...restoreOperations(index, record))
    return [{ name, action: 'restored', reason: undefined }]
  })
  operations.push(...gatewayRecordOperations(gateway, namespace, new Map()))
  return { ...base, skipped: undefined, listeners, operations }
}

interface Decision {
  readonly action: ListenerAction
  readonly reason: string | undefined
  readonly namespaces?: JsonObject
}

function decide(listener: JsonValue, ref: ObjectRef, context: GatewayContext): Decision {
  if (admittedKinds(listener).length === 0) {
    return { action: 'skipped', reason: 'it admits neither HTTPRoute nor GRPCRoute' }
  }
  const widening = widenListener(listener, { ...context, gatewayNamespace: ref.namespace })
  if (widening.kind === 'admitted') return { action: 'admitted', reason: undefined }
  const asking = context.localRoutes.find((local) => asksFor(local, listener, ref))
  if (asking === undefined && !(context.widen && context.allListeners)) {
    return { action: 'unneeded', reason: undefined }
  }
  const need = asking === undefined ? undefined : `it keeps ${describeRef(asking.ref)} out`
  if (widening.kind === 'refused') {
    return { action: 'refused', reason: need === undefined ? widening.reason : `${need}: ${widening.reason}` }
  }
  if (!context.widen) return { action: 'narrow', reason: need }
  return { action: 'widened', reason: need, namespaces: widening.namespaces }
}

/** Whether a Route wants to attach to a listener. */
function asksFor({ kind, ref, route }: LocalRoute, listener: JsonValue, gateway: ObjectRef): boolean {
  if (!admittedKinds(listener).includes(kind)) return false
  return objectsAt(route, 'spec', 'parentRefs').some((parent) => {
    const section = stringAt(parent, 'sectionName')
    const port = numberAt(parent, 'port')
    return (
      (stringAt(parent, 'group') ?? gatewayApiGroup) === gatewayApiGroup &&
      (stringAt(parent, 'kind') ?? 'Gateway') === 'Gateway' &&
      stringAt(parent, 'name') === gateway.name &&
      (stringAt(parent, 'namespace') ?? ref.namespace) === gateway.namespace &&
      (section === undefined || section === stringAt(listener, 'name')) &&
      (port === undefined || port === numberAt(listener, 'port'))
    )
  })
}

function namespaceOperations(listener: JsonValue, index: number, namespaces: JsonObject): PatchOperation[] {
  const path = ['spec', 'listeners', index, 'allowedRoutes']
  if (objectAt(listener, 'allowedRoutes') === undefined) return [{ op: 'add', path, value: { namespaces } }]
  return [{ op: 'add', path: [...path, 'namespaces'], value: namespaces }]
}

/** Only `namespaces` was changed, so only that is restored; the server fills in its default where nothing was. */
function restoreOperations(index: number, { was }: ListenerRecord): PatchOperation[] {
  const path = ['spec', 'listeners', index, 'allowedRoutes']
  if (was === null) return [{ op: 'remove', path }]
  const { namespaces } = was
  if (namespaces === undefined) return [{ op: 'remove', path: [...path, 'namespaces'] }]
  return [{ op: 'add', path: [...path, 'namespaces'], value: namespaces }]
}
