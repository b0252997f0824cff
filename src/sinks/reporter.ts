// The main thread's hand on the reporting thread: sends it events without ever waiting, and counts what finds no room. A thread
// that dies is started again. Owned by pipeline.ts; the only place that starts the thread.
import { MirrorwafError, reasonOf } from '../errors.js'
import type { AdminAddress } from '../observe/admin-server.js'
import { CounterId } from '../observe/counter-ids.js'
import type { CoverageNotice, CoverageSettings } from '../observe/coverage/coverage-meter.js'
import type { Instruments } from '../observe/instruments.js'
import type { EngineInfo, RuleHit } from '../observe/metrics.js'
import type { ServiceIdentity } from '../service-identity.js'
import type { StoreNotice } from '../store/store-database.js'
import type { DeskSettings } from '../ui/event-desk.js'
import { withinTime } from '../within-time.js'
import { channelLimitMaxBytes } from './channel-meter.js'
import { type DatadogSettings, localAgent } from './datadog/datadog-settings.js'
import { allocateHeldLedger, HeldLedger } from './held-ledger.js'
import { HitTally } from './hit-tally.js'
import type { FlushReport, FromReporter, ToReporter } from './reporter-messages.js'
import { ReportingLife, startThread, type ThreadSettings, type ThreadStarter } from './reporting-life.js'
import { noDrops, type SinkNotice, type SinkTotals } from './sink.js'
import type { SinkSpec } from './sink-spec.js'

export interface ReporterSettings {
  readonly sinks: readonly SinkSpec[]
  /** For sinks of kind `datadog`; left out: an agent on this machine. */
  readonly datadog?: DatadogSettings
  /** Bytes of events on the way to the thread, and again bytes waiting for each sink; at least one event's 64 KiB is taken. */
  readonly sinkQueueLimitBytes: number
  /** Whether a terminal on stdout gets colours. */
  readonly isColoured: boolean
  /** Who reports, for sinks that say so beside the events. */
  readonly identity?: ServiceIdentity
  /** Where health, readiness and metrics are served; `undefined`: nowhere. */
  readonly admin: AdminAddress | undefined
  /** What keeps events and shows them; left out: nothing does. */
  readonly desk?: DeskSettings | undefined
  readonly instruments: Instruments
  /** The gateways whose counters are asked for; none by default. */
  readonly coverage?: CoverageSettings
  /** A gateway stopped, or began, answering for its counters. */
  readonly onCoverage?: (notice: CoverageNotice) => void
  /** Told what an operator should read; the main thread's log. */
  readonly onNotice: (notice: SinkNotice | StoreNotice | LossNotice) => void
  /** The thread ended although nobody stopped it, or could not be started again; it is tried again after a while. */
  readonly onFailure: (error: MirrorwafError) => void
  /** Starts the thread; for tests. */
  readonly startThread?: ThreadStarter
}

