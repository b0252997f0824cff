// mirrorwaf kube patch-gateways: tells which listeners keep Routes of the mirror's namespace out, and widens them on request.

import { MirrorwafError } from '../../errors.js'
import { checkNamespace } from '../access/check-target.js'
import { namespaceResource, type Resource, type WriteMode } from '../access/cluster.js'
import { mapConcurrently } from '../access/map-concurrently.js'
import { type Right, requireRights, rightsTo } from '../access/rights.js'
import { type Consent, withConsent } from '../apply/consent.js'
import { patchAll } from '../apply/patch-all.js'
import type { PatchTask } from '../apply/patch-object.js'
import { type JsonObject, stringAt, stringMapAt } from '../json/json-value.js'
import { describeTarget } from '../plan/mirror-filter.js'
import { refOf } from '../plan/object-ref.js'
import {
  type GatewayContext,
  type GatewayPlan,
  type ListenerPlan,
  type LocalRoute,
  planGateway,
} from '../plan/plan-gateway.js'
import { hasUnreached, type KubeReport } from '../report/report.js'
import { type KubeSession, namespacesInScope, selectorOf } from '../session.js'

/**
 * Plans all Gateways in scope; writes only with `--widen`.
 * @throws MirrorwafError what makes the whole run impossible; a fault of one Gateway is in the report.
 */
export function patchGateways(session: KubeSession, mode: WriteMode): Promise<KubeReport> {
  const { options, io, stop } = session
  return withConsent(options, io, stop, mode, (consent) => patchWithConsent(session, mode, consent))
}

/** The resource of Gateways. */
export function gatewayResourceOf({ api }: Pick<KubeSession, 'api'>): Resource {
  if (api.gateways !== undefined) return api.gateways
  throw new MirrorwafError('MWAF_KUBE_CRDS_ABSENT', { reason: 'it does not serve Gateway' })
}

/** `listener http widened: it keeps HTTPRoute mirror/status out`, for all that deserve a word. */
export function describeListeners(listeners: readonly ListenerPlan[]): string | undefined {
  const told = listeners.filter(({ action }) => action !== 'admitted' && action !== 'unneeded' && action !== 'skipped')
  const words = told.map(({ name, action, reason }) => {
    const hint = action === 'narrow' ? '; --widen would change it' : ''
    return `listener ${name} ${action}${reason === undefined ? '' : `: ${reason}`}${hint}`
  })
  return words.length === 0 ? undefined : words.join('; ')
}

async function patchWithConsent(session: KubeSession, mode: WriteMode, consent: Consent): Promise<KubeReport> {
  const { cluster, target, options, stop } = session
  const resource = gatewayResourceOf(session)
  await requireRights(cluster, rightsToPatchGateways(session, resource))
  await checkNamespace(cluster, target.namespace, '--namespace')
  const lists = await mapConcurrently(namespacesInScope(options), (namespace) => cluster.list(resource, namespace))
  const isSelected = selectorOf(options)
  const gateways = lists.flatMap(({ items }) => items).filter(isSelected)
  const localRoutes = await listLocalRoutes(session)
  const context: GatewayContext = {
    namespace: target.namespace,
    namespaces: await readNamespaceLabels(session),
    localRoutes,
    widen: options.widen,
    allListeners: options.allListeners,
  }
  const tasks = gateways.map((gateway) => taskFor(resource, gateway, context))
  const patched = await patchAll(session, tasks, 'patching gateways', consent, mode)
  const notices: string[] = []
  if (localRoutes.length === 0 && !(options.widen && options.allListeners)) {
    notices.push(
      `No Route lives in namespace ${target.namespace}, so no Gateway has to admit it: mirroring from other namespaces needs ReferenceGrants, which patch-httproutes writes.`,
    )
  }
  const objects = patched.map(({ report }) => report)
  if (hasUnreached(objects) && stop.reason !== undefined) notices.push(stop.reason)
  return { command: 'patch-gateways', isDryRun: mode.isDryRun, target: describeTarget(target), objects, notices }
}

function rightsToPatchGateways({ options, target, api }: KubeSession, resource: Resource): Right[] {
  const verbs = options.widen ? (['get', 'list', 'patch'] as const) : (['list'] as const)
  return [
    ...namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, ...verbs)),
    ...[...api.routes.values()].flatMap((routes) => rightsTo(routes, target.namespace, 'list')),
    ...rightsTo(namespaceResource, undefined, 'list'),
  ]
}

async function listLocalRoutes({ cluster, api, target }: KubeSession): Promise<LocalRoute[]> {
  const lists = await mapConcurrently([...api.routes], async ([kind, resource]) => {
    const { items } = await cluster.list(resource, target.namespace)
    return items.map((route) => ({ kind, ref: refOf(route, kind), route }))
  })
  return lists.flat()
}

async function readNamespaceLabels({ cluster }: KubeSession): Promise<GatewayContext['namespaces']> {
  const { items } = await cluster.list(namespaceResource, undefined)
  return new Map(
    items.map((item) => [stringAt(item, 'metadata', 'name') ?? '', stringMapAt(item, 'metadata', 'labels')]),
  )
}

function taskFor(resource: Resource, gateway: JsonObject, context: GatewayContext): PatchTask<GatewayPlan> {
  const ref = refOf(gateway, 'Gateway')
  const replan = (current: JsonObject): GatewayPlan => planGateway(ref, current, context)
  return {
    resource,
    plan: replan(gateway),
    replan,
    describe: ({ listeners, skipped }) => ({ detail: skipped ?? describeListeners(listeners) }),
    resultOf: ({ listeners, skipped, operations }) => {
      const isShort = listeners.some(({ action }) => action === 'refused' || action === 'narrow')
      if (isShort) return context.widen ? 'incomplete' : 'drift'
      if (skipped !== undefined) return 'skipped'
      return operations.length > 0 ? 'written' : 'unchanged'
    },
  }
}
