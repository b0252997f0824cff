// The worker pool: hands batches to idle workers, bounds what waits, survives dead workers, swaps rulesets.
// Stage: batch -> [pool] -> worker. Sole import of piscina.
// The queue is ours and piscina's own stays empty: a batch's deadline starts when a worker takes it, and bytes are bounded
// where batches are sealed (piscina's maxQueue counts tasks).
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import type { Batch, BatchReceiver } from '../batch/batcher.js'
import { isErrorCode, MirrorwafError, reasonOf } from '../errors.js'
import type { RestartCause } from '../observe/counter-ids.js'
import { withinTime } from '../within-time.js'
import { type BatchRun, countDecided, isInHand, settleAfterDeath } from './batch-run.js'
import type { BatchResult, BatchTask, WorkerAnswer, WorkerFailed, WorkerReady, WorkerSettings } from './messages.js'
import { askToStop, createRespawnGate, isBuilding, noteDeath, noteSuccess } from './respawn-gate.js'

export interface PoolSettings {
  readonly workers: number
  /** V8 old generation of each worker, in MiB; above it the worker dies and is replaced. */
  readonly workerHeapMib: number
  /** Longest time a worker may take without deciding a record, in ms; then it is stuck and is ended. */
  readonly batchDeadlineMs: number
  /** The workers' entry file, for tests of workers that misbehave; the real one when left out. */
  readonly threadPath?: string
}

/** What the pool tells: all calls come on the listener thread. */
export interface PoolObserver {
  /** A batch is decided; its slab is the observer's from now on. `result` is undefined when its worker died. */
  onBatchDone(batch: Batch, result: BatchResult | undefined): void
  /** A worker waits and nothing is queued. */
  onIdle(): void
  onRestart(cause: RestartCause, reason: string): void
  /** New workers with another ruleset have taken over. */
  onReplaced(): void
  /** Addresses whose requests the prefilter may no longer clear, in any worker; empty after a reload. */
  readonly distrustedAddresses: readonly string[]
  /** All requests go to the engine. */
  readonly isPrefilterOff: boolean
  /** @returns wall clock in ms since the epoch. */
  wallClockMs(): number
}

/**
 * V8 would let a worker's young generation grow to 48 MiB. Cleared requests leave next to nothing behind, so 12 do: 18 MiB less
 * resident at saturation, processor time unchanged (measured).
 */
const youngGenerationMib = 12

/** How long workers may take to finish the record in hand at the end; many times the engine's own limit. */
const stopPatienceMs = 1000
/** How long new workers may take for their engines when all is to end: a thread that is ended inside the engine aborts the process. */
const buildPatienceMs = 15_000
const buildingPollMs = 10

/**
 * How long a batch may wait for a worker that is just being started, in ms: the longest respawn delay (`respawn-gate.ts`) and a
 * ruleset that loads slowly. A shorter batch deadline must not end a worker before it could begin.
 */
const startPatienceMs = 30_000

const defaultThreadPath: string = fileURLToPath(new URL('./thread.js', import.meta.url))

/** A pool of inspection workers. Make it with `InspectionPool.start`. */
export class InspectionPool implements BatchReceiver {
  readonly #settings: PoolSettings
  readonly #observer: PoolObserver
  #threads: Piscina<BatchTask, WorkerAnswer>
  #gate: SharedArrayBuffer
  readonly #queue: BatchRun[] = []
  #runningCount = 0
  #queuedBytes = 0
  #isClosed = false
  /** Settled, or the start of other workers; never rejects. */
  #replacing: Promise<void> = Promise.resolve()
  /** Of the workers that start last. */
  #startingGate: SharedArrayBuffer | undefined
  #onDrained: (() => void) | undefined

  private constructor(settings: PoolSettings, observer: PoolObserver, started: StartedThreads) {
    this.#settings = settings
    this.#observer = observer
    this.#threads = started.threads
    this.#gate = started.gate
  }

  /**
   * Starts the workers and waits until all of them have their engine.
   * @throws MirrorwafError with the code of what kept a worker from starting, or `MWAF_POOL_START`.
   */
  static async start(
    settings: PoolSettings,
    worker: Omit<WorkerSettings, 'respawnGate'>,
    observer: PoolObserver,
  ): Promise<{ pool: InspectionPool; ready: WorkerReady }> {
    const started = await startThreads(settings, worker, createRespawnGate())
    return { pool: new InspectionPool(settings, observer, started), ready: started.ready }
  }

