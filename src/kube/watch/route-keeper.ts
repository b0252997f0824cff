// Keeps every route of a scope as it should be: filters in new routes and rules, filters out of routes that were labelled
// off, grants for both. Decides by the same plans as the commands; writes only while it leads.
import { reasonOf } from '../../errors.js'
import type { WriteOutcome } from '../access/cluster.js'
import { applyPatch } from '../json/json-patch.js'
import { arrayAt, isObject, type JsonObject, objectsAt, stringAt } from '../json/json-value.js'
import { fieldManager } from '../names.js'
import { targetKey } from '../plan/mirror-filter.js'
import { describeRef, isOptedOut } from '../plan/object-ref.js'
import { planMirror } from '../plan/plan-mirror.js'
import { planUndo } from '../plan/plan-undo.js'
import { isBlocked, type RoutePlan } from '../plan/route-plan.js'
import { readRecords, recordRule } from '../plan/route-record.js'
import type { MirroringRoute } from '../plan/routes-needing-grants.js'
import { type FoundRoute, type KubeSession, selectorOf } from '../session.js'
import { FightLedger } from './fight-ledger.js'
import { GrantKeeper } from './grant-keeper.js'
import type { KeeperTools } from './keeper-tools.js'
import type { ReflectorSink } from './reflector.js'
import type { RouteState } from './watch-metrics.js'
import { backOffMs } from './watch-timing.js'
import { WorkQueue } from './work-queue.js'

/** Patches at once: the watch is in no hurry, and others use the API server too. */
const routesAtOnce = 4
/** The queue's key for "look at the grants"; no route key is without a space. */
const grantsKey = 'grants'

/** Holds the present state of all routes and grants in scope, and works on what deviates. */
export class RouteKeeper {
  readonly #session: KubeSession
  readonly #tools: KeeperTools
  readonly #routes = new Map<string, FoundRoute>()
  readonly #grants: GrantKeeper
  readonly #failures = new Map<string, number>()
  readonly #ledger: FightLedger
  readonly #queue: WorkQueue
  readonly #isSelected: (route: JsonObject) => boolean

  constructor(session: KubeSession, tools: KeeperTools) {
    this.#session = session
    this.#tools = tools
    this.#ledger = new FightLedger(tools.timing, () => performance.now())
    this.#queue = new WorkQueue((key) => this.#work(key), routesAtOnce)
    this.#isSelected = selectorOf(session.options)
    // Needed is what routes have and what they are about to get: nothing that still mirrors loses its grant.
    this.#grants = new GrantKeeper(session, tools, () => this.#allRoutes())
  }

