// What the inspection of one batch adds up to: events, hits, counts.
import { threadId } from 'node:worker_threads'
import type { RuleHit } from '../observe/metrics.js'
import type { BodyFault } from '../request/body/body-fault.js'
import type { Inspection } from './inspection.js'
import type { BatchResult, Contradiction, PrefilterGauges } from './messages.js'

/** One fault of the prefilter usually shows many times over; a few tell what it is. */
const contradictionLimitCount = 4

/** One per batch. */
export class BatchTally {
  readonly events: Uint8Array[] = []
  readonly spans: Uint8Array[] = []
  spansOverLimit = 0
  errorCount = 0
  #clearedCount = 0
  #engineRunCount = 0
  #verifiedCount = 0
  #contradictedCount = 0
  readonly #contradictions: Contradiction[] = []
  readonly #bodyFaults = new Map<BodyFault, number>()
  readonly #hits = new Map<string, { type: string; count: number }>()

  add(inspection: Inspection): void {
    if (inspection.isCleared) this.#clearedCount += 1
    this.#engineRunCount += inspection.engineRunCount
    this.errorCount += inspection.engineErrorCount
    const { fault } = inspection.body
    if (fault !== undefined) this.#bodyFaults.set(fault, (this.#bodyFaults.get(fault) ?? 0) + 1)
    if (inspection.isVerified) this.#verifiedCount += 1
    if (inspection.isContradicted) this.#addContradiction(inspection)
    for (const { id, tags } of inspection.matches) {
      const hit = this.#hits.get(id)
      if (hit === undefined) this.#hits.set(id, { type: tags['type'] ?? '', count: 1 })
      else hit.count += 1
    }
  }

  #addContradiction({ matches }: Inspection): void {
    this.#contradictedCount += 1
    if (this.#contradictions.length === contradictionLimitCount) return
    this.#contradictions.push({
      rules: matches.map(({ id }) => id),
      addresses: [...new Set(matches.flatMap(({ conditions }) => conditions.map(({ address }) => address)))],
    })
  }

  result(busyUs: number, prefilter: PrefilterGauges): BatchResult {
    const ruleHits: RuleHit[] = [...this.#hits].map(([rule, { type, count }]) => ({ rule, type, count }))
    return {
      kind: 'inspected',
      events: this.events,
      spans: this.spans,
      spansOverLimit: this.spansOverLimit,
      ruleHits,
      bodyFaults: Array.from(this.#bodyFaults, ([kind, count]) => ({ kind, count })),
      busyUs,
      clearedCount: this.#clearedCount,
      engineRunCount: this.#engineRunCount,
      engineErrorCount: this.errorCount,
      verifiedCount: this.#verifiedCount,
      contradictedCount: this.#contradictedCount,
      contradictions: this.#contradictions,
      workerId: threadId,
      prefilter,
    }
  }
}
