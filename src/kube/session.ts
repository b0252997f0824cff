// One command's view of a cluster: connection, what the cluster serves, target and scope.
import { MirrorwafError } from '../errors.js'
import { checkNamespace } from './access/check-target.js'
import { Cluster, type Resource } from './access/cluster.js'
import { discoverGatewayApi, type GatewayApi } from './access/gateway-api.js'
import { connect } from './access/kubeconfig.js'
import { mapConcurrently } from './access/map-concurrently.js'
import { type JsonObject, stringMapAt } from './json/json-value.js'
import type { KubeIo } from './kube-io.js'
import type { KubeOptions } from './options/kube-options.js'
import { matchesAll, parseSelector } from './plan/label-selector.js'
import type { MirrorTarget } from './plan/mirror-filter.js'
import { shareOfPercent } from './plan/mirror-share.js'
import { findRouteKind, type ObjectRef, type RouteKind, refOf, routeKinds } from './plan/object-ref.js'
import type { GrantEntry } from './plan/plan-grants.js'
import { StopWatch } from './stop-watch.js'

/** Everything that a command needs; closed by `withSession`. */
export interface KubeSession {
  readonly options: KubeOptions
  readonly io: KubeIo
  readonly cluster: Cluster
  readonly api: GatewayApi
  readonly target: MirrorTarget
  readonly stop: StopWatch
}

/** A route as it was listed. */
export interface FoundRoute {
  readonly resource: Resource
  readonly kind: RouteKind
  readonly ref: ObjectRef
  readonly route: JsonObject
  /** Whether the selector takes it. Others are listed too: they may need the grants that are there. */
  readonly isSelected: boolean
}

/** What Datadog's tools assume too. */
export const defaultPort = 8080

/** Connects, runs, and lets the connections go whatever happened. */
export async function withSession<T>(
  options: KubeOptions,
  io: KubeIo,
  run: (session: KubeSession) => Promise<T>,
): Promise<T> {
  const stop = new StopWatch(io.signal, options.timeoutMs)
  const connection = await connect(options, io.env)
  const limitMs =
    options.timeoutMs === 0 ? options.requestTimeoutMs : Math.min(options.requestTimeoutMs, options.timeoutMs)
  const cluster = new Cluster(connection, limitMs)
  try {
    const api = await discoverGatewayApi(cluster, wantedKinds(options))
    await mapConcurrently(options.inNamespaces, (namespace) => checkNamespace(cluster, namespace, '--in-namespaces'))
    return await run({ options, io, cluster, api, target: targetOf(options, connection.namespace), stop })
  } finally {
    cluster.close()
  }
}

/** The target that options mean. */
export function targetOf(options: KubeOptions, defaultNamespace: string): MirrorTarget {
  const { percent, fraction } = options
  if (percent !== null && fraction !== null) {
    const reason = 'the Gateway API takes only one of percent and fraction'
    throw new MirrorwafError('MWAF_COMMAND_ARGUMENT', { argument: '--percent and --fraction', reason })
  }
  return {
    namespace: options.namespace === '' ? defaultNamespace : options.namespace,
    service: options.service,
    port: options.port ?? defaultPort,
    share: percent === null ? (fraction ?? undefined) : shareOfPercent(percent),
  }
}

/** The kinds of route that a command looks at, whether the cluster has them or not. */
export function kindsInScope(options: KubeOptions): readonly RouteKind[] {
  const wanted = wantedKinds(options)
  return wanted.length === 0 ? routeKinds : wanted
}

/** Namespaces to look into; `undefined` alone means all at once. */
export function namespacesInScope({ inNamespaces }: KubeOptions): readonly (string | undefined)[] {
  return inNamespaces.length === 0 ? [undefined] : [...new Set(inNamespaces)]
}

/** Whether a command sees all routes that an entry of a grant stands for. */
export function isEntryInScope(options: KubeOptions, { kind, namespace }: GrantEntry): boolean {
  const { inNamespaces } = options
  return kindsInScope(options).includes(kind) && (inNamespaces.length === 0 || inNamespaces.includes(namespace))
}

/** The resources of the routes that a command looks at. */
export function routeResources({ options, api }: Pick<KubeSession, 'options' | 'api'>): [RouteKind, Resource][] {
  return [...api.routes].filter(([kind]) => kindsInScope(options).includes(kind))
}

/** Lists all routes in scope, by namespace, kind and name. */
export async function surveyRoutes(session: KubeSession): Promise<FoundRoute[]> {
  const { cluster, options } = session
  const places = routeResources(session).flatMap(([kind, resource]) =>
    namespacesInScope(options).map((namespace) => ({ kind, resource, namespace })),
  )
  const isSelected = selectorOf(options)
  const lists = await mapConcurrently(places, async ({ kind, resource, namespace }) => {
    const { items } = await cluster.list(resource, namespace)
    return items.map((route) => ({ resource, kind, ref: refOf(route, kind), route, isSelected: isSelected(route) }))
  })
  return lists.flat().toSorted((a, b) => (sortKey(a.ref) < sortKey(b.ref) ? -1 : 1))
}

/** Whether `--selector` takes an object. */
export function selectorOf({ selector }: KubeOptions): (object: JsonObject) => boolean {
  const requirements = parseSelector(selector) ?? []
  return (object) => matchesAll(stringMapAt(object, 'metadata', 'labels'), requirements)
}

function wantedKinds({ kinds }: KubeOptions): RouteKind[] {
  return kinds.flatMap((kind) => findRouteKind(kind) ?? [])
}

function sortKey({ namespace, kind, name }: ObjectRef): string {
  return `${namespace} ${kind} ${name}`
}
