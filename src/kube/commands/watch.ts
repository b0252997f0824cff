// mirrorwaf kube watch: keeps routes mirrored for as long as it runs. One of several instances works, by Lease.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { checkTarget } from '../access/check-target.js'
import { Cluster, serviceResource } from '../access/cluster.js'
import { requireShareSupport } from '../access/gateway-api.js'
import { type Right, requireRights, rightsTo, rightsToOne } from '../access/rights.js'
import { KubeExit, type KubeExitCode, type KubeIo } from '../kube-io.js'
import type { KubeOptions } from '../options/kube-options.js'
import { describeTarget } from '../plan/mirror-filter.js'
import { refOf } from '../plan/object-ref.js'
import { type KubeSession, namespacesInScope, routeResources, withSession } from '../session.js'
import { startHealthServer } from '../watch/health-server.js'
import type { KeeperTools } from '../watch/keeper-tools.js'
import { LeaderElection, leaseResource } from '../watch/leader-election.js'
import { reflect } from '../watch/reflector.js'
import { RouteKeeper } from '../watch/route-keeper.js'
import { createWatchLog } from '../watch/watch-log.js'
import { WatchMetrics } from '../watch/watch-metrics.js'
import { defaultWatchTiming, type WatchTiming } from '../watch/watch-timing.js'

/**
 * Runs until `io.signal`; filters stay where they are then.
 * @throws MirrorwafError what `patch-httproutes` would, `MWAF_LISTENER_ADDRESS`, `MWAF_KUBE_LEASE_LOST`.
 */
export function watch(
  options: KubeOptions,
  io: KubeIo,
  timing: WatchTiming = defaultWatchTiming,
): Promise<KubeExitCode> {
  return withSession(options, io, async (session) => {
    const tools = { metrics: new WatchMetrics(), log: createWatchLog(io.stderr), timing }
    await requireRights(session.cluster, rightsToWatch(session))
    for (const warning of await checkTarget(session.cluster, session.target)) tools.log.warn(warning)
    await requireShareSupport(session.cluster, session.api, session.target)

    let notReady: string | undefined
    const health = await startHealthServer(options.healthListen, {
      notReady: () => notReady,
      renderMetrics: () => tools.metrics.render(),
    })
    const lead = async (signal: AbortSignal): Promise<void> => {
      notReady = 'the first lists are not complete'
      tools.metrics.isLeader = true
      tools.log.info('leading', { mirror: describeTarget(session.target), health: health.address })
      try {
        await keepRoutes(session, tools, signal, () => {
          notReady = undefined
          tools.log.info('in step with the cluster')
        })
      } finally {
        tools.metrics.isLeader = false
      }
    }
    try {
      // With --report-only nothing is written, the Lease included, and any number of instances may report.
      if (options.reportOnly) await lead(io.signal)
      else await electAndLead(session, tools, lead)
      tools.log.info('stopped; filters stay, `mirrorwaf kube undo` takes them back')
      return KubeExit.done
    } finally {
      await health.close()
    }
  })
}

/** The rights that a watch needs in its scope. */
export function rightsToWatch(session: KubeSession): Right[] {
  const { options, target, api } = session
  const writes = options.reportOnly ? [] : (['patch'] as const)
  const routes = routeResources(session).flatMap(([, resource]) =>
    namespacesInScope(options).flatMap((namespace) => rightsTo(resource, namespace, 'list', 'watch', ...writes)),
  )
  const grantWrites = options.reportOnly ? [] : (['create', 'patch', 'delete'] as const)
  const grants = api.grants === undefined ? [] : rightsTo(api.grants, target.namespace, 'list', 'watch', ...grantWrites)
  const leases = [
    ...rightsToOne(leaseResource, leaseNamespace(session), options.lease, 'get', 'update'),
    ...rightsTo(leaseResource, leaseNamespace(session), 'create'),
  ]
  return [
    ...rightsToOne(serviceResource, target.namespace, target.service, 'get'),
    ...routes,
    ...grants,
    ...(options.reportOnly ? [] : leases),
  ]
}

async function electAndLead(
  session: KubeSession,
  tools: KeeperTools,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { options, io, cluster } = session
  const identity = options.identity === '' ? `${hostname()}-${randomBytes(4).toString('hex')}` : options.identity
  const settings = { namespace: leaseNamespace(session), name: options.lease, identity }
  // Of its own, with little patience: a request that hangs must not make a holder believe that it still holds.
  const leases = new Cluster(cluster.connection, Math.min(options.requestTimeoutMs, tools.timing.leaseGiveUpMs / 2))
  try {
    tools.log.info('waiting for the Lease', { lease: `${settings.namespace}/${settings.name}`, identity })
    await new LeaderElection(leases, settings, tools.timing, tools.log).run(io.signal, lead)
  } finally {
    leases.close()
  }
}

/** Follows routes and grants, and works on them once all are known. */
async function keepRoutes(
  session: KubeSession,
  tools: KeeperTools,
  signal: AbortSignal,
  onSynced: () => void,
): Promise<void> {
  const { cluster, api, options, target } = session
  const keeper = new RouteKeeper(session, tools)
  const places = routeResources(session).flatMap(([kind, resource]) =>
    namespacesInScope(options).map((namespace) => ({ kind, resource, namespace })),
  )
  const unsynced = new Set<object>(api.grants === undefined ? places : [...places, api.grants])
  const synced = (place: object) => (): void => {
    if (!unsynced.delete(place) || unsynced.size > 0) return
    keeper.open()
    onSynced()
  }
  const followed = places.map((place) => {
    const { kind, resource, namespace } = place
    const sink = keeper.routeSink((route) => ({ kind, resource, ref: refOf(route, kind), route }), synced(place))
    return reflect({ cluster, resource, namespace }, sink, tools.timing, signal)
  })
  if (api.grants !== undefined) {
    const reflected = { cluster, resource: api.grants, namespace: target.namespace }
    followed.push(reflect(reflected, keeper.grantSink(synced(api.grants)), tools.timing, signal))
  }
  const resync = setInterval(() => keeper.resync(), options.resyncMs)
  try {
    await Promise.all(followed)
  } finally {
    clearInterval(resync)
    await keeper.close()
  }
}

function leaseNamespace({ options, target }: KubeSession): string {
  return options.leaseNamespace === '' ? target.namespace : options.leaseNamespace
}
