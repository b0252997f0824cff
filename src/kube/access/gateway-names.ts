// Which Gateways exist, to warn about routes that name one that does not.
import { MirrorwafError } from '../../errors.js'
import { type JsonObject, objectsAt, stringAt } from '../json/json-value.js'
import { gatewayApiGroup } from '../names.js'
import type { Cluster } from './cluster.js'
import type { GatewayApi } from './gateway-api.js'

/** `namespace/name` of all Gateways, or `undefined` where this user may not list them: then nobody is warned. */
export async function readGatewayNames(cluster: Cluster, { gateways }: GatewayApi): Promise<Set<string> | undefined> {
  if (gateways === undefined) return undefined
  try {
    const { items } = await cluster.list(gateways, undefined)
    return new Set(
      items.map((item) => `${stringAt(item, 'metadata', 'namespace')}/${stringAt(item, 'metadata', 'name')}`),
    )
  } catch (error) {
    if (error instanceof MirrorwafError && error.code === 'MWAF_KUBE_REFUSED') return undefined
    throw error
  }
}

/** A warning for each Gateway that a route names and that is not there. */
export function findUnknownGateways(
  route: JsonObject,
  routeNamespace: string,
  known: ReadonlySet<string> | undefined,
): string[] {
  if (known === undefined) return []
  return objectsAt(route, 'spec', 'parentRefs').flatMap((parent) => {
    const isGateway =
      (stringAt(parent, 'group') ?? gatewayApiGroup) === gatewayApiGroup &&
      (stringAt(parent, 'kind') ?? 'Gateway') === 'Gateway'
    const name = `${stringAt(parent, 'namespace') ?? routeNamespace}/${stringAt(parent, 'name')}`
    return isGateway && !known.has(name) ? [`its Gateway ${name} does not exist`] : []
  })
}
