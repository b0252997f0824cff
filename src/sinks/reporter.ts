// The main thread's hand on the reporting thread: sends it events without ever waiting, and counts what finds no room.
// Owned by pipeline.ts; the only place that starts the thread.
import { Worker } from 'node:worker_threads'
import { type ErrorCode, errorCatalogue, MirrorwafError, reasonOf } from '../errors.js'
import type { AdminAddress } from '../observe/admin-server.js'
import { CounterId } from '../observe/counter-ids.js'
import type { Instruments } from '../observe/instruments.js'
import type { EngineInfo, RuleHit } from '../observe/metrics.js'
import type { StoreNotice } from '../store/event-store.js'
import type { DeskSettings } from '../ui/event-desk.js'
import { allocateChannelMeter, ChannelMeter, channelLimitMaxBytes } from './channel-meter.js'
import { HitTally } from './hit-tally.js'
import type { FlushReport, FromReporter, ReporterData, StartFault, ToReporter } from './reporter-messages.js'
import type { SinkNotice, SinkTotals } from './sink.js'
import type { SinkSpec } from './sink-spec.js'

export interface ReporterSettings {
  readonly sinks: readonly SinkSpec[]
  /** Bytes of events on the way to the thread, and again bytes waiting for each sink; at least one event's 64 KiB is taken. */
  readonly sinkQueueLimitBytes: number
  /** Whether a terminal on stdout gets colours. */
  readonly isColoured: boolean
  /** Where health, readiness and metrics are served; `undefined`: nowhere. */
  readonly admin: AdminAddress | undefined
  /** What keeps events and shows them; left out: nothing does. */
  readonly desk?: DeskSettings | undefined
  readonly instruments: Instruments
  /** Told what an operator should read; the main thread's log. */
  readonly onNotice: (notice: SinkNotice | StoreNotice) => void
  /** The thread ended although nobody stopped it: nothing is reported any more. */
  readonly onFailure: (error: MirrorwafError) => void
}

export interface Reporter {
  /** Where the admin port listens, with the real port; `undefined` when there is none. */
  readonly adminAddress: AdminAddress | undefined
  /** Where the page listens, likewise. */
  readonly uiAddress: AdminAddress | undefined
  /**
   * Hands events over; returns at once. Events that find the channel full are dropped and counted; rule hits never are.
   * @param events - encoded by `encodeEvent`; copied, so the caller keeps them.
   */
  send(events: readonly Uint8Array[], ruleHits?: readonly RuleHit[]): void
  /** Shown as `mirrorwaf_engine_info`; call again after a reload. */
  setEngine(info: EngineInfo): void
  /** Opens files anew (SIGHUP, log rotation). */
  reopen(): void
  /**
   * Waits until all sinks have written what was sent before, or the time is up.
   * @param timeLimitMs - from now.
   */
  flush(timeLimitMs: number): Promise<FlushReport>
  /** Closes the admin port and the sinks and ends the thread; what is still queued is counted `unflushed`. */
  stop(): Promise<readonly SinkTotals[]>
}

/** One event at its largest fits exactly, so a block is never larger than what one event may be. */
export const blockLimitBytes: number = 64 * 1024

const unfinished: FlushReport = { isComplete: false, totals: [] }

/** How long past its own deadline the thread may take to say so, before it is taken for stuck. */
const graceMs = 1000

/**
 * Starts the thread and waits until its sinks and admin port are open.
 * @throws MirrorwafError `MWAF_SINK_TARGET`, `MWAF_LISTENER_ADDRESS`, or `MWAF_REPORTER_FAILED`.
 */
export async function startReporter(settings: ReporterSettings): Promise<Reporter> {
  const limitBytes = Math.min(Math.max(settings.sinkQueueLimitBytes, blockLimitBytes), channelLimitMaxBytes)
  const acknowledged = allocateChannelMeter()
  const data: ReporterData = {
    sinks: settings.sinks,
    queueLimitBytes: limitBytes,
    isColoured: settings.isColoured,
    admin: settings.admin,
    desk: settings.desk,
    instruments: settings.instruments.memory,
    acknowledged,
  }
  const worker = new Worker(new URL('./reporter-thread.js', import.meta.url), {
    name: 'mirrorwaf-reporter',
    workerData: data,
    execArgv: [],
  })
  const addresses = await waitForStart(worker)
  return new ThreadReporter(worker, settings, new ChannelMeter(acknowledged), limitBytes, addresses)
}

/** Where the thread can be reached. */
interface BoundAddresses {
  readonly admin: AdminAddress | undefined
  readonly ui: AdminAddress | undefined
}

class ThreadReporter implements Reporter {
  readonly adminAddress: AdminAddress | undefined
  readonly uiAddress: AdminAddress | undefined
  readonly #worker: Worker
  readonly #settings: ReporterSettings
  readonly #meter: ChannelMeter
  readonly #limitBytes: number
  /** Hits that wait for room in the channel. */
  readonly #pendingHits = new HitTally()
  readonly #flushes = new Map<number, (report: FlushReport) => void>()
  #flushCount = 0
  #hasEnded = false
  #stopping: Promise<readonly SinkTotals[]> | undefined
  #settleStop: (totals: readonly SinkTotals[]) => void = () => {}

