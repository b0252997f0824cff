// Which parts of the Gateway API a cluster serves, and in which versions.
import { MirrorwafError } from '../../errors.js'
import { type JsonObject, objectAt, objectsAt, stringAt, valueAt } from '../json/json-value.js'
import { gatewayApiGroup } from '../names.js'
import type { MirrorTarget } from '../plan/mirror-filter.js'
import { shareFields } from '../plan/mirror-share.js'
import { type RouteKind, routeKinds } from '../plan/object-ref.js'
import type { Cluster, Resource } from './cluster.js'

/** What a cluster serves; a kind that is missing is not installed. */
export interface GatewayApi {
  readonly routes: ReadonlyMap<RouteKind, Resource>
  readonly gateways: Resource | undefined
  readonly grants: Resource | undefined
}

/** Versions that have what mirrorwaf reads and writes, best first. */
const acceptedVersions = {
  HTTPRoute: ['v1', 'v1beta1'],
  GRPCRoute: ['v1', 'v1alpha2'],
  Gateway: ['v1', 'v1beta1'],
  ReferenceGrant: ['v1', 'v1beta1'],
} as const
type KnownKind = keyof typeof acceptedVersions

/**
 * Asks the cluster.
 * @param wanted - kinds that the operator insists on.
 * @throws MirrorwafError `MWAF_KUBE_CRDS_ABSENT`, `MWAF_KUBE_VERSION`.
 */
export async function discoverGatewayApi(cluster: Cluster, wanted: readonly RouteKind[]): Promise<GatewayApi> {
  const group = await cluster.getPath(`/apis/${gatewayApiGroup}`)
  if (group === undefined) {
    throw new MirrorwafError('MWAF_KUBE_CRDS_ABSENT', { reason: `it does not serve ${gatewayApiGroup}` })
  }
  const versions = objectsAt(group, 'versions').flatMap((entry) => stringAt(entry, 'version') ?? [])
  const served = await Promise.all(versions.map((version) => readVersion(cluster, version)))
  const resources = served.flat()
  const routes = new Map<RouteKind, Resource>()
  for (const kind of routeKinds) {
    const resource = choose(kind, resources)
    if (resource !== undefined) routes.set(kind, resource)
    else if (wanted.includes(kind)) {
      throw new MirrorwafError('MWAF_KUBE_CRDS_ABSENT', { reason: `it does not serve ${kind}` })
    }
  }
  if (routes.size === 0) throw new MirrorwafError('MWAF_KUBE_CRDS_ABSENT', { reason: 'it serves no HTTPRoute' })
  return { routes, gateways: choose('Gateway', resources), grants: choose('ReferenceGrant', resources) }
}

/**
 * Makes sure that filters can say the target's share: releases before 1.3 drop the field in silence, and all is mirrored.
 * @throws MirrorwafError `MWAF_KUBE_SHARE_UNSUPPORTED`.
 */
export async function requireShareSupport(cluster: Cluster, api: GatewayApi, { share }: MirrorTarget): Promise<void> {
  const fields = Object.keys(share === undefined ? {} : shareFields(share))
  for (const field of fields) {
    for (const resource of api.routes.values()) {
      if (await lacksField(cluster, resource, field)) {
        throw new MirrorwafError('MWAF_KUBE_SHARE_UNSUPPORTED', { field, kind: resource.kind })
      }
    }
  }
}

/** Whether the schema of a route surely lacks a field of `requestMirror`. */
async function lacksField(cluster: Cluster, { version, kind }: Resource, field: string): Promise<boolean> {
  const document = await cluster.getPath(`/openapi/v3/apis/${gatewayApiGroup}/${version}`)
  const schemas = Object.values(objectAt(document, 'components', 'schemas') ?? {})
  const mirror = valueAt(
    schemas.find((entry) => isSchemaOf(entry, kind, version)),
    ...['properties', 'spec', 'properties', 'rules', 'items', 'properties', 'filters', 'items'],
    ...['properties', 'requestMirror', 'properties'],
  )
  // No schema to look at (an old or odd server): strict validation refuses the field when it is written.
  return mirror !== undefined && objectAt(mirror, field) === undefined
}

function isSchemaOf(entry: JsonObject[string], kind: string, version: string): boolean {
  return objectsAt(entry, 'x-kubernetes-group-version-kind').some(
    (gvk) =>
      stringAt(gvk, 'group') === gatewayApiGroup &&
      stringAt(gvk, 'version') === version &&
      stringAt(gvk, 'kind') === kind,
  )
}

async function readVersion(cluster: Cluster, version: string): Promise<Resource[]> {
  const list = await cluster.getPath(`/apis/${gatewayApiGroup}/${version}`)
  return objectsAt(list, 'resources').flatMap((entry) => {
    const plural = stringAt(entry, 'name')
    const kind = stringAt(entry, 'kind')
    // Subresources ("httproutes/status") have the kind of their parent.
    if (plural === undefined || kind === undefined || plural.includes('/')) return []
    return [{ group: gatewayApiGroup, version, plural, kind }]
  })
}

function choose(kind: KnownKind, resources: readonly Resource[]): Resource | undefined {
  const candidates = resources.filter((resource) => resource.kind === kind)
  for (const version of acceptedVersions[kind]) {
    const found = candidates.find((resource) => resource.version === version)
    if (found !== undefined) return found
  }
  if (candidates.length === 0) return undefined
  throw new MirrorwafError('MWAF_KUBE_VERSION', {
    kind,
    served: candidates.map(({ version }) => version).join(', '),
    needed: acceptedVersions[kind].join(' or '),
  })
}
