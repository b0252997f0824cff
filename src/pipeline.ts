// The only wiring: listener -> parser -> batcher -> pool -> sinks, and the life of the whole: start, reload, drain, stop.
import { type Batch, Batcher, type BatchReceiver } from './batch/batcher.js'
import type { RecordFacts } from './batch/record-writer.js'
import { SlabPool } from './batch/slab.js'
import { reasonOf } from './errors.js'
import { toListenAddress } from './listen-address.js'
import { decideConnectionLimit } from './listener/fd-limit.js'
import { createHttpListener, type HttpListener, type HttpRequestTarget } from './listener/http-request-source.js'
import { Listener } from './listener/listener.js'
import { createPeerCheck } from './listener/peer-address.js'
import { readTlsMaterial } from './listener/tls-material.js'
import { CounterId, LifeState, reloadResults, restartCauses, shedReasons } from './observe/counter-ids.js'
import { Instruments } from './observe/instruments.js'
import type { Log } from './observe/log.js'
import { type LoopSampler, startLoopSampler } from './observe/loop-sampler.js'
import { describeAdmin, describePage, openReporter } from './open-reporter.js'
import type { ServeOptions } from './options/serve-options.js'
import { RequestReader } from './parser/request-reader.js'
import { Staging } from './parser/staging.js'
import { bodyFaults } from './request/body/body-fault.js'
import type { Reporter } from './sinks/reporter.js'
import { countUnflushed } from './sinks/sink.js'
import { outcomeIndex } from './verdict/outcome.js'
import { delay, withinTime } from './within-time.js'
import { createTally, tallyOutcomes } from './worker/batch-run.js'
import type { BatchResult, WorkerReady } from './worker/messages.js'
import { InspectionPool, type PoolObserver } from './worker/pool.js'
import { PrefilterWatch } from './worker/prefilter-watch.js'
import { readWorkerSettings } from './worker/worker-settings.js'

/** What the pipeline's user supplies. */
export interface PipelineHooks {
  readonly log: Log
  /** Called with each event's JSON line (bytes, borrowed) on the listener's thread; undefined when nobody listens. */
  readonly onEvent: ((line: Uint8Array) => void) | undefined
}

/** What is otherwise when several processes serve together. */
export interface PipelinePlace {
  /** Opens what takes events and shows the instruments. */
  openReporter(instruments: Instruments): Promise<Reporter>
  /** Whether other processes listen on the same port. */
  readonly isPortShared: boolean
}

/** Where a running pipeline can be reached and what it runs. */
export interface PipelineInfo {
  readonly listening: readonly string[]
  readonly admin: string | undefined
  /** The live page's address. */
  readonly page: string | undefined
  readonly engine: WorkerReady | undefined
}

/**
 * Free slabs kept for reuse: common traffic in flight, or one slab of the largest bodies. Twelve bodies of 12 MB at once took up to
 * 319 MB where two of those could lie idle, up to 330 MB where each was left to the collector, and 253 to 274 with one.
 */
const keptSlabBytes = 16 * 1024 * 1024
/** How long a connection that got its last answer may take to close. */
const lingerTimeoutMs = 2000
/** Time that the queue and then the sinks get at the end, even when connections have used the drain timeout up. */
const leastTimeMs = 2000

/** The running receiver. Make it with `startPipeline`. */
export class Pipeline {
  readonly info: PipelineInfo
  readonly instruments: Instruments
  readonly #options: ServeOptions
  readonly #hooks: PipelineHooks
  readonly #parts: PipelineParts
  #stopping: Promise<void> | undefined

  constructor(options: ServeOptions, hooks: PipelineHooks, parts: PipelineParts, info: PipelineInfo) {
    this.#options = options
    this.#hooks = hooks
    this.#parts = parts
    this.info = info
    this.instruments = parts.instruments
  }