  get hasIdleWorker(): boolean {
    return this.#runningCount < this.#settings.workers && this.#queue.length === 0
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** After `close` nothing is inspected any more: the batch is counted as lost. */
  submit(batch: Batch): void {
    if (this.#isClosed) {
      this.#observer.onBatchDone(batch, undefined)
      return
    }
    this.#queuedBytes += batch.slab.buffer.byteLength
    this.#queue.push({ batch, attempts: 0 })
    this.#dispatch()
  }

  /**
   * Warms new workers with another ruleset and swaps them in; the old ones finish what they hold.
   * @throws as `start`, then the old workers go on; `MWAF_POOL_CLOSED` when the pool was closed meanwhile.
   */
  async replace(worker: Omit<WorkerSettings, 'respawnGate'>): Promise<WorkerReady> {
    const gate = createRespawnGate()
    this.#startingGate = gate
    const starting = startThreads(this.#settings, worker, gate)
    const settled = starting.then(ignore, ignore)
    this.#replacing = this.#replacing.then(() => settled)
    const started = await starting
    if (this.#isClosed) {
      await started.threads.destroy()
      throw new MirrorwafError('MWAF_POOL_CLOSED')
    }
    const old = this.#threads
    this.#threads = started.threads
    this.#gate = started.gate
    this.#observer.onReplaced()
    old.close().catch((error: unknown) => this.#observer.onRestart('error', reasonOf(error)))
    return started.ready
  }

  /** Resolves when nothing is queued or running. */
  drained(): Promise<void> {
    if (this.#runningCount === 0 && this.#queue.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onDrained = resolve
    })
  }

  /** Ends the workers after the record in their hands; what is undecided is counted as lost. */
  async close(): Promise<void> {
    this.#isClosed = true
    askToStop(this.#gate)
    if (this.#startingGate !== undefined) askToStop(this.#startingGate)
    const abandoned = this.#queue.splice(0)
    for (const run of abandoned) this.#giveUp(run)
    await withinTime(this.drained(), stopPatienceMs)
    await withinTime(this.#replacing, buildPatienceMs)
    await built(this.#gate)
    await this.#threads.destroy()
  }

  #dispatch(): void {
    while (this.#runningCount < this.#settings.workers) {
      const run = this.#queue.shift()
      if (run === undefined) break
      this.#runningCount += 1
      this.#run(run, this.#threads, this.#gate)
    }
    if (this.#queue.length > 0 || this.#runningCount >= this.#settings.workers) return
    this.#observer.onIdle()
    if (this.#runningCount === 0) this.#onDrained?.()
  }

  #run(run: BatchRun, threads: Piscina<BatchTask, WorkerAnswer>, gate: SharedArrayBuffer): void {
    run.attempts += 1
    const deadline = new AbortController()
    const startedMs = performance.now()
    let decidedCount = countDecided(run.batch)
    const timer = setInterval(() => {
      const count = countDecided(run.batch)
      const hasBegun = isInHand(run.batch) || performance.now() - startedMs > startPatienceMs
      if (count === decidedCount && hasBegun) deadline.abort()
      decidedCount = count
    }, this.#settings.batchDeadlineMs)
    const task: BatchTask = {
      kind: 'inspect',
      slab: run.batch.slab.buffer,
      recordCount: run.batch.recordCount,
      distrustedAddresses: this.#observer.distrustedAddresses,
      isPrefilterOff: this.#observer.isPrefilterOff,
      dispatchedAtMs: this.#observer.wallClockMs(),
      dispatchedAt: process.hrtime(),
    }
    threads.run(task, { signal: deadline.signal }).then(
      (answer) => {
        clearInterval(timer)
        if (answer.kind === 'inspected') this.#finish(run, answer, gate)
        else this.#fail(run, 'error', answer.kind === 'failed' ? answer.message : 'unexpected answer', gate)
      },
      (error: unknown) => {
        clearInterval(timer)
        this.#fail(run, deadline.signal.aborted ? 'deadline' : causeOf(error), reasonOf(error), gate)
      },
    )
  }

  #finish(run: BatchRun, result: BatchResult, gate: SharedArrayBuffer): void {
    noteSuccess(gate)
    this.#runningCount -= 1
    this.#release(run)
    this.#observer.onBatchDone(run.batch, result)
    this.#dispatch()
  }

  #fail(run: BatchRun, cause: RestartCause, reason: string, gate: SharedArrayBuffer): void {
    noteDeath(gate)
    this.#observer.onRestart(cause, reason)
    this.#runningCount -= 1
    if (settleAfterDeath(run) > 0 && !this.#isClosed) this.#queue.unshift(run)
    else this.#giveUp(run)
    this.#dispatch()
  }

  /** What is still undecided is counted as lost. */
  #giveUp(run: BatchRun): void {
    this.#release(run)
    this.#observer.onBatchDone(run.batch, undefined)
  }

  #release(run: BatchRun): void {
    this.#queuedBytes -= run.batch.slab.buffer.byteLength
  }
}

function ignore(): void {}

/** Waits for threads that piscina started in place of dead ones. */
async function built(gate: SharedArrayBuffer): Promise<void> {
  const deadlineMs = performance.now() + buildPatienceMs
  while (isBuilding(gate) && performance.now() < deadlineMs) await setTimeout(buildingPollMs)
}

interface StartedThreads {
  readonly threads: Piscina<BatchTask, WorkerAnswer>
  readonly gate: SharedArrayBuffer
  readonly ready: WorkerReady
}

async function startThreads(
  settings: PoolSettings,
  worker: Omit<WorkerSettings, 'respawnGate'>,
  gate: SharedArrayBuffer,
): Promise<StartedThreads> {
  const workerSettings: WorkerSettings = { ...worker, respawnGate: gate }
  const threads = new Piscina<BatchTask, WorkerAnswer>({
    filename: settings.threadPath ?? defaultThreadPath,
    name: 'runTask',
    minThreads: settings.workers,
    maxThreads: settings.workers,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    workerData: workerSettings,
    resourceLimits: { maxOldGenerationSizeMb: settings.workerHeapMib, maxYoungGenerationSizeMb: youngGenerationMib },
    env: {},
    execArgv: [],
  })
  // A worker that dies between batches is replaced by piscina; its next batch would show if it cannot live.
  threads.on('error', () => noteDeath(gate))
  try {
    return { threads, gate, ready: await awaitReady(threads, settings.workers) }
  } catch (error) {
    // One that failed early must not end the others inside the engine.
    askToStop(gate)
    await built(gate)
    await threads.destroy()
    throw error
  }
}

/** As many questions as workers, at once: each worker takes one. */
async function awaitReady(threads: Piscina<BatchTask, WorkerAnswer>, workers: number): Promise<WorkerReady> {
  const questions = Array.from({ length: workers }, () => askReady(threads))
  const [first] = await Promise.all(questions)
  if (first === undefined) throw new MirrorwafError('MWAF_POOL_START', { reason: 'there are no workers' })
  return first
}

async function askReady(threads: Piscina): Promise<WorkerReady> {
  const answer: WorkerAnswer = await threads.run({ kind: 'ready' }).catch((cause: unknown) => {
    throw new MirrorwafError('MWAF_POOL_START', { reason: reasonOf(cause) }, cause)
  })
  if (answer.kind === 'ready') return answer
  if (answer.kind === 'failed') throw rebuildError(answer)
  throw new MirrorwafError('MWAF_POOL_START', { reason: 'a worker gave an unexpected answer' })
}

function rebuildError(failed: WorkerFailed): MirrorwafError {
  if (isErrorCode(failed.code)) return new MirrorwafError(failed.code, failed.details)
  return new MirrorwafError('MWAF_POOL_START', { reason: failed.message })
}

/** Names what killed a worker, by Node's error code or piscina's message (piscina 5.3.2 src/index.ts onWorkerExit). */
function causeOf(error: unknown): RestartCause {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return 'memory'
  }
  return reasonOf(error).startsWith('worker exited') ? 'exit' : 'error'
}
