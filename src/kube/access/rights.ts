// Which rights a run needs, and which of them are missing: asked before the first write, listed all at once.
import { MirrorwafError } from '../../errors.js'
import { valueAt } from '../json/json-value.js'
import type { Cluster, Resource } from './cluster.js'
import { mapConcurrently } from './map-concurrently.js'

/** One thing a user may be allowed to do. */
export interface Right {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'
  readonly resource: Resource
  /** `undefined`: in all namespaces. */
  readonly namespace: string | undefined
  /** The one object that is meant; `undefined`: any. A role may be tied to names, except for create, list and watch. */
  readonly name?: string
}

/** The rights to do several things to one resource. */
export function rightsTo(
  resource: Resource,
  namespace: string | undefined,
  ...verbs: readonly Right['verb'][]
): Right[] {
  return verbs.map((verb) => ({ verb, resource, namespace }))
}

/** The rights to do several things to one object. */
export function rightsToOne(
  resource: Resource,
  namespace: string,
  name: string,
  ...verbs: readonly Right['verb'][]
): Right[] {
  return verbs.map((verb) => ({ verb, resource, namespace, name }))
}

/** The rights out of `needed` that this user does not have. */
export async function findMissingRights(cluster: Cluster, needed: readonly Right[]): Promise<Right[]> {
  const isAllowed = await mapConcurrently(needed, (right) => ask(cluster, right))
  return needed.filter((_, index) => isAllowed[index] === false)
}

/** @throws MirrorwafError `MWAF_KUBE_RIGHTS_MISSING`, which lists all that are missing. */
export async function requireRights(cluster: Cluster, needed: readonly Right[]): Promise<void> {
  const missing = await findMissingRights(cluster, needed)
  if (missing.length === 0) return
  throw new MirrorwafError('MWAF_KUBE_RIGHTS_MISSING', { missing: describeRights(missing) })
}

/** `get, list httproutes.gateway.networking.k8s.io in all namespaces; ...`: verbs of one resource together. */
export function describeRights(rights: readonly Right[]): string {
  const byPlace = Map.groupBy(rights, ({ resource: { plural, group }, namespace, name }) => {
    const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`
    return `${plural}${group === '' ? '' : `.${group}`}${name === undefined ? '' : `/${name}`} ${where}`
  })
  return [...byPlace].map(([place, group]) => `${group.map(({ verb }) => verb).join(', ')} ${place}`).join('; ')
}

async function ask(cluster: Cluster, { verb, resource, namespace, name }: Right): Promise<boolean> {
  const answer = await cluster.review('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        verb,
        group: resource.group,
        version: resource.version,
        resource: resource.plural,
        ...(namespace === undefined ? {} : { namespace }),
        ...(name === undefined ? {} : { name }),
      },
    },
  })
  return valueAt(answer, 'status', 'allowed') === true
}
