// A pool of real workers with a small ruleset, fed with batches made by the real reader and batcher.
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Batch } from '#src/batch/batcher.js'
import type { RestartCause } from '#src/observe/counter-ids.js'
import { completeServeOptions } from '#src/options/load.js'
import type { ServeOptions } from '#src/options/serve-options.js'
import { type Outcome, outcomes } from '#src/verdict/outcome.js'
import { createTally, tallyOutcomes } from '#src/worker/batch-run.js'
import type { BatchResult } from '#src/worker/messages.js'
import { InspectionPool, type PoolObserver, type PoolSettings } from '#src/worker/pool.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'
import { BatchBench } from '../../batch/support/batching.js'
import { writeRuleset } from './small-ruleset.js'

/** The worker thread that fails at request. */
export const faultyThreadPath: string = pathOf('faulty-thread')
/** The same, slow to start. */
export const slowFaultyThreadPath: string = pathOf('slow-faulty-thread')
/** The same, without luck when it replaces a dead one. */
export const unluckyThreadPath: string = pathOf('unlucky-thread')
/** The worker thread that never becomes ready. */
export const unreadyThreadPath: string = pathOf('unready-thread')

function pathOf(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url))
}

/** Options with a ruleset that loads fast and matches `$globals`. */
export function smallOptions(t: Test, changes: Partial<ServeOptions> = {}): ServeOptions {
  const rules = [writeRuleset(t, '$globals')]
  return completeServeOptions({ rules, workers: 1, logLevel: 'silent', wafTimeoutUs: 5_000_000, ...changes })
}

/** One batch of a GET for each target. */
export function makeBatch(targets: readonly string[]): Batch {
  const bench = new BatchBench()
  for (const target of targets) bench.feed(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
  bench.batcher.seal()
  const [batch, ...more] = bench.receiver.batches
  if (batch === undefined || more.length > 0) throw new Error('the targets make not one batch')
  return batch
}

/** A pool and what it told. */
export class PoolBench implements PoolObserver {
  readonly done: { readonly batch: Batch; readonly result: BatchResult | undefined }[] = []
  readonly restarts: RestartCause[] = []
  readonly distrustedAddresses: readonly string[] = []
  readonly isPrefilterOff: boolean = false
  idleCount = 0
  replacedCount = 0
  #pool: InspectionPool | undefined

  static async start(
    t: Test,
    changes: Partial<PoolSettings> = {},
    options: ServeOptions = smallOptions(t),
  ): Promise<PoolBench> {
    const bench = new PoolBench()
    const settings = { ...options, ...changes }
    // Not nice to others: on a busy machine a worker that waits for a processor would look stuck to a short deadline.
    const worker = { ...(await readWorkerSettings(options)), niceIncrement: 0 }
    const { pool } = await InspectionPool.start(settings, worker, bench)
    bench.#pool = pool
    t.teardown(() => pool.close())
    return bench
  }

  get pool(): InspectionPool {
    if (this.#pool === undefined) throw new Error('the pool has not started')
    return this.#pool
  }

  onBatchDone(batch: Batch, result: BatchResult | undefined): void {
    this.done.push({ batch, result })
  }

  onIdle(): void {
    this.idleCount += 1
  }

  onRestart(cause: RestartCause): void {
    this.restarts.push(cause)
  }

  onReplaced(): void {
    this.replacedCount += 1
  }

  wallClockMs(): number {
    return Date.now()
  }

  /** How many requests of all batches ended in which outcome; those that none did are left out. */
  get tally(): Partial<Record<Outcome, number>> {
    const tally = createTally()
    for (const { batch } of this.done) tallyOutcomes(batch, tally, () => {})
    const counted = outcomes.map((outcome, index): [Outcome, number] => [outcome, tally[index] ?? 0])
    return Object.fromEntries(counted.filter(([, count]) => count > 0))
  }

  get eventCount(): number {
    return this.done.reduce((sum, { result }) => sum + (result?.events.length ?? 0), 0)
  }
}