  constructor(
    worker: Worker,
    settings: ReporterSettings,
    meter: ChannelMeter,
    limitBytes: number,
    addresses: BoundAddresses,
  ) {
    this.adminAddress = addresses.admin
    this.uiAddress = addresses.ui
    this.#worker = worker
    this.#settings = settings
    this.#meter = meter
    this.#limitBytes = limitBytes
    let fault: unknown
    worker.on('message', (message: FromReporter) => this.#hear(message))
    worker.on('error', (error) => {
      fault = error
    })
    worker.on('exit', (code) => this.#ended(fault ?? `it exited with ${code}`))
  }

  send(events: readonly Uint8Array[], ruleHits: readonly RuleHit[] = []): void {
    let first = 0
    let byteCount = 0
    for (let index = 0; index < events.length; index++) {
      const eventBytes = events[index]?.byteLength ?? 0
      if (byteCount > 0 && byteCount + eventBytes > blockLimitBytes) {
        this.#sendBlock(events.slice(first, index), byteCount)
        first = index
        byteCount = 0
      }
      byteCount += eventBytes
    }
    if (first < events.length) this.#sendBlock(events.slice(first), byteCount)
    this.#sendHits(ruleHits)
  }

  setEngine(info: EngineInfo): void {
    this.#post({ kind: 'engine', info })
  }

  reopen(): void {
    this.#post({ kind: 'reopen' })
  }

  flush(timeLimitMs: number): Promise<FlushReport> {
    if (this.#hasEnded) return Promise.resolve(unfinished)
    const id = this.#flushCount++
    return new Promise((resolve) => {
      const timer = setTimeout(settle, timeLimitMs + graceMs, unfinished)
      const flushes = this.#flushes
      flushes.set(id, settle)
      this.#sendHits([])
      this.#post({ kind: 'flush', id, timeLimitMs })
      function settle(report: FlushReport): void {
        clearTimeout(timer)
        flushes.delete(id)
        resolve(report)
      }
    })
  }

  stop(): Promise<readonly SinkTotals[]> {
    this.#stopping ??= new Promise((resolve) => {
      const timer = setTimeout(() => {
        void this.#worker.terminate()
        resolve([])
      }, graceMs)
      this.#settleStop = (totals) => {
        clearTimeout(timer)
        resolve(totals)
      }
      this.#post({ kind: 'stop' })
    })
    return this.#stopping
  }

  #sendBlock(events: readonly Uint8Array[], byteCount: number): void {
    if (this.#hasEnded || this.#meter.outstandingBytes + byteCount > this.#limitBytes) {
      this.#settings.instruments.counters.add(CounterId.channelDropped, events.length)
      return
    }
    const lines = joinBytes(events, byteCount)
    this.#meter.send(byteCount)
    this.#worker.postMessage({ kind: 'events', lines, eventCount: events.length } satisfies ToReporter, [lines.buffer])
  }

  #sendHits(ruleHits: readonly RuleHit[]): void {
    this.#pendingHits.add(ruleHits)
    if (this.#pendingHits.isEmpty || this.#meter.outstandingBytes >= this.#limitBytes) return
    this.#post({ kind: 'rule-hits', hits: this.#pendingHits.take() })
  }

  #post(message: ToReporter): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromReporter): void {
    switch (message.kind) {
      case 'notice':
        this.#settings.onNotice(message.notice)
        break
      case 'flushed':
        this.#flushes.get(message.id)?.(message.report)
        break
      case 'stopped':
        this.#settleStop(message.totals)
        break
      case 'started':
      case 'refused':
        return
      default:
        message satisfies never
    }
  }

  #ended(fault: unknown): void {
    this.#hasEnded = true
    for (const settle of [...this.#flushes.values()]) settle(unfinished)
    this.#settleStop([])
    if (this.#stopping === undefined) this.#settings.onFailure(reporterFailure(fault))
  }
}

function waitForStart(worker: Worker): Promise<BoundAddresses> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number): void => fail(`it exited with ${code}`)
    const stopWaiting = (): void => {
      worker.off('message', onMessage)
      worker.off('error', fail)
      worker.off('exit', onExit)
    }
    worker.on('message', onMessage)
    worker.on('error', fail)
    worker.on('exit', onExit)
    function onMessage(message: FromReporter): void {
      if (message.kind !== 'started' && message.kind !== 'refused') return
      stopWaiting()
      if (message.kind === 'started') resolve(message)
      else reject(faultToError(message.fault))
    }
    function fail(reason: unknown): void {
      stopWaiting()
      reject(reporterFailure(reason))
    }
  })
}

function joinBytes(parts: readonly Uint8Array[], byteCount: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(byteCount)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.byteLength
  }
  return joined
}

function faultToError({ code, details, reason }: StartFault): MirrorwafError {
  return isErrorCode(code) ? new MirrorwafError(code, details) : reporterFailure(reason)
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

function reporterFailure(cause: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_REPORTER_FAILED', { reason: reasonOf(cause) }, cause)
}
