// The bench's hand on its sender process.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../errors.js'
import { onCore } from '../measure/affinity.js'
import type { AutocannonPlan, AutocannonResult, LoadPlan, SenderReply, SenderTask, StreamResult } from './plan.js'

const processPath = fileURLToPath(new URL('./sender-process.js', import.meta.url))

/** A sender process, pinned to a core when there is one to spare. */
export class Sender {
  readonly #child: ChildProcess

  constructor(core: number | undefined) {
    const [command, ...args] = onCore(core, [process.execPath, processPath])
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
  }

  /**
   * Runs a plan; the results come in the order of its streams.
   * @throws BenchError `MWAF_BENCH_SENDER`.
   */
  async run(plan: LoadPlan): Promise<readonly StreamResult[]> {
    const reply = await this.#ask({ kind: 'load', plan })
    if (reply.kind === 'load') return reply.results
    throw new BenchError('MWAF_BENCH_SENDER', { reason: reply.kind === 'failed' ? reply.reason : 'wrong answer' })
  }

  /**
   * Runs autocannon.
   * @throws BenchError `MWAF_BENCH_SENDER`.
   */
  async runAutocannon(plan: AutocannonPlan): Promise<AutocannonResult> {
    const reply = await this.#ask({ kind: 'autocannon', plan })
    if (reply.kind === 'autocannon') return reply.result
    throw new BenchError('MWAF_BENCH_SENDER', { reason: reply.kind === 'failed' ? reply.reason : 'wrong answer' })
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #ask(task: SenderTask): Promise<SenderReply> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void =>
        reject(new BenchError('MWAF_BENCH_SENDER', { reason: `it ended with code ${code}` }))
      this.#child.once('exit', onExit)
      this.#child.once('message', (message) => {
        this.#child.removeListener('exit', onExit)
        // Foreign boundary: IPC. Only load/sender-process.ts of the same build writes to this channel.
        resolve(message as SenderReply)
      })
      this.#child.send(task)
    })
  }
}
