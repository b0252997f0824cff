// Which object is meant: kind, namespace, name.
import { type JsonObject, stringAt, stringMapAt } from '../json/json-value.js'
import { optOutLabel, optOutValue } from '../names.js'

/** Kinds of route that can mirror. */
export const routeKinds = ['HTTPRoute', 'GRPCRoute'] as const
export type RouteKind = (typeof routeKinds)[number]

/** An object's place in the cluster. */
export interface ObjectRef {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/**
 * Where an object stands.
 * @param kind - given apart: items of a list do not carry theirs.
 * @param defaultNamespace - for manifests that leave theirs to whoever applies them.
 */
export function refOf(object: JsonObject, kind: string, defaultNamespace = ''): ObjectRef {
  return {
    kind,
    namespace: stringAt(object, 'metadata', 'namespace') ?? defaultNamespace,
    name: stringAt(object, 'metadata', 'name') ?? '',
  }
}

/** `HTTPRoute shop/checkout`, for people. */
export function describeRef({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`
}

/** The kind of route that a name means, or `undefined`. */
export function findRouteKind(kind: string | undefined): RouteKind | undefined {
  return routeKinds.find((known) => known === kind)
}

/** Whether an object asks to be left alone by its label. */
export function isOptedOut(object: JsonObject): boolean {
  return stringMapAt(object, 'metadata', 'labels')[optOutLabel] === optOutValue
}
