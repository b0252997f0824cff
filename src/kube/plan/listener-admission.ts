// Whose Routes a listener of a Gateway admits: its allowedRoutes, judged on the labels that namespaces really have.
import {
  isObject,
  type JsonObject,
  type JsonValue,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from '../json/json-value.js'
import { gatewayApiGroup } from '../names.js'
import { type Labels, matchesAll, readSelector } from './label-selector.js'
import { findRouteKind, type RouteKind, routeKinds } from './object-ref.js'

/** Labels of every namespace of the cluster, by name. */
export type NamespaceLabels = ReadonlyMap<string, Labels>

/** Names of the namespaces whose Routes a listener admits. */
export function admittedNamespaces(
  listener: JsonValue,
  gatewayNamespace: string,
  namespaces: NamespaceLabels,
): Set<string> {
  const names = [...namespaces.keys()]
  return new Set(names.filter((name) => admits(listener, gatewayNamespace, name, namespaces.get(name) ?? {})))
}

/** Kinds of route that can mirror and that a listener admits; none for TCP, TLS and UDP. */
export function admittedKinds(listener: JsonValue): RouteKind[] {
  const kinds = objectsAt(listener, 'allowedRoutes', 'kinds')
  if (kinds.length === 0) {
    const protocol = stringAt(listener, 'protocol')
    return protocol === 'HTTP' || protocol === 'HTTPS' ? [...routeKinds] : []
  }
  return kinds.flatMap((entry) => {
    const isGatewayApi = (stringAt(entry, 'group') ?? gatewayApiGroup) === gatewayApiGroup
    return (isGatewayApi ? findRouteKind(stringAt(entry, 'kind')) : undefined) ?? []
  })
}

/** What `allowedRoutes.namespaces` says, with the default that the CRD fills in. */
export function readNamespaces(listener: JsonValue): {
  readonly from: string
  readonly selector: JsonObject | undefined
} {
  const namespaces = valueAt(listener, 'allowedRoutes', 'namespaces')
  if (!isObject(namespaces)) return { from: 'Same', selector: undefined }
  return { from: stringAt(namespaces, 'from') ?? 'Same', selector: objectAt(namespaces, 'selector') }
}

function admits(listener: JsonValue, gatewayNamespace: string, namespace: string, labels: Labels): boolean {
  const { from, selector } = readNamespaces(listener)
  if (from === 'All') return true
  if (from === 'Same') return namespace === gatewayNamespace
  // `Selector` without a selector admits nobody, and so does anything that this version does not know.
  const requirements = from === 'Selector' && selector !== undefined ? readSelector(selector) : undefined
  return requirements !== undefined && matchesAll(labels, requirements)
}