/** What went with a reporting thread that died. */
export interface LossNotice {
  readonly level: 'error'
  readonly code: 'MWAF_REPORTER_LOSS'
  /** `events`: at most; of a history in memory `history`. */
  readonly details: { readonly events: number; readonly history: number }
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
  /**
   * As `send`, for requests without an event that only sinks of traces take. They never fill more than half of the channel, so
   * that events find room beside them.
   */
  sendSpans(spans: readonly Uint8Array[]): void
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

/** A thread that ended is started again after the first pause, then after twice as long each time, up to the longest. */
const restartPausesMs = { first: 100, longest: 30_000 } as const
/** A thread that lived so long did not end because of how it was started. */
const longLifeMs = 60_000

/** How long past its own deadline the thread may take to say so, before it is taken for stuck. */
const graceMs = 1000

/**
 * Starts the thread and waits until its sinks and admin port are open.
 * @throws MirrorwafError `MWAF_SINK_TARGET`, `MWAF_LISTENER_ADDRESS`, or `MWAF_REPORTER_FAILED`.
 */
export async function startReporter(settings: ReporterSettings): Promise<Reporter> {
  const limitBytes = Math.min(Math.max(settings.sinkQueueLimitBytes, blockLimitBytes), channelLimitMaxBytes)
  const starter = settings.startThread ?? startThread
  const data: ThreadSettings = {
    sinks: settings.sinks,
    datadog: settings.datadog ?? localAgent,
    queueLimitBytes: limitBytes,
    isColoured: settings.isColoured,
    identity: settings.identity ?? { service: 'mirrorwaf', env: '', version: '' },
    admin: settings.admin,
    desk: settings.desk,
    instruments: settings.instruments.memory,
    coverage: settings.coverage ?? { sources: [], intervalMs: 0 },
    held: allocateHeldLedger(settings.sinks.length),
  }
  const first = await ReportingLife.start(data, starter)
  // A port of 0 was decided by the first; whoever scrapes finds the next one at the same place.
  const again = { ...data, admin: first.addresses.admin, desk: withUiAddress(data.desk, first.addresses.ui) }
  const ledger = new HeldLedger(data.held)
  return new ThreadReporter(settings, limitBytes, ledger, first, () => ReportingLife.start(again, starter))
}

/** Lives as long as the process; the thread behind it may end and be started again. */
class ThreadReporter implements Reporter {
  readonly adminAddress: AdminAddress | undefined
  readonly uiAddress: AdminAddress | undefined
  readonly #settings: ReporterSettings
  readonly #limitBytes: number
  readonly #ledger: HeldLedger
  readonly #startAgain: () => Promise<ReportingLife>
  /** `undefined` from the end of one thread to the start of the next. */
  #thread: ReportingLife | undefined
  #restartPauseMs: number = restartPausesMs.first
  #restartTimer: NodeJS.Timeout | undefined
  #engine: EngineInfo | undefined
  /** Hits that wait for room in the channel. */
  readonly #pendingHits = new HitTally()
  readonly #flushes = new Map<number, (report: FlushReport) => void>()
  #flushCount = 0
  #stopping: Promise<readonly SinkTotals[]> | undefined
  #settleStop: (totals: readonly SinkTotals[]) => void = () => {}

  constructor(
    settings: ReporterSettings,
    limitBytes: number,
    ledger: HeldLedger,
    thread: ReportingLife,
    startAgain: () => Promise<ReportingLife>,
  ) {
    this.adminAddress = thread.addresses.admin
    this.uiAddress = thread.addresses.ui
    this.#settings = settings
    this.#limitBytes = limitBytes
    this.#ledger = ledger
    this.#startAgain = startAgain
    this.#attach(thread)
  }

  send(events: readonly Uint8Array[], ruleHits: readonly RuleHit[] = []): void {
    this.#sendInBlocks('events', events)
    this.#sendHits(ruleHits)
  }

  sendSpans(spans: readonly Uint8Array[]): void {
    this.#sendInBlocks('spans', spans)
  }

  setEngine(info: EngineInfo): void {
    this.#engine = info
    this.#post({ kind: 'engine', info })
  }

  reopen(): void {
    this.#post({ kind: 'reopen' })
  }

  flush(timeLimitMs: number): Promise<FlushReport> {
    if (this.#thread === undefined) return Promise.resolve(unfinished)
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
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  #stop(): Promise<readonly SinkTotals[]> {
    clearTimeout(this.#restartTimer)
    const thread = this.#thread
    if (thread === undefined) return Promise.resolve([])
    return new Promise((resolve) => {
      // Its end settles this, with what it still held.
      const timer = setTimeout(() => {
        void withinTime(thread.worker.terminate(), graceMs).then(() => this.#settleStop([]))
      }, graceMs)
      this.#settleStop = (totals) => {
        clearTimeout(timer)
        resolve(totals)
      }
      this.#post({ kind: 'stop' })
    })
  }

  #sendInBlocks(kind: 'events' | 'spans', events: readonly Uint8Array[]): void {
    let first = 0
    let byteCount = 0
    for (let index = 0; index < events.length; index++) {
      const eventBytes = events[index]?.byteLength ?? 0
      if (byteCount > 0 && byteCount + eventBytes > blockLimitBytes) {
        this.#sendBlock(kind, events.slice(first, index), byteCount)
        first = index
        byteCount = 0
      }
      byteCount += eventBytes
    }
    if (first < events.length) this.#sendBlock(kind, events.slice(first), byteCount)
  }

  #sendBlock(kind: 'events' | 'spans', events: readonly Uint8Array[], byteCount: number): void {
    const limitBytes = kind === 'events' ? this.#limitBytes : this.#limitBytes / 2
    if (this.#thread === undefined || this.#thread.outstandingBytes + byteCount > limitBytes) {
      const counter = kind === 'events' ? CounterId.channelDropped : CounterId.spansDropped
      this.#settings.instruments.counters.add(counter, events.length)
      return
    }
    this.#thread.sendBlock(kind, joinBytes(events, byteCount), events.length)
  }

