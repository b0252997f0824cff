// Entry of a process that serves under a primary: a pipeline whose reporter is the way to the primary.
// Everything it is told comes over IPC: no argument, no environment variable, no signal of the group's.
import cluster from 'node:cluster'
import { exitOnUncaught } from '../commands/process-io.js'
import { createLog, type Log } from '../observe/log.js'
import type { ServeOptions } from '../options/serve-options.js'
import { type Pipeline, startPipeline } from '../pipeline.js'
import { describeFault } from './fault.js'
import { ForwardingReporter, type PrimaryChannel } from './forwarding-reporter.js'
import type { FromChild, ToChild } from './messages.js'

/** Time for the last log lines at the end. */
const logFlushMs = 500

const channel: PrimaryChannel = {
  post(message: FromChild, onTaken: () => void): void {
    // Without its primary there is nobody to tell; `ServingChild.orphaned` sees to the rest.
    if (process.send === undefined || !process.connected) onTaken()
    else process.send(message, undefined, undefined, () => onTaken())
  },
}

class ServingChild {
  readonly #log: Log
  readonly #pipeline: Pipeline
  #reloading: Promise<void> = Promise.resolve()

  private constructor(log: Log, pipeline: Pipeline) {
    this.#log = log
    this.#pipeline = pipeline
  }

  /** @throws MirrorwafError of the part that cannot start. */
  static async start(options: ServeOptions, processNumber: number): Promise<ServingChild> {
    const log = createLog({ level: options.logLevel, processNumber })
    const pipeline = await startPipeline(
      options,
      { log, onEvent: undefined },
      {
        openReporter: async (instruments) => new ForwardingReporter(channel, instruments, options.sinkQueueLimitBytes),
        isPortShared: true,
      },
    )
    channel.post({ kind: 'ready', info: pipeline.info }, () => {})
    return new ServingChild(log, pipeline)
  }

  /** One reload at a time. */
  reload(): void {
    this.#reloading = this.#reloading.then(() => this.#pipeline.reload()).catch((thrown) => this.#log.fault(thrown))
  }

  async stop(): Promise<void> {
    await this.#pipeline.stop()
    await this.#log.flush(logFlushMs)
  }

  /** The primary is gone: its events would reach nobody, so it takes nothing more, and gives the port free. */
  async orphaned(): Promise<void> {
    this.#log.warn('the primary process is gone; this one ends')
    await this.#pipeline.stop(0)
    await this.#log.flush(logFlushMs)
  }
}

/** Waits for orders; resolves when the process may end. */
function serve(): Promise<void> {
  return new Promise((resolve, reject) => {
    let child: Promise<ServingChild> | undefined
    process.on('message', (message) => {
      // Foreign boundary: IPC. Only the primary, of the same build, writes to this channel.
      const order = message as ToChild
      switch (order.kind) {
        case 'start':
          child = ServingChild.start(Object.freeze(order.options), order.processNumber)
          child.catch(reject)
          break
        case 'reload':
          child?.then((started) => started.reload(), ignore)
          break
        case 'stop':
          child?.then((started) => started.stop().then(resolve, reject), ignore)
          break
        default:
          order satisfies never
      }
    })
    cluster.worker?.once('disconnect', () => {
      keepClusterFromExiting()
      if (child === undefined) resolve()
      else child.then((started) => started.orphaned().then(resolve, reject), ignore)
    })
  })
}

/** cluster ends a child at once when its primary is gone, unless the child itself had asked for that. */
function keepClusterFromExiting(): void {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
}

/** Ctrl-C goes to all processes of a terminal, systemd's SIGTERM to all of a unit: the primary decides when each ends. */
function leaveSignalsToPrimary(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ignore)
}

/** For signals that are the primary's, and for a start that failed: `child.catch(reject)` has answered that. */
function ignore(): void {}

function tellRefusal(thrown: unknown): Promise<void> {
  return new Promise((resolve) => {
    channel.post({ kind: 'refused', fault: describeFault(thrown) }, resolve)
  })
}

leaveSignalsToPrimary()
exitOnUncaught()
const exitCode = await serve().then(
  () => 0,
  (thrown: unknown) => tellRefusal(thrown).then(() => 1),
)
process.exit(exitCode)
