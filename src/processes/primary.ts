// The primary of several processes: starts them, adds up what they count, writes what they find, replaces those that end.
// It sees no request itself, so that nothing a sender does can end it.
import { canReusePort } from '../listener/bind.js'
import { CounterId, LifeState, processRestartCauses } from '../observe/counter-ids.js'
import { Instruments } from '../observe/instruments.js'
import type { Log } from '../observe/log.js'
import { describeAdmin, describePage, openReporter } from '../open-reporter.js'
import type { ServeOptions } from '../options/serve-options.js'
import type { PipelineInfo } from '../pipeline.js'
import type { Reporter } from '../sinks/reporter.js'
import { countUnflushed } from '../sinks/sink.js'
import { delay, withinTime } from '../within-time.js'
import { checkPorts } from './check-ports.js'
import { type ChildEnd, ChildHandle, type ChildMessage, prepareCluster } from './child-handle.js'
import { childOptions } from './child-options.js'
import { type InstrumentPart, InstrumentSums } from './instrument-sums.js'
import { RestartDelay } from './restart-delay.js'

/** What a child may take on top of its own drain: its last flush, its log, its end. */
const drainGraceMs = 8000
/** Time for children that were killed to be gone. */
const killedMs = 1000
/** Time for a last flush when everything else is done. */
const lastFlushMs = 2000

/** Several processes that serve as one. Make it with `startProcesses`. */
export class Primary {
  readonly #options: ServeOptions
  readonly #log: Log
  readonly #instruments: Instruments
  readonly #reporter: Reporter
  readonly #sums: InstrumentSums
  readonly #children = new Set<ChildHandle>()
  /** Where children listen; with the real ports once the first one has them. */
  #listen: readonly string[]
  #info: PipelineInfo = { listening: [], admin: undefined, page: undefined, engine: undefined }
  #hasStarted = false
  #stopping: Promise<void> | undefined

  constructor(options: ServeOptions, log: Log, instruments: Instruments, reporter: Reporter) {
    this.#options = options
    this.#log = log
    this.#instruments = instruments
    this.#reporter = reporter
    this.#sums = new InstrumentSums(instruments)
    this.#listen = options.listen
  }

  get info(): PipelineInfo {
    return this.#info
  }

