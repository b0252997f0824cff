// Keeps the ReferenceGrants of a mirror in step with the routes that the watch knows.
import type { Consent } from '../apply/consent.js'
import { removeUnneededGrants, writeMissingGrants } from '../apply/settle-grants.js'
import { type JsonObject, stringAt } from '../json/json-value.js'
import { describeRef } from '../plan/object-ref.js'
import { entryKey, type GrantEntry, type GrantPlan, planGrants } from '../plan/plan-grants.js'
import { entriesNeeded, type MirroringRoute } from '../plan/routes-needing-grants.js'
import { isEntryInScope, type KubeSession } from '../session.js'
import type { KeeperTools } from './keeper-tools.js'
import type { ReflectorSink } from './reflector.js'

/** Who is told of changes. */
export interface GrantListeners {
  onSynced(): void
  onChange(): void
  onFailure(reason: string): void
}

/** Holds the present grants of the mirror's namespace. */
export class GrantKeeper {
  readonly #session: KubeSession
  readonly #tools: KeeperTools
  readonly #routes: () => readonly MirroringRoute[]
  #grants = new Map<string, JsonObject>()
  #settlement: Promise<void> = Promise.resolve()

  /** @param routes - all routes that need grants, now or soon. */
  constructor(session: KubeSession, tools: KeeperTools, routes: () => readonly MirroringRoute[]) {
    this.#session = session
    this.#tools = tools
    this.#routes = routes
  }

  /** Where changes of the grants go. */
  sink({ onSynced, onChange, onFailure }: GrantListeners): ReflectorSink {
    const nameOf = (grant: JsonObject): string => stringAt(grant, 'metadata', 'name') ?? ''
    return {
      replace: (grants) => {
        this.#tools.metrics.count('relists')
        this.#grants = new Map(grants.map((grant) => [nameOf(grant), grant]))
        onChange()
        onSynced()
      },
      put: (grant) => {
        this.#grants.set(nameOf(grant), grant)
        onChange()
      },
      remove: (grant) => {
        this.#grants.delete(nameOf(grant))
        onChange()
      },
      failed: onFailure,
    }
  }

  /** Makes sure that a route may mirror before it does. */
  async ensure(route: MirroringRoute): Promise<void> {
    const needed = entriesNeeded([route], this.#session.target)
    if (this.#plan(needed, () => false).missing.length > 0) await this.settle()
  }

  /** Writes and removes what deviates. One at a time, whoever asks: two of them would write the same grants. */
  settle(): Promise<void> {
    const run = this.#settlement.then(() => this.#settleNow())
    this.#settlement = run.catch(() => {
      // Whoever asked has the failure; the next one starts afresh.
    })
    return run
  }

  /** Resolves when nothing is under way any more. */
  close(): Promise<void> {
    return this.#settlement
  }

  async #settleNow(): Promise<void> {
    const { target, options } = this.#session
    const { metrics, log } = this.#tools
    const needed = entriesNeeded(this.#routes(), target)
    const { writes, removals, missing } = this.#plan(needed, (entry) => isEntryInScope(options, entry))
    if (writes.length === 0 && removals.length === 0) return
    if (options.reportOnly) {
      log.warn('grants are not as they should be; --report-only leaves them so', {
        missing: missing.map(entryKey).join(', '),
      })
      return
    }
    const pass = { needed, consent: nobodyIsAsked, mode: { isDryRun: false } }
    const written = await writeMissingGrants(this.#session, pass)
    const removed = await removeUnneededGrants(this.#session, pass)
    for (const { ref, result, detail } of [...written, ...removed]) {
      metrics.count('grants')
      log.info(result, { object: describeRef(ref), detail })
    }
  }

  #plan(needed: readonly GrantEntry[], isInScope: (entry: GrantEntry) => boolean): GrantPlan {
    const { target } = this.#session
    return planGrants({ target, existing: [...this.#grants.values()], needed, isInScope })
  }
}

const nobodyIsAsked: Consent = { isAsking: false, ask: async () => 'yes' }
