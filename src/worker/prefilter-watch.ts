// Sums up what the workers say of their prefilters, and takes an address's clearances back when the engine contradicts one.
// Runs on the listener thread, once per batch.
import { CounterId } from '../observe/counter-ids.js'
import type { Log } from '../observe/log.js'
import type { SharedCounters } from '../observe/shared-counters.js'
import type { BatchResult, Contradiction, PrefilterGauges } from './messages.js'

/** What happens after a contradiction, until the next reload: only said, the address goes to the engine, or everything does. */
export type VerifyAction = 'log' | 'group' | 'off'

/** Workers that died stay in the sums until this many newer ones came; gauges need not be exact. */
const rememberedWorkerCount = 128

/** Watches over the prefilters of one pool. */
export class PrefilterWatch {
  readonly #action: VerifyAction
  readonly #counters: SharedCounters
  readonly #log: Log
  #isOff = false
  readonly #gauges = new Map<number, PrefilterGauges>()
  #distrusted: readonly string[] = []

  constructor(action: VerifyAction, counters: SharedCounters, log: Log) {
    this.#action = action
    this.#counters = counters
    this.#log = log
  }

  /** Addresses that no worker may clear any more. */
  get distrustedAddresses(): readonly string[] {
    return this.#distrusted
  }

  /** The engine inspects every request until the next reload. */
  get isOff(): boolean {
    return this.#isOff
  }

  /** Takes in what one batch showed. */
  note(result: BatchResult): void {
    this.#counters.add(CounterId.prefilterVerified, result.verifiedCount)
    this.#counters.add(CounterId.prefilterContradicted, result.contradictedCount)
    this.#sumGauges(result.workerId, result.prefilter)
    for (const contradiction of result.contradictions) this.#act(contradiction)
  }

  /** Another ruleset is in use: what was found out about the old one does not hold. */
  forgive(): void {
    this.#distrusted = []
    this.#isOff = false
    this.#gauges.clear()
  }

  #act(contradiction: Contradiction): void {
    const addresses = contradiction.addresses.filter((address) => !this.#distrusted.includes(address))
    if (this.#action !== 'log' && (this.#isOff || addresses.length === 0) && contradiction.addresses.length > 0) return
    if (this.#action === 'group') this.#distrusted = [...this.#distrusted, ...addresses]
    // Without an address there is no group to blame, and what is wrongly cleared must not go on being cleared.
    if (this.#action === 'off' || (this.#action === 'group' && contradiction.addresses.length === 0)) this.#isOff = true
    this.#log.coded('error', 'MWAF_PREFILTER_CONTRADICTED', {
      rules: contradiction.rules.join(', ') || 'a request to keep',
      addresses: contradiction.addresses.join(', ') || 'an unknown address',
      consequence: this.#describeConsequence(),
    })
  }

  #describeConsequence(): string {
    if (this.#isOff) return 'all requests now go to the engine, until the next reload'
    if (this.#action === 'group')
      return 'requests that fill these addresses now all go to the engine, until the next reload'
    return 'nothing was changed (--verify-action log)'
  }

  #sumGauges(workerId: number, gauges: PrefilterGauges): void {
    this.#gauges.delete(workerId)
    this.#gauges.set(workerId, gauges)
    if (this.#gauges.size > rememberedWorkerCount) {
      const [oldest] = this.#gauges.keys()
      if (oldest !== undefined) this.#gauges.delete(oldest)
    }
    let tableBytes = 0
    let states = 0
    let flushes = 0
    let refused = 0
    for (const worker of this.#gauges.values()) {
      tableBytes += worker.tableBytes
      states += worker.states
      flushes += worker.flushes
      refused += worker.refused
    }
    this.#counters.set(CounterId.prefilterTableBytes, tableBytes)
    this.#counters.set(CounterId.prefilterStates, states)
    this.#counters.set(CounterId.prefilterFlushes, flushes)
    this.#counters.set(CounterId.prefilterRefused, refused)
  }
}