  /** Opens event files anew and loads the ruleset again; bad rules leave the old ones in place and are said loudly. */
  async reload(): Promise<void> {
    const { pool, reporter, instruments } = this.#parts
    reporter.reopen()
    if (pool === undefined) return
    try {
      const ready = await pool.replace(await readWorkerSettings(this.#options))
      announceEngine(ready, reporter, instruments)
      instruments.counters.add(CounterId.reload + reloadResults.indexOf('ok'), 1)
      this.#hooks.log.info('ruleset reloaded', { rules: ready.rulesLoadedCount, rules_version: ready.rulesVersion })
    } catch (error) {
      instruments.counters.add(CounterId.reload + reloadResults.indexOf('failed'), 1)
      this.#hooks.log.fault(error)
      this.#hooks.log.error('the new ruleset was refused; the old one stays in use', { reason: reasonOf(error) })
    }
  }

  /** A listener for an existing node:http server that hands its requests to this pipeline. */
  createHttpListener(): HttpListener {
    const { listener, staging } = this.#parts
    const target: HttpRequestTarget = {
      staging,
      wallClockMs: (monotonicMs) => listener.wallClockMs(monotonicMs),
      onStagedRequest: (assembly, facts, slab) => listener.onStagedRequest(assembly, facts, slab),
      onShedRequest: (assembly) => listener.onShedRequest(assembly),
    }
    return createHttpListener(target, this.#options.hijack)
  }

  /**
   * Drains: says so on /readyz, answers what comes for a while, then finishes the queue and ends. Repeated calls wait too.
   * @param drainDelayMs - how long to go on accepting.
   */
  stop(drainDelayMs: number = this.#options.drainDelayMs): Promise<void> {
    this.#stopping ??= this.#drain(drainDelayMs)
    return this.#stopping
  }

  async #drain(drainDelayMs: number): Promise<void> {
    const { listener, batcher, pool, reporter, instruments, sampler } = this.#parts
    instruments.counters.set(CounterId.lifeState, LifeState.draining)
    listener.beginDrain()
    await delay(drainDelayMs)
    await listener.stopAccepting()
    const deadlineMs = performance.now() + this.#options.drainTimeoutMs
    while (listener.connectionCount > 0 && performance.now() < deadlineMs) await delay(20)
    listener.closeConnections()
    batcher.seal()
    if (pool !== undefined) await withinTime(pool.drained(), Math.max(leastTimeMs, deadlineMs - performance.now()))
    await pool?.close()
    const flushed = await reporter.flush(Math.max(leastTimeMs, deadlineMs - performance.now()))
    sampler.stop()
    const unflushed = countUnflushed(await reporter.stop())
    if (!flushed.isComplete) this.#hooks.log.warn('not all events could be written before the end', { unflushed })
  }
}

interface PipelineParts {
  readonly instruments: Instruments
  readonly reporter: Reporter
  /** Undefined with `inspection: off`. */
  readonly pool: InspectionPool | undefined
  readonly batcher: Batcher
  readonly staging: Staging
  readonly listener: Listener
  readonly sampler: LoopSampler
}

/**
 * Starts all parts: sinks and admin port, workers with their ruleset, then the sockets.
 * @throws MirrorwafError of the part that cannot start; what was started is ended again.
 */
export async function startPipeline(
  options: ServeOptions,
  hooks: PipelineHooks,
  place: PipelinePlace = aloneInItsProcess(options, hooks),
): Promise<Pipeline> {
  const instruments = new Instruments()
  instruments.counters.set(CounterId.startedAtMs, Date.now())
  const reporter = await place.openReporter(instruments)
  let pool: InspectionPool | undefined
  try {
    const slabs = new SlabPool(keptSlabBytes)
    const late: LateParts = { batcher: undefined, listener: undefined }
    let engine: WorkerReady | undefined
    if (options.inspection === 'on') {
      const observer = observePool(options, hooks, instruments, reporter, slabs, late)
      const started = await InspectionPool.start(options, await readWorkerSettings(options), observer)
      pool = started.pool
      engine = started.ready
      announceEngine(engine, reporter, instruments)
    }
    const batcher = new Batcher(slabs, pool ?? discardingReceiver(slabs, instruments), options)
    const staging = new Staging(options, slabs, options.inFlightLimitBytes)
    const listener = createListener(options, hooks, place, instruments, staging, batcher)
    late.batcher = batcher
    late.listener = listener
    const listening = await listener.open(options.listen.map(toListenAddress))
    const sampler = startLoopSampler(instruments.counters)
    instruments.counters.set(CounterId.workers, options.workers)
    instruments.counters.set(CounterId.lifeState, LifeState.ready)
    const parts = { instruments, reporter, pool, batcher, staging, listener, sampler }
    return new Pipeline(options, hooks, parts, {
      listening,
      admin: describeAdmin(reporter),
      page: describePage(reporter),
      engine,
    })
  } catch (error) {
    await pool?.close()
    await reporter.stop()
    throw error
  }
}

function aloneInItsProcess(options: ServeOptions, hooks: PipelineHooks): PipelinePlace {
  return { openReporter: (instruments) => openReporter(options, hooks.log, instruments), isPortShared: false }
}

/** Parts that the pool calls but that are made after it. */
interface LateParts {
  batcher: Batcher | undefined
  listener: Listener | undefined
}

function observePool(
  options: ServeOptions,
  hooks: PipelineHooks,
  instruments: Instruments,
  reporter: Reporter,
  slabs: SlabPool,
  late: LateParts,
): PoolObserver {
  const { counters } = instruments
  const tally = createTally()
  const prefilter = new PrefilterWatch(options.verifyAction, counters, hooks.log)
  const recordVerdict = (verdictUs: number): void => instruments.verdictLatencyUs.record(verdictUs)
  return {
    onBatchDone(batch: Batch, result: BatchResult | undefined): void {
      tally.fill(0)
      tallyOutcomes(batch, tally, recordVerdict)
      for (let index = 0; index < tally.length; index += 1) counters.add(CounterId.outcome + index, tally[index] ?? 0)
      counters.add(CounterId.batches, 1)
      instruments.batchRequests.record(batch.recordCount)
      slabs.give(batch.slab)
      if (result === undefined) return
      counters.add(CounterId.workerBusyUs, result.busyUs)
      counters.add(CounterId.prefilterCleared, result.clearedCount)
      counters.add(CounterId.engineRuns, result.engineRunCount)
      counters.add(CounterId.engineErrors, result.engineErrorCount)
      counters.add(CounterId.eventsBuilt, result.events.length)
      for (const { kind, count } of result.bodyFaults)
        counters.add(CounterId.bodyFault + bodyFaults.indexOf(kind), count)
      prefilter.note(result)
      if (result.events.length > 0 || result.ruleHits.length > 0) reporter.send(result.events, result.ruleHits)
      if (result.spans.length > 0) reporter.sendSpans(result.spans)
      counters.add(CounterId.spansDropped, result.spansOverLimit)
      if (hooks.onEvent !== undefined) for (const line of result.events) hooks.onEvent(line)
    },
    onIdle: () => late.batcher?.onWorkerIdle(),
    onRestart(cause, reason) {
      counters.add(CounterId.restart + restartCauses.indexOf(cause), 1)
      hooks.log.coded('error', 'MWAF_POOL_WORKER', { cause, reason, deadline: options.batchDeadlineMs })
    },
    get distrustedAddresses() {
      return prefilter.distrustedAddresses
    },
    get isPrefilterOff() {
      return prefilter.isOff
    },
    onReplaced: () => prefilter.forgive(),
    wallClockMs: () => late.listener?.wallClockMs(performance.now()) ?? Date.now(),
  }
}

function createListener(
  options: ServeOptions,
  hooks: PipelineHooks,
  place: PipelinePlace,
  instruments: Instruments,
  staging: Staging,
  batcher: Batcher,
): Listener {
  const facts = createFacts()
  const isPeerAllowed = createPeerCheck(options.peers)
  const settings = {
    ...options,
    option: '--listen',
    isPortShared: place.isPortShared,
    lingerTimeoutMs,
    connectionLimitCount: decideConnectionLimit(options.connectionLimitCount, (possible) =>
      hooks.log.coded('warn', 'MWAF_LISTENER_CONNECTION_LIMIT', { asked: options.connectionLimitCount, possible }),
    ),
    tls: readTlsMaterial(options),
  }
  return new Listener(
    settings,
    {
      staging,
      limits: options,
      createReader: (consumer) => new RequestReader(options, staging, consumer, facts),
      isPeerAllowed,
      addWhole: (assembly, recordFacts, chunk) => batcher.addFromChunk(assembly, recordFacts, chunk),
      addStaged: (assembly, recordFacts, slab) => batcher.addStaged(assembly, recordFacts, slab),
      queueBytes: () => batcher.waitingBytes,
    },
    instruments,
    Math.random,
  )
}

/** Scratch that the reader fills for each request; one per thread. */
function createFacts(): RecordFacts {
  return {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 0,
    parseError: 'none',
    peer: Buffer.alloc(0),
    peerPort: 0,
    receivedAtMs: 0,
  }
}

/** With inspection off: batches are counted as shed and dropped, so that the listener alone can be measured. */
function discardingReceiver(slabs: SlabPool, instruments: Instruments): BatchReceiver {
  const { counters } = instruments
  return {
    hasIdleWorker: true,
    queuedBytes: 0,
    submit(batch) {
      counters.add(CounterId.outcome + outcomeIndex('shed'), batch.recordCount)
      counters.add(CounterId.shed + shedReasons.indexOf('inspection_off'), batch.recordCount)
      slabs.give(batch.slab)
    },
  }
}

function announceEngine(ready: WorkerReady, reporter: Reporter, instruments: Instruments): void {
  reporter.setEngine({ engine: ready.engineName, version: ready.engineVersion, rulesVersion: ready.rulesVersion })
  instruments.counters.set(CounterId.rulesLoaded, ready.rulesLoadedCount)
  instruments.counters.set(CounterId.rulesFailed, ready.rulesFailedCount)
}