  #sendHits(ruleHits: readonly RuleHit[]): void {
    this.#pendingHits.add(ruleHits)
    if (this.#pendingHits.isEmpty || this.#thread === undefined) return
    if (this.#thread.outstandingBytes >= this.#limitBytes) return
    this.#post({ kind: 'rule-hits', hits: this.#pendingHits.take() })
  }

  #post(message: ToReporter): void {
    this.#thread?.worker.postMessage(message)
  }

  #attach(thread: ReportingLife): void {
    this.#thread = thread
    let fault: unknown
    thread.worker.on('message', (message: FromReporter) => this.#hear(message))
    thread.worker.on('error', (error) => {
      fault = error
    })
    thread.worker.on('exit', (code) => this.#ended(thread, fault ?? `it exited with ${code}`))
  }

  #hear(message: FromReporter): void {
    switch (message.kind) {
      case 'notice':
        this.#settings.onNotice(message.notice)
        break
      case 'coverage':
        this.#settings.onCoverage?.(message.notice)
        break
      case 'flushed':
        this.#flushes.get(message.id)?.(message.report)
        break
      case 'stopped':
        this.#settleStop(message.totals)
        // A client that still waits for a dead destination would keep the thread for seconds.
        void this.#thread?.worker.terminate()
        break
      case 'started':
      case 'refused':
        return
      default:
        message satisfies never
    }
  }

  #ended(thread: ReportingLife, fault: unknown): void {
    this.#thread = undefined
    for (const settle of [...this.#flushes.values()]) settle(unfinished)
    const { events, history } = this.#ledger.closeBooks()
    // A thread that has said goodbye has counted what it held by itself, and this changes nothing then.
    this.#settleStop([lossTotals(events + thread.countOutstanding('events'))])
    if (this.#stopping !== undefined) return
    const { counters } = this.#settings.instruments
    counters.add(CounterId.channelDropped, thread.countOutstanding('events'))
    counters.add(CounterId.spansDropped, thread.countOutstanding('spans'))
    counters.add(CounterId.reporterRestarts, 1)
    if (events + history > 0) {
      this.#settings.onNotice({ level: 'error', code: 'MWAF_REPORTER_LOSS', details: { events, history } })
    }
    if (performance.now() - thread.startedMs > longLifeMs) this.#restartPauseMs = restartPausesMs.first
    this.#restartLater(fault)
  }

  /** For ever: without a thread there is no admin port either, so whoever supervises the process sees it. */
  #restartLater(fault: unknown): void {
    this.#settings.onFailure(new MirrorwafError('MWAF_REPORTER_FAILED', { reason: reasonOf(fault) }, fault))
    this.#restartTimer = setTimeout(() => void this.#restart(), this.#restartPauseMs)
    this.#restartPauseMs = Math.min(2 * this.#restartPauseMs, restartPausesMs.longest)
  }

  async #restart(): Promise<void> {
    try {
      const thread = await this.#startAgain()
      if (this.#stopping !== undefined) {
        await thread.worker.terminate()
        return
      }
      this.#attach(thread)
      if (this.#engine !== undefined) this.#post({ kind: 'engine', info: this.#engine })
    } catch (thrown) {
      if (this.#stopping === undefined) this.#restartLater(thrown)
    }
  }
}

/** For a thread that ended without its own counts: what it held was not written, as far as anybody knows. */
function lossTotals(eventCount: number): SinkTotals {
  const dropped = { ...noDrops(), unflushed: eventCount }
  return { name: 'all', written: 0, dropped, queuedBytes: 0, filtered: 0, folded: 0 }
}

function withUiAddress(desk: DeskSettings | undefined, address: AdminAddress | undefined): DeskSettings | undefined {
  if (desk?.ui === undefined || address === undefined) return desk
  return { ...desk, ui: { ...desk.ui, address } }
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
