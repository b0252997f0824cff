// Entry of the reporting thread: owns the sinks, the metrics and the admin port. The listener's thread never waits for it.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { MirrorwafError, reasonOf } from '../errors.js'
import { type AdminServer, startAdminServer } from '../observe/admin-server.js'
import { CoverageMeter } from '../observe/coverage/coverage-meter.js'
import { coverageMetrics } from '../observe/coverage/coverage-metrics.js'
import { Instruments } from '../observe/instruments.js'
import { Metrics } from '../observe/metrics.js'
import type { EventDesk } from '../ui/event-desk.js'
import { withinTime } from '../within-time.js'
import { ChannelMeter } from './channel-meter.js'
import { FanOut } from './fan-out.js'
import { HeldLedger } from './held-ledger.js'
import type { FromReporter, ReporterData, StartFault, ToReporter } from './reporter-messages.js'
import { readHeaders, readTlsFiles } from './sink-files.js'

/** Time for the last metrics of a collector and for sinks to close; below the time that the main thread gives this one to end. */
const lastMomentMs = 500

async function serveReporter(port: MessagePort, data: ReporterData): Promise<void> {
  const tell = (message: FromReporter): void => port.postMessage(message)
  try {
    const reporter = await ReporterThread.start(data, tell)
    port.on('message', (message: ToReporter) => reporter.handle(message))
    tell({ kind: 'started', admin: reporter.adminAddress, ui: reporter.uiAddress })
  } catch (thrown) {
    tell({ kind: 'refused', fault: describeFault(thrown) })
    port.close()
  }
}

class ReporterThread {
  readonly #fanOut: FanOut
  readonly #metrics: Metrics
  readonly #admin: AdminServer | undefined
  readonly #desk: EventDesk | undefined
  readonly #stopPushing: readonly (() => Promise<void>)[]
  readonly #meter: ChannelMeter
  readonly #coverage: CoverageMeter | undefined
  readonly #tell: (message: FromReporter) => void

  private constructor(
    fanOut: FanOut,
    metrics: Metrics,
    admin: AdminServer | undefined,
    desk: EventDesk | undefined,
    stopPushing: readonly (() => Promise<void>)[],
    meter: ChannelMeter,
    coverage: CoverageMeter | undefined,
    tell: (message: FromReporter) => void,
  ) {
    this.#fanOut = fanOut
    this.#metrics = metrics
    this.#admin = admin
    this.#desk = desk
    this.#stopPushing = stopPushing
    this.#meter = meter
    this.#coverage = coverage
    this.#tell = tell
  }

  static async start(data: ReporterData, tell: (message: FromReporter) => void): Promise<ReporterThread> {
    const instruments = new Instruments(data.instruments)
    const { sinks, queueLimitBytes, isColoured, identity, datadog } = data
    const notify = (notice: Extract<FromReporter, { kind: 'notice' }>['notice']): void =>
      tell({ kind: 'notice', notice })
    const ledger = new HeldLedger(data.held)
    const fanOut = await FanOut.open({ sinks, queueLimitBytes, isColoured, identity, datadog, notify, ledger })
    const desk = data.desk === undefined ? undefined : await openDesk(data.desk, instruments, notify, ledger)
    const coverage = startCoverage(data, instruments, tell)
    const ofCoverage = coverage === undefined ? [] : coverageMetrics(() => coverage.report)
    const further = [...ofCoverage, ...(desk?.metrics ?? [])]
    const metrics = new Metrics({ instruments, sinks: () => [...fanOut.totals, ...(desk?.totals ?? [])], further })
    const admin = data.admin === undefined ? undefined : await openAdmin(data.admin, instruments, metrics)
    const stopPushing = await pushMetrics(data, metrics)
    const meter = new ChannelMeter(data.acknowledged)
    return new ReporterThread(fanOut, metrics, admin, desk, stopPushing, meter, coverage, tell)
  }

  get adminAddress(): AdminServer['address'] | undefined {
    return this.#admin?.address
  }

  get uiAddress(): AdminServer['address'] | undefined {
    return this.#desk?.address
  }