  /** Where changes of routes go; one for each resource and namespace that is followed. */
  routeSink(describe: (route: JsonObject) => Omit<FoundRoute, 'isSelected'>, onSynced: () => void): ReflectorSink {
    const own = new Set<string>()
    const put = (route: JsonObject): void => {
      const found = { ...describe(route), isSelected: this.#isSelected(route) }
      const key = describeRef(found.ref)
      own.add(key)
      this.#routes.set(key, found)
      this.#queue.add(key)
    }
    const drop = (key: string): void => {
      own.delete(key)
      this.#routes.delete(key)
      this.#queue.add(key)
    }
    return {
      replace: (routes) => {
        this.#tools.metrics.count('relists')
        const present = new Set(routes.map((route) => describeRef(describe(route).ref)))
        for (const key of own) if (!present.has(key)) drop(key)
        for (const route of routes) put(route)
        onSynced()
      },
      put,
      remove: (route) => drop(describeRef(describe(route).ref)),
      failed: (reason) => this.#watchFailed(reason),
    }
  }

  /** Where changes of the ReferenceGrants in the mirror's namespace go. */
  grantSink(onSynced: () => void): ReflectorSink {
    return this.#grants.sink({
      onSynced,
      onChange: () => this.#lookAtGrantsSoon(),
      onFailure: (reason) => this.#watchFailed(reason),
    })
  }

  /** Begins to write; before that, routes and grants must be known completely. */
  open(): void {
    this.#queue.open()
  }

  /** Looks at everything again. */
  resync(): void {
    for (const key of this.#routes.keys()) this.#queue.add(key)
    this.#lookAtGrantsSoon()
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#queue.close()
    await this.#grants.close()
  }

  #lookAtGrantsSoon(): void {
    this.#queue.addAfter(grantsKey, this.#tools.timing.grantDelayMs)
  }

  #watchFailed(reason: string): void {
    this.#tools.metrics.count('watch_errors')
    this.#tools.log.warn('a watch failed and is tried again', { reason })
  }

  /** Never rejects: a fault is counted, logged and tried again, later each time. */
  async #work(key: string): Promise<void> {
    const { metrics, log, timing } = this.#tools
    try {
      if (key === grantsKey) await this.#grants.settle()
      else await this.#keep(key)
      this.#failures.delete(key)
    } catch (error) {
      const times = (this.#failures.get(key) ?? 0) + 1
      this.#failures.set(key, times)
      metrics.count('failures')
      if (key !== grantsKey) metrics.setState(key, 'failed')
      const nextMs = backOffMs(times, timing.firstRetryMs, timing.longestRetryMs)
      log.error('could not be brought in order', { object: key, reason: reasonOf(error), nextMs })
      this.#queue.addAfter(key, nextMs)
    }
  }

  async #keep(key: string): Promise<void> {
    const { metrics, log } = this.#tools
    const found = this.#routes.get(key)
    this.#lookAtGrantsSoon()
    if (found === undefined) {
      metrics.forget(key)
      this.#ledger.forget(key)
      this.#failures.delete(key)
      return
    }
    const plan = this.#plan(found)
    metrics.setState(key, stateOf(plan, this.#isWanted(found)))
    if (plan.operations.length === 0) return
    if (this.#session.options.reportOnly) {
      log.warn('is not as it should be; --report-only leaves it so', { object: key, rules: describeRules(plan) })
      return
    }
    const rules = digestsOfAdded(plan)
    const delayMs = this.#ledger.delayMs(key, rules)
    if (delayMs > 0) {
      const fights = this.#ledger.fightsOver(key) + 1
      metrics.setState(key, 'fought')
      log.warn('others removed the filter; it is put back later', {
        object: key,
        fights,
        delayMs,
        by: lastWriter(found.route),
      })
      this.#queue.addAfter(key, delayMs)
      return
    }
    // A filter without its grant is an error at the gateway, so the grant comes first.
    await this.#grants.ensure(afterPlan(found, plan))
    await this.#patch(key, found, plan, rules)
  }

  async #patch(key: string, found: FoundRoute, plan: RoutePlan, rules: readonly string[]): Promise<void> {
    const { metrics, log, timing } = this.#tools
    const outcome: WriteOutcome = await this.#session.cluster.patch(found.resource, found.route, plan.operations, live)
    switch (outcome.kind) {
      case 'written': {
        metrics.count('patches')
        if (!this.#isWanted(found)) this.#ledger.forget(key)
        else if (this.#ledger.patched(key, rules) > 0) metrics.count('fights')
        // The watch may have brought something newer already; then that is what is worked on next.
        if (this.#routes.get(key) === found) this.#routes.set(key, { ...found, route: outcome.object })
        metrics.setState(key, stateOf(this.#plan({ ...found, route: outcome.object }), this.#isWanted(found)))
        log.info('patched', { object: key, rules: describeRules(plan) })
        return
      }
      case 'conflict':
        metrics.count('conflicts')
        // What was written in between is on its way through the watch.
        this.#queue.addAfter(key, timing.firstRetryMs)
        return
      case 'gone':
        return
      case 'refused':
        throw outcome.error
      default:
        return assertNever(outcome)
    }
  }

  /** The plan for a route: a filter in each rule where one is wanted, else none of ours. */
  #plan(found: FoundRoute): RoutePlan {
    const { target, options } = this.#session
    if (this.#isWanted(found)) return planMirror(found.ref, found.route, target, options)
    const isRecorded = readRecords(found.route).byTarget.has(targetKey(target))
    const plan = planUndo(found.ref, found.route, { target, adopt: false })
    return isRecorded ? plan : { ...plan, operations: [] }
  }

  #isWanted({ route, isSelected }: FoundRoute): boolean {
    return isSelected && !isOptedOut(route)
  }

  /** Every route as it stands, and as it will stand when its plan is carried out. */
  #allRoutes(): MirroringRoute[] {
    return [...this.#routes.values()].flatMap((found) => [found, afterPlan(found, this.#plan(found))])
  }
}

const live = { isDryRun: false }

function afterPlan({ ref, route }: FoundRoute, plan: RoutePlan): MirroringRoute {
  const after = applyPatch(route, plan.operations)
  return { ref, route: isObject(after) ? after : undefined }
}

function stateOf(plan: RoutePlan, isWanted: boolean): RouteState {
  if (!isWanted || plan.skipped !== undefined) return 'left-alone'
  if (plan.operations.length > 0) return 'pending'
  return isBlocked(plan) ? 'blocked' : 'mirrored'
}

function digestsOfAdded({ object, rules }: RoutePlan): string[] {
  const all = arrayAt(object, 'spec', 'rules')
  return rules
    .filter(({ action }) => action === 'added')
    .map(({ index }) => recordRule(all[index] ?? null, index, { madeList: false, was: undefined }).matches)
}

function describeRules({ rules }: RoutePlan): string {
  return rules.map(({ index, action }) => `${index} ${action}`).join(', ')
}

/** Who wrote last, going by the managed fields: most likely the one that removed the filter. */
function lastWriter(route: JsonObject): string | undefined {
  const entries = objectsAt(route, 'metadata', 'managedFields').filter(
    (entry) => stringAt(entry, 'manager') !== fieldManager && stringAt(entry, 'subresource') === undefined,
  )
  const newest = entries.toSorted((a, b) => ((stringAt(a, 'time') ?? '') < (stringAt(b, 'time') ?? '') ? 1 : -1))[0]
  return stringAt(newest, 'manager')
}

function assertNever(outcome: never): never {
  throw new RangeError(`no such outcome: ${JSON.stringify(outcome)}`)
}
