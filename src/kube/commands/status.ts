// mirrorwaf kube status: what is mirrored, to where, and what is not as it should be. Writes nothing.
import { MirrorwafError } from '../../errors.js'
import { checkTarget } from '../access/check-target.js'
import { type Cluster, serviceResource } from '../access/cluster.js'
import { requireRights, rightsTo, rightsToOne } from '../access/rights.js'
import { describeTarget, targetKey } from '../plan/mirror-filter.js'
import { entryKey, type GrantEntry, isOurs, planGrants, readEntries } from '../plan/plan-grants.js'
import { readRecords } from '../plan/route-record.js'
import { judgeRoute, type RouteStatus } from '../plan/route-status.js'
import { entriesNeeded } from '../plan/routes-needing-grants.js'
import {
  defaultPort,
  type FoundRoute,
  isEntryInScope,
  type KubeSession,
  namespacesInScope,
  routeResources,
  surveyRoutes,
} from '../session.js'

/** The state of everything in scope. */
export interface StatusReport {
  readonly command: 'status'
  readonly target: string
  readonly routes: readonly RouteStatus[]
  /** What is wrong and belongs to no single route. */
  readonly drift: readonly string[]
  readonly notices: readonly string[]
}

/** @throws MirrorwafError when the state cannot be read. */
export async function readStatus(session: KubeSession): Promise<StatusReport> {
  const { cluster, target, options, api } = session
  const routeRights = routeResources(session).flatMap(([, resource]) =>
    namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, 'list')),
  )
  const grantRights = api.grants === undefined ? [] : rightsTo(api.grants, target.namespace, 'list')
  await requireRights(cluster, [
    ...rightsToOne(serviceResource, target.namespace, target.service, 'get'),
    ...routeRights,
    ...grantRights,
  ])

  const found = await surveyRoutes(session)
  const grants = api.grants === undefined ? [] : (await cluster.list(api.grants, target.namespace)).items
  const service = await judgeTarget(session)
  const context = {
    target,
    port: options.port ?? undefined,
    defaultPort,
    share: target.share,
    choices: { includeRedirects: options.includeRedirects, adopt: false },
    granted: new Set(grants.flatMap((grant) => readEntries(grant, target.service)).map(entryKey)),
    brokenTarget: service.fault,
    goneTargets: await findGoneTargets(cluster, found),
  }
  const plan = planGrants({
    target,
    existing: grants,
    needed: entriesNeeded(found, target),
    isInScope: (entry) => isEntryInScope(options, entry),
  })
  const isEmptied = grants.some(
    (grant) => isOurs(grant, target.service) && readEntries(grant, target.service).length === 0,
  )
  return {
    command: 'status',
    target: describeTarget(target),
    routes: found.filter(({ isSelected }) => isSelected).map(({ ref, route }) => judgeRoute(ref, route, context)),
    drift: [
      ...(service.fault === undefined ? [] : [service.fault]),
      ...plan.unneeded.map((entry) => `a ReferenceGrant allows ${describeEntry(entry)}, which no route needs`),
      ...(isEmptied ? ['a ReferenceGrant of mirrorwaf does not reach the Service any more'] : []),
    ],
    notices: service.warnings,
  }
}

/** Whether a state is as it should be. */
export function isDrifting(status: StatusReport): boolean {
  return status.drift.length > 0 || status.routes.some(({ drift }) => drift.length > 0)
}

async function judgeTarget(session: KubeSession): Promise<{ fault: string | undefined; warnings: string[] }> {
  try {
    return { fault: undefined, warnings: await checkTarget(session.cluster, session.target) }
  } catch (error) {
    if (error instanceof MirrorwafError && targetFaults.has(error.code)) return { fault: error.message, warnings: [] }
    throw error
  }
}

const targetFaults: ReadonlySet<string> = new Set([
  'MWAF_KUBE_NAMESPACE_ABSENT',
  'MWAF_KUBE_SERVICE_ABSENT',
  'MWAF_KUBE_PORT_ABSENT',
])

/** Services named in records that are not there. One that this user may not read counts as there. */
async function findGoneTargets(cluster: Cluster, found: readonly FoundRoute[]): Promise<Set<string>> {
  const keys = new Set(found.flatMap(({ route }) => [...readRecords(route).byTarget.keys()]))
  const gone = new Set<string>()
  for (const key of keys) {
    const [namespace = '', service = ''] = key.split('/')
    if (key !== targetKey({ namespace, service })) continue
    try {
      if ((await cluster.get(serviceResource, namespace, service)) === undefined) gone.add(key)
    } catch (error) {
      if (!(error instanceof MirrorwafError && error.code === 'MWAF_KUBE_REFUSED')) throw error
    }
  }
  return gone
}

function describeEntry({ kind, namespace }: GrantEntry): string {
  return `${kind}s of ${namespace}`
}
