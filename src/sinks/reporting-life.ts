// One life of the reporting thread, from its start to its end, and what is on its way to it.
import { Worker } from 'node:worker_threads'
import { isErrorCode, MirrorwafError, reasonOf } from '../errors.js'
import { allocateChannelMeter, ChannelMeter } from './channel-meter.js'
import type { BoundAddresses, FromReporter, ReporterData, StartFault, ToReporter } from './reporter-messages.js'

/** What a thread is told at its start, without the channel, which is new for each. */
export type ThreadSettings = Omit<ReporterData, 'acknowledged'>
export type ThreadStarter = (data: ReporterData) => Worker

/** The real thread. */
export function startThread(data: ReporterData): Worker {
  return new Worker(new URL('./reporter-thread.js', import.meta.url), {
    name: 'mirrorwaf-reporter',
    workerData: data,
    execArgv: [],
  })
}

export class ReportingLife {
  readonly worker: Worker
  readonly addresses: BoundAddresses
  readonly startedMs: number = performance.now()
  readonly #meter: ChannelMeter
  /** Blocks that the thread may not have taken over yet, oldest first; bounded by the channel. */
  readonly #underway: { readonly kind: 'events' | 'spans'; readonly byteCount: number; readonly eventCount: number }[] =
    []
  #underwayBytes = 0

  private constructor(worker: Worker, meter: ChannelMeter, addresses: BoundAddresses) {
    this.worker = worker
    this.#meter = meter
    this.addresses = addresses
  }

  /** @throws MirrorwafError `MWAF_SINK_TARGET`, `MWAF_LISTENER_ADDRESS`, or `MWAF_REPORTER_FAILED`. */
  static async start(settings: ThreadSettings, startWorker: ThreadStarter): Promise<ReportingLife> {
    const acknowledged = allocateChannelMeter()
    const worker = startWorker({ ...settings, acknowledged })
    try {
      return new ReportingLife(worker, new ChannelMeter(acknowledged), await waitForStart(worker))
    } catch (thrown) {
      // What it had opened before goes with it: timers that keep it alive, ports and the store that the next try needs.
      await worker.terminate()
      throw thrown
    }
  }

  get outstandingBytes(): number {
    return this.#meter.outstandingBytes
  }

  /** @param lines - given away. */
  sendBlock(kind: 'events' | 'spans', lines: Uint8Array<ArrayBuffer>, eventCount: number): void {
    const byteCount = lines.byteLength
    this.#forgetTaken()
    this.#meter.send(byteCount)
    this.#underway.push({ kind, byteCount, eventCount })
    this.#underwayBytes += byteCount
    this.worker.postMessage({ kind, lines, eventCount } satisfies ToReporter, [lines.buffer])
  }

  /** Events, or requests without one, that were on their way and not taken over. */
  countOutstanding(wanted: 'events' | 'spans'): number {
    this.#forgetTaken()
    return this.#underway.reduce((sum, { kind, eventCount }) => (kind === wanted ? sum + eventCount : sum), 0)
  }

  #forgetTaken(): void {
    const outstandingBytes = this.#meter.outstandingBytes
    for (let oldest = this.#underway[0]; oldest !== undefined; oldest = this.#underway[0]) {
      if (this.#underwayBytes - oldest.byteCount < outstandingBytes) return
      this.#underwayBytes -= oldest.byteCount
      this.#underway.shift()
    }
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

function faultToError({ code, details, reason }: StartFault): MirrorwafError {
  return isErrorCode(code) ? new MirrorwafError(code, details) : reporterFailure(reason)
}

function reporterFailure(cause: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_REPORTER_FAILED', { reason: reasonOf(cause) }, cause)
}