  handle(message: ToReporter): void {
    switch (message.kind) {
      case 'events':
        this.#fanOut.accept(message)
        this.#desk?.accept(message)
        // Taken over: from here on the bytes count against each sink's own queue. Last, so that a thread that dies over a block
        // leaves it counted as on its way.
        this.#meter.acknowledge(message.lines.byteLength)
        break
      case 'spans':
        this.#fanOut.acceptSpans(message)
        this.#meter.acknowledge(message.lines.byteLength)
        break
      case 'rule-hits':
        this.#metrics.addRuleHits(message.hits)
        break
      case 'engine':
        this.#metrics.setEngine(message.info)
        void this.#desk?.rulesChanged()
        break
      case 'reopen':
        this.#fanOut.reopen()
        break
      case 'flush':
        void this.#flush(message.id, message.timeLimitMs)
        break
      case 'stop':
        void this.#stop()
        break
      default:
        message satisfies never
    }
  }

  async #flush(id: number, timeLimitMs: number): Promise<void> {
    const flushed = await Promise.all([this.#fanOut.flush(timeLimitMs), this.#desk?.flush(timeLimitMs) ?? true])
    const isComplete = flushed.every(Boolean)
    this.#tell({ kind: 'flushed', id, report: { isComplete, totals: this.#fanOut.totals } })
  }

  async #stop(): Promise<void> {
    this.#coverage?.stop()
    const pushed = withinTime(Promise.all(this.#stopPushing.map((stop) => stop())), lastMomentMs)
    await Promise.all([
      this.#admin?.close(),
      this.#desk?.close(),
      withinTime(this.#fanOut.close(), lastMomentMs),
      pushed,
    ])
    this.#tell({ kind: 'stopped', totals: this.#fanOut.totals })
    parentPort?.close()
  }
}

function startCoverage(
  { coverage }: ReporterData,
  instruments: Instruments,
  tell: (message: FromReporter) => void,
): CoverageMeter | undefined {
  if (coverage.sources.length === 0) return undefined
  return CoverageMeter.start(coverage, instruments.counters, (notice) => tell({ kind: 'coverage', notice }))
}

/** Loaded only when it is asked for: SQLite and the page's files are of no use to a receiver without them. */
async function openDesk(...settings: Parameters<typeof EventDesk.open>): Promise<EventDesk> {
  const desk = await import('../ui/event-desk.js')
  return desk.EventDesk.open(...settings)
}

function openAdmin(address: AdminServer['address'], instruments: Instruments, metrics: Metrics): Promise<AdminServer> {
  return startAdminServer({
    address,
    counters: instruments.counters,
    metricsContentType: metrics.contentType,
    renderMetrics: () => metrics.render(),
  })
}

/** Metrics go to each collector that events go to. @returns what ends each of them. */
async function pushMetrics(data: ReporterData, metrics: Metrics): Promise<readonly (() => Promise<void>)[]> {
  const specs = data.sinks.flatMap((spec) => (spec.kind === 'otlp' && spec.metricsPeriodMs > 0 ? [spec] : []))
  if (specs.length === 0) return []
  const { startOtlpMetrics } = await import('../observe/otlp-metrics.js')
  return Promise.all(
    specs.map(async ({ url, isGzip, timeoutMs, metricsPeriodMs, headerFile, tls }) =>
      startOtlpMetrics({
        url,
        isGzip,
        timeoutMs,
        periodMs: metricsPeriodMs,
        headers: await readHeaders(headerFile),
        tls: await readTlsFiles(tls),
        identity: data.identity,
        metrics,
        startedAtMs: Date.now(),
      }),
    ),
  )
}

function describeFault(thrown: unknown): StartFault {
  if (thrown instanceof MirrorwafError) return { code: thrown.code, details: thrown.details, reason: thrown.message }
  return { code: 'MWAF_REPORTER_FAILED', details: { reason: reasonOf(thrown) }, reason: reasonOf(thrown) }
}

// Last, because classes above exist only from here on.
if (parentPort !== null) await serveReporter(parentPort, workerData)
