// Lets one of several instances work: the one that holds a Lease and renews it. The times of other machines are never
// compared with ours; what counts is how long the Lease has not changed before our eyes.
import { MirrorwafError, reasonOf } from '../../errors.js'
import type { Cluster, Resource, WriteOutcome } from '../access/cluster.js'
import { canonicalJson, type JsonObject, numberAt, objectAt, stringAt } from '../json/json-value.js'
import { sleepUntil } from './reflector.js'
import type { WatchLog } from './watch-log.js'
import type { WatchTiming } from './watch-timing.js'

export const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
}

/** Which Lease, and under which name. */
export interface LeaseSettings {
  readonly namespace: string
  readonly name: string
  /** Must differ between instances. */
  readonly identity: string
}

/** One instance's part in an election. */
export class LeaderElection {
  readonly #cluster: Cluster
  readonly #settings: LeaseSettings
  readonly #timing: WatchTiming
  readonly #log: WatchLog
  #seen: { readonly spec: string; readonly atMs: number } | undefined
  #holder = ''

  constructor(cluster: Cluster, settings: LeaseSettings, timing: WatchTiming, log: WatchLog) {
    this.#cluster = cluster
    this.#settings = settings
    this.#timing = timing
    this.#log = log
  }

  /**
   * Waits until this instance leads, runs `lead`, and gives the Lease back afterwards.
   * @param lead - its signal is aborted when the run shall end or the Lease is lost.
   * @throws MirrorwafError `MWAF_KUBE_LEASE_LOST`; and whatever `lead` throws.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!(await this.#acquire(signal))) return
    const term = new AbortController()
    const ends = AbortSignal.any([signal, term.signal])
    const leading = Promise.allSettled([lead(ends)]).finally(() => term.abort())
    const isLost = await this.#keep(ends)
    term.abort()
    const [outcome] = await leading
    if (outcome.status === 'rejected') throw outcome.reason
    if (isLost) {
      const details = { lease: `${this.#settings.namespace}/${this.#settings.name}`, holder: this.#holder || 'nobody' }
      throw new MirrorwafError('MWAF_KUBE_LEASE_LOST', details)
    }
    await this.#release()
  }

  /** @returns false when the signal came first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if ((await this.#tryHold()) === 'ours') return true
      await sleepUntil(this.#timing.leaseRetryMs, signal)
    }
    return false
  }

  /** Renews until the signal; @returns true when somebody else has the Lease, or it could not be renewed in time. */
  async #keep(signal: AbortSignal): Promise<boolean> {
    let renewedMs = performance.now()
    while (!signal.aborted) {
      await sleepUntil(this.#timing.leaseRetryMs, signal)
      if (signal.aborted) return false
      const hold = await this.#tryHold()
      if (hold === 'theirs') return true
      if (hold === 'ours') renewedMs = performance.now()
      else if (performance.now() - renewedMs >= this.#timing.leaseGiveUpMs) return true
    }
    return false
  }

  /** Takes or renews the Lease if it is free, ours or run out. */
  async #tryHold(): Promise<Hold> {
    try {
      const { namespace, name } = this.#settings
      const lease = await this.#cluster.get(leaseResource, namespace, name)
      if (lease === undefined) return holdOf(await this.#cluster.create(leaseResource, this.#manifest(undefined), live))
      const spec = canonicalJson(objectAt(lease, 'spec'))
      if (this.#seen?.spec !== spec) this.#seen = { spec, atMs: performance.now() }
      this.#holder = stringAt(lease, 'spec', 'holderIdentity') ?? ''
      const durationMs = (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? 0) * 1000
      const isOver = performance.now() - this.#seen.atMs >= durationMs
      if (this.#holder !== '' && this.#holder !== this.#settings.identity && !isOver) return 'theirs'
      return holdOf(await this.#cluster.replace(leaseResource, this.#manifest(lease), live))
    } catch (error) {
      this.#log.warn('the Lease could not be read or written', { reason: reasonOf(error) })
      return 'unknown'
    }
  }

  /** So that the next instance need not wait until it runs out. */
  async #release(): Promise<void> {
    try {
      const { namespace, name, identity } = this.#settings
      const lease = await this.#cluster.get(leaseResource, namespace, name)
      if (lease === undefined || stringAt(lease, 'spec', 'holderIdentity') !== identity) return
      const spec = { ...objectAt(lease, 'spec'), holderIdentity: '', leaseDurationSeconds: 1 }
      await this.#cluster.replace(leaseResource, { ...lease, spec }, live)
    } catch (error) {
      this.#log.warn('the Lease could not be given back; it runs out by itself', { reason: reasonOf(error) })
    }
  }

  #manifest(lease: JsonObject | undefined): JsonObject {
    const { namespace, name, identity } = this.#settings
    const now = microTime(new Date())
    const before = objectAt(lease, 'spec') ?? {}
    const isOurs = stringAt(before, 'holderIdentity') === identity
    const transitions = numberAt(before, 'leaseTransitions') ?? 0
    return {
      ...(lease ?? { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } }),
      spec: {
        ...before,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timing.leaseDurationMs / 1000),
        acquireTime: isOurs ? (stringAt(before, 'acquireTime') ?? now) : now,
        renewTime: now,
        leaseTransitions: isOurs || lease === undefined ? transitions : transitions + 1,
      },
    }
  }
}

const live = { isDryRun: false }

/** Kubernetes' MicroTime wants exactly six digits. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}

/** Whose the Lease is after an attempt; `unknown`: a fault, or somebody wrote at the same moment. */
type Hold = 'ours' | 'theirs' | 'unknown'

function holdOf(outcome: WriteOutcome): Hold {
  if (outcome.kind === 'refused') throw outcome.error
  return outcome.kind === 'written' ? 'ours' : 'unknown'
}
