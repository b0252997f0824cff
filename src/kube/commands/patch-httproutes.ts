// mirrorwaf kube patch-httproutes: a mirror filter in each rule that lacks one, and the grants that make it work.
import { checkTarget } from '../access/check-target.js'
import { serviceResource, type WriteMode } from '../access/cluster.js'
import { requireShareSupport } from '../access/gateway-api.js'
import { findUnknownGateways, readGatewayNames } from '../access/gateway-names.js'
import { type Right, requireRights, rightsTo, rightsToOne } from '../access/rights.js'
import { type Consent, withConsent } from '../apply/consent.js'
import { patchAll } from '../apply/patch-all.js'
import type { PatchedObject, PatchTask } from '../apply/patch-object.js'
import { removeUnneededGrants, writeMissingGrants } from '../apply/settle-grants.js'
import { applyPatch } from '../json/json-patch.js'
import { isObject, type JsonObject } from '../json/json-value.js'
import { describeTarget } from '../plan/mirror-filter.js'
import { planMirror } from '../plan/plan-mirror.js'
import { isBlocked, type RoutePlan } from '../plan/route-plan.js'
import { entriesNeeded } from '../plan/routes-needing-grants.js'
import { hasUnreached, type KubeReport } from '../report/report.js'
import { type FoundRoute, type KubeSession, namespacesInScope, routeResources, surveyRoutes } from '../session.js'

/**
 * Patches, or with `--dry-run` only has the server check.
 * @param command - name for the report: `diff` is this command as a dry run.
 * @throws MirrorwafError what makes the whole run impossible; a fault of one route is in the report.
 */
export function patchHttpRoutes(session: KubeSession, command: string, mode: WriteMode): Promise<KubeReport> {
  const { options, io, stop } = session
  return withConsent(options, io, stop, mode, (consent) => patchWithConsent(session, command, mode, consent))
}

/** The rights that a run needs in its scope. */
export function rightsToPatchRoutes(session: KubeSession): Right[] {
  const { options, target, api } = session
  const routes = routeResources(session).flatMap(([, resource]) =>
    namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, 'get', 'list', 'patch')),
  )
  const grants =
    api.grants === undefined ? [] : rightsTo(api.grants, target.namespace, 'list', 'create', 'patch', 'delete')
  return [...rightsToOne(serviceResource, target.namespace, target.service, 'get'), ...routes, ...grants]
}

/** The entries that are needed after a run, as far as it came. */
export function entriesLeft(
  { target }: KubeSession,
  found: readonly FoundRoute[],
  patched: readonly PatchedObject[],
): ReturnType<typeof entriesNeeded> {
  const now = new Map(patched.map(({ report, object }) => [report.ref, object]))
  return entriesNeeded(
    found.map(({ ref, route }) => ({ ref, route: now.has(ref) ? now.get(ref) : route })),
    target,
  )
}

async function patchWithConsent(
  session: KubeSession,
  command: string,
  mode: WriteMode,
  consent: Consent,
): Promise<KubeReport> {
  const { cluster, target, stop } = session
  await requireRights(cluster, rightsToPatchRoutes(session))
  const notices = await checkTarget(cluster, target)
  await requireShareSupport(cluster, session.api, target)

  const found = await surveyRoutes(session)
  const gatewayNames = await readGatewayNames(cluster, session.api)
  const tasks = found.filter(({ isSelected }) => isSelected).map((entry) => taskFor(session, entry, gatewayNames))
  const planned = new Map(tasks.map((task) => [task.plan.object, task.plan]))
  const needed = entriesNeeded(
    found.map(({ ref, route }) => ({ ref, route: afterPlan(route, planned.get(route)) })),
    target,
  )
  const grants = await writeMissingGrants(session, { needed, consent, mode })
  const patched = await patchAll(session, tasks, 'patching routes', consent, mode)
  // Who stops a run wants no more writes; the next run removes what is not needed.
  const left = entriesLeft(session, found, patched)
  const removed = stop.isOver ? [] : await removeUnneededGrants(session, { needed: left, consent, mode })
  const objects = [...grants, ...patched.map(({ report }) => report), ...removed]
  if (hasUnreached(objects) && stop.reason !== undefined) notices.push(stop.reason)
  return { command, isDryRun: mode.isDryRun, target: describeTarget(target), objects, notices }
}

function taskFor(
  session: KubeSession,
  found: FoundRoute,
  gatewayNames: ReadonlySet<string> | undefined,
): PatchTask<RoutePlan> {
  const { target, options } = session
  const replan = (route: JsonObject): RoutePlan => {
    const plan = planMirror(found.ref, route, target, options)
    const unknown = findUnknownGateways(route, found.ref.namespace, gatewayNames)
    return unknown.length === 0 ? plan : { ...plan, warnings: [...plan.warnings, ...unknown] }
  }
  return {
    resource: found.resource,
    plan: replan(found.route),
    replan,
    describe: (plan) => ({ rules: plan.rules, detail: plan.skipped }),
    resultOf,
  }
}

function resultOf(plan: RoutePlan): 'written' | 'unchanged' | 'skipped' | 'incomplete' {
  if (isBlocked(plan)) return 'incomplete'
  if (plan.skipped !== undefined) return 'skipped'
  return plan.operations.length > 0 ? 'written' : 'unchanged'
}

function afterPlan(route: JsonObject, plan: RoutePlan | undefined): JsonObject {
  const after = plan === undefined ? route : applyPatch(route, plan.operations)
  return isObject(after) ? after : route
}