  /**
   * The first child alone, because it finds the ports and because its fault would be that of all; then the others at once.
   * @throws MirrorwafError of the first child that cannot start; the others have ended then.
   */
  async start(): Promise<void> {
    const endAll = (): void => this.#killAll()
    process.once('exit', endAll)
    try {
      const first = await this.#fork(1).ready
      if (canReusePort) this.#listen = first.listening
      this.#info = { ...first, admin: describeAdmin(this.#reporter), page: describePage(this.#reporter) }
      const others = Array.from({ length: this.#options.processes - 1 }, (_, index) => this.#fork(index + 2).ready)
      await Promise.all(others)
    } catch (error) {
      this.#stopping = Promise.resolve()
      this.#killAll()
      await withinTime(this.#allEnded(), killedMs)
      process.off('exit', endAll)
      throw error
    }
    this.#hasStarted = true
    this.#showReadiness()
  }

  /** Opens event files anew; all children load the ruleset again, each keeping its old one when it is bad. */
  async reload(): Promise<void> {
    this.#reporter.reopen()
    for (const child of this.#children) child.post({ kind: 'reload' })
  }

  /** Drains all children, then writes what they found. Repeated calls wait too. */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  async #drain(): Promise<void> {
    this.#instruments.counters.set(CounterId.lifeState, LifeState.draining)
    for (const child of this.#children) child.post({ kind: 'stop' })
    const { drainDelayMs, drainTimeoutMs } = this.#options
    if (!(await withinTime(this.#allEnded(), drainDelayMs + drainTimeoutMs + drainGraceMs))) {
      this.#log.warn('not all processes ended in time; they are killed')
      this.#killAll()
      await withinTime(this.#allEnded(), killedMs)
    }
    const flushed = await this.#reporter.flush(lastFlushMs)
    const unflushed = countUnflushed(await this.#reporter.stop())
    if (!flushed.isComplete) this.#log.warn('not all events could be written before the end', { unflushed })
  }

  /**
   * Starts a child and sees to its place from then on.
   * @param restartDelay - of a place that is filled again; a first child that cannot start fails `start` instead.
   */
  #fork(number: number, restartDelay?: RestartDelay): ChildHandle {
    const part = this.#sums.addPart()
    const options = childOptions(this.#options, number, this.#listen)
    const child = new ChildHandle(number, options, (message) => this.#hear(part, message))
    this.#children.add(child)
    child.ready.then(
      () => this.#showReadiness(),
      (error: unknown) => {
        if (restartDelay !== undefined && this.#stopping === undefined) this.#log.fault(error)
      },
    )
    child.ended
      .then((end) => {
        const lost = this.#retire(child, part)
        if (this.#stopping !== undefined || (restartDelay === undefined && end.cause === 'start')) return undefined
        return this.#replace(child, end, lost, restartDelay ?? new RestartDelay())
      })
      .catch((error: unknown) => this.#log.fault(error))
    return child
  }

  /** @returns how many requests the child had in its hands. */
  #retire(child: ChildHandle, part: InstrumentPart): number {
    this.#children.delete(child)
    this.#showReadiness()
    return this.#sums.retire(part)
  }

  async #replace(child: ChildHandle, end: ChildEnd, lost: number, restartDelay: RestartDelay): Promise<void> {
    const delayMs = restartDelay.nextMs(end.livedMs)
    this.#instruments.counters.add(CounterId.processRestart + processRestartCauses.indexOf(end.cause), 1)
    this.#log.coded('error', 'MWAF_PROCESS_ENDED', { number: child.number, reason: end.reason, lost, delayMs })
    await delay(delayMs)
    if (this.#stopping === undefined) this.#fork(child.number, restartDelay)
  }

  #hear(part: InstrumentPart, message: ChildMessage): void {
    switch (message.kind) {
      case 'report': {
        const { events, spans, ruleHits, counters } = message.report
        this.#reporter.send(events, ruleHits)
        if (spans.length > 0) this.#reporter.sendSpans(spans)
        this.#sums.update(part, { counters, histograms: undefined })
        break
      }
      case 'numbers':
        this.#sums.update(part, message.numbers)
        break
      case 'engine':
        this.#reporter.setEngine(message.info)
        break
      default:
        message satisfies never
    }
  }

  /**
   * Ready when all children were once, and then for as long as one is: the port is shared, so a place that is being filled
   * again takes nothing from the others, and to lose all traffic for it would.
   */
  #showReadiness(): void {
    const readyCount = [...this.#children].filter(({ isReady }) => isReady).length
    const { counters } = this.#instruments
    counters.set(CounterId.childProcesses, readyCount)
    if (!this.#hasStarted || this.#stopping !== undefined) return
    counters.set(CounterId.lifeState, readyCount > 0 ? LifeState.ready : LifeState.starting)
  }

  async #allEnded(): Promise<void> {
    await Promise.all([...this.#children].map(({ ended }) => ended))
  }

  #killAll(): void {
    for (const child of this.#children) child.kill()
  }
}

/**
 * Starts the reporting thread, then `options.processes` processes that serve.
 * @throws MirrorwafError of the part that cannot start; what was started is ended again.
 */
export async function startProcesses(options: ServeOptions, log: Log): Promise<Primary> {
  const instruments = new Instruments()
  instruments.counters.set(CounterId.startedAtMs, Date.now())
  const reporter = await openReporter(options, log, instruments)
  try {
    if (canReusePort) await checkPorts(options)
    prepareCluster()
    const primary = new Primary(options, log, instruments, reporter)
    await primary.start()
    return primary
  } catch (error) {
    await reporter.stop()
    throw error
  }
}
