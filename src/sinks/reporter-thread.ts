// Entry of the reporting thread: owns the sinks, the metrics and the admin port. The listener's thread never waits for it.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { MirrorwafError, reasonOf } from '../errors.js'
import { type AdminServer, startAdminServer } from '../observe/admin-server.js'
import { Instruments } from '../observe/instruments.js'
import { Metrics } from '../observe/metrics.js'
import { EventDesk } from '../ui/event-desk.js'
import { ChannelMeter } from './channel-meter.js'
import { FanOut } from './fan-out.js'
import type { FromReporter, ReporterData, StartFault, ToReporter } from './reporter-messages.js'

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
  readonly #meter: ChannelMeter
  readonly #tell: (message: FromReporter) => void

  private constructor(
    fanOut: FanOut,
    metrics: Metrics,
    admin: AdminServer | undefined,
    desk: EventDesk | undefined,
    meter: ChannelMeter,
    tell: (message: FromReporter) => void,
  ) {
    this.#fanOut = fanOut
    this.#metrics = metrics
    this.#admin = admin
    this.#desk = desk
    this.#meter = meter
    this.#tell = tell
  }

  static async start(data: ReporterData, tell: (message: FromReporter) => void): Promise<ReporterThread> {
    const instruments = new Instruments(data.instruments)
    const { sinks, queueLimitBytes, isColoured } = data
    const notify = (notice: Extract<FromReporter, { kind: 'notice' }>['notice']): void =>
      tell({ kind: 'notice', notice })
    const fanOut = await FanOut.open({ sinks, queueLimitBytes, isColoured, notify })
    const desk = data.desk === undefined ? undefined : await EventDesk.open(data.desk, instruments, notify)
    const metrics = new Metrics({ instruments, sinks: () => [...fanOut.totals, ...(desk?.totals ?? [])] })
    const admin = data.admin === undefined ? undefined : await openAdmin(data.admin, instruments, metrics)
    return new ReporterThread(fanOut, metrics, admin, desk, new ChannelMeter(data.acknowledged), tell)
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
        // Taken over: from here on the bytes count against each sink's own queue.
        this.#meter.acknowledge(message.lines.byteLength)
        this.#fanOut.accept(message)
        this.#desk?.accept(message)
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
    await Promise.all([this.#admin?.close(), this.#desk?.close(), this.#fanOut.close()])
    this.#tell({ kind: 'stopped', totals: this.#fanOut.totals })
    parentPort?.close()
  }
}

function openAdmin(address: AdminServer['address'], instruments: Instruments, metrics: Metrics): Promise<AdminServer> {
  return startAdminServer({
    address,
    counters: instruments.counters,
    metricsContentType: metrics.contentType,
    renderMetrics: () => metrics.render(),
  })
}

function describeFault(thrown: unknown): StartFault {
  if (thrown instanceof MirrorwafError) return { code: thrown.code, details: thrown.details, reason: thrown.message }
  return { code: 'MWAF_REPORTER_FAILED', details: { reason: reasonOf(thrown) }, reason: reasonOf(thrown) }
}

// Last, because classes above exist only from here on.
if (parentPort !== null) await serveReporter(parentPort, workerData)
