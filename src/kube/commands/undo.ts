// mirrorwaf kube undo: takes back exactly what was added, and nothing of others.
import type { Resource, WriteMode } from '../access/cluster.js'
import { mapConcurrently } from '../access/map-concurrently.js'
import { describeRights, findMissingRights, type Right, requireRights, rightsTo } from '../access/rights.js'
import { type Consent, withConsent } from '../apply/consent.js'
import { patchAll } from '../apply/patch-all.js'
import type { PatchTask } from '../apply/patch-object.js'
import { removeUnneededGrants } from '../apply/settle-grants.js'
import type { JsonObject } from '../json/json-value.js'
import { describeTarget, targetKey } from '../plan/mirror-filter.js'
import { refOf } from '../plan/object-ref.js'
import { type GatewayPlan, planGatewayUndo } from '../plan/plan-gateway.js'
import { planUndo } from '../plan/plan-undo.js'
import type { RoutePlan } from '../plan/route-plan.js'
import { readRecords } from '../plan/route-record.js'
import type { KubeReport, ObjectReport } from '../report/report.js'
import { type FoundRoute, type KubeSession, namespacesInScope, routeResources, surveyRoutes } from '../session.js'
import { describeListeners } from './patch-gateways.js'
import { entriesLeft } from './patch-httproutes.js'

/**
 * Undoes what `patch-httproutes` and `patch-gateways` did for one Service and its namespace. Doing it twice is harmless.
 * @throws MirrorwafError what makes the whole run impossible; a fault of one object is in the report.
 */
export function undo(session: KubeSession, mode: WriteMode): Promise<KubeReport> {
  const { options, io, stop } = session
  return withConsent(options, io, stop, mode, (consent) => undoWithConsent(session, mode, consent))
}

async function undoWithConsent(session: KubeSession, mode: WriteMode, consent: Consent): Promise<KubeReport> {
  const { cluster, target, stop } = session
  await requireRights(cluster, rightsToUndo(session))
  const found = await surveyRoutes(session)
  const tasks = found.filter(({ isSelected }) => isSelected).map((entry) => taskFor(session, entry))
  // Routes first: a filter without its grant is an error at the gateway, a grant without filters is nothing.
  const patched = await patchAll(session, tasks, 'undoing routes', consent, mode)
  const needed = entriesLeft(session, found, patched)
  const grants = stop.isOver ? [] : await removeUnneededGrants(session, { needed, consent, mode })
  const gateways = await undoGateways(session, mode, consent)
  const objects = [...patched.map(({ report }) => report), ...grants, ...gateways.objects]
  const notices = [...gateways.notices]
  if (objects.every(({ result }) => result === 'unchanged')) notices.push(...findOtherTargets(session, found))
  if (stop.reason !== undefined) notices.push(`${stop.reason}; run undo again for what is left`)
  return { command: 'undo', isDryRun: mode.isDryRun, target: describeTarget(target), objects, notices }
}

/** Gives listeners back what they were before; a user who may not see Gateways has widened none. */
async function undoGateways(
  session: KubeSession,
  mode: WriteMode,
  consent: Consent,
): Promise<{ objects: ObjectReport[]; notices: string[] }> {
  const { cluster, target, options, api } = session
  const resource = api.gateways
  if (resource === undefined) return { objects: [], notices: [] }
  const listing = namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, 'list'))
  const missing = await findMissingRights(cluster, listing)
  if (missing.length > 0)
    return { objects: [], notices: [`Gateways were not looked at: no right to ${describeRights(missing)}.`] }
  const lists = await mapConcurrently(namespacesInScope(options), (namespace) => cluster.list(resource, namespace))
  const tasks = lists.flatMap(({ items }) => items.map((gateway) => gatewayTask(resource, gateway, target.namespace)))
  const open = tasks.filter(({ plan }) => plan.operations.length > 0 || plan.skipped !== undefined)
  const patched = await patchAll(session, open, 'undoing gateways', consent, mode)
  return { objects: patched.map(({ report }) => report), notices: [] }
}

function gatewayTask(resource: Resource, gateway: JsonObject, namespace: string): PatchTask<GatewayPlan> {
  const ref = refOf(gateway, 'Gateway')
  const replan = (current: JsonObject): GatewayPlan => planGatewayUndo(ref, current, namespace)
  return {
    resource,
    plan: replan(gateway),
    replan,
    describe: ({ listeners, skipped }) => ({ detail: skipped ?? describeListeners(listeners) }),
    resultOf: ({ operations, skipped }) => {
      if (skipped !== undefined) return 'skipped'
      return operations.length > 0 ? 'written' : 'unchanged'
    },
  }
}

function rightsToUndo(session: KubeSession): Right[] {
  const { options, target, api } = session
  const routes = routeResources(session).flatMap(([, resource]) =>
    namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, 'get', 'list', 'patch')),
  )
  if (api.grants === undefined) return routes
  return [...routes, ...rightsTo(api.grants, target.namespace, 'list', 'patch', 'delete')]
}

function taskFor({ target, options }: KubeSession, { ref, route, resource }: FoundRoute): PatchTask<RoutePlan> {
  const replan = (current: JsonObject): RoutePlan => planUndo(ref, current, { target, adopt: options.adopt })
  return {
    resource,
    plan: replan(route),
    replan,
    describe: ({ rules, skipped }) => ({ rules, detail: skipped }),
    resultOf: ({ operations, skipped }) => {
      if (skipped !== undefined) return 'skipped'
      return operations.length > 0 ? 'written' : 'unchanged'
    },
  }
}

/** When nothing was found for this Service, the operator may have meant another. */
function findOtherTargets({ target }: KubeSession, found: readonly FoundRoute[]): string[] {
  const others = new Set(found.flatMap(({ route }) => [...readRecords(route).byTarget.keys()]))
  others.delete(targetKey(target))
  return [...others].map((key) => {
    const [namespace, service] = key.split('/')
    return `There are routes that mirror to ${key}; undo those with --namespace ${namespace} --service ${service}.`
  })
}
