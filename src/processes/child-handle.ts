// The primary's hand on one child: its start, its end, and what it says in between.
import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { MirrorwafError } from '../errors.js'
import type { ProcessRestartCause } from '../observe/counter-ids.js'
import type { ServeOptions } from '../options/serve-options.js'
import type { PipelineInfo } from '../pipeline.js'
import { withinTime } from '../within-time.js'
import { rebuildFault } from './fault.js'
import type { FromChild, ToChild } from './messages.js'

/** How a child ended, and after what time. */
export interface ChildEnd {
  readonly cause: ProcessRestartCause
  /** For people: the exit code or the signal. */
  readonly reason: string
  readonly livedMs: number
}

/** What a child says once it runs. */
export type ChildMessage = Exclude<FromChild, { readonly kind: 'ready' | 'refused' }>

/** A child that has exited may still have messages in the channel; a grandchild could hold it open, so this is bounded. */
const lastMessagesMs = 1000

const entryPath = fileURLToPath(new URL('./child-entry.js', import.meta.url))

/** Must be called before the first child is forked. Settings of cluster are the process's. */
export function prepareCluster(): void {
  // The children accept for themselves: the other policy passes each connection through the primary.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  // Nothing but events may come out of stdout, and those are the primary's.
  cluster.setupPrimary({
    exec: entryPath,
    args: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

export class ChildHandle {
  readonly number: number
  /** Rejects with the MirrorwafError that kept it from starting. */
  readonly ready: Promise<PipelineInfo>
  /** Settles when the process is gone and all it said was heard; never rejects. */
  readonly ended: Promise<ChildEnd>
  readonly #worker: Worker
  readonly #startedAtMs: number = performance.now()
  #isReady = false
  #settleReady: (info: PipelineInfo) => void = () => {}
  #failStart: (error: MirrorwafError) => void = () => {}

  /**
   * Starts a process.
   * @param number - which place it takes, from 1.
   */
  constructor(number: number, options: ServeOptions, onMessage: (message: ChildMessage) => void) {
    this.number = number
    this.#worker = cluster.fork()
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = resolve
      this.#failStart = reject
    })
    this.#worker.on('message', (message: FromChild) => this.#hear(message, onMessage))
    // A message that could not be sent: the process is gone, which `ended` tells.
    this.#worker.on('error', () => {})
    this.ended = this.#awaitEnd()
    this.post({ kind: 'start', processNumber: number, options })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  post(message: ToChild): void {
    if (this.#worker.isConnected()) this.#worker.process.send(message)
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  #hear(message: FromChild, onMessage: (message: ChildMessage) => void): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true
        this.#settleReady(message.info)
        break
      case 'refused':
        this.#failStart(rebuildFault(message.fault, this.number))
        break
      default:
        onMessage(message)
    }
  }

  async #awaitEnd(): Promise<ChildEnd> {
    const disconnected = new Promise((resolve) => this.#worker.once('disconnect', resolve))
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      this.#worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }))
    })
    const { code, signal } = await exited
    await withinTime(disconnected, lastMessagesMs)
    const reason = signal ? `signal ${signal}` : `exit code ${code}`
    const cause = this.#isReady ? (signal ? 'signal' : 'exit') : 'start'
    this.#isReady = false
    this.#failStart(new MirrorwafError('MWAF_PROCESS_START', { number: this.number, reason }))
    return { cause, reason, livedMs: performance.now() - this.#startedAtMs }
  }
}
