// Keeps a plugin server running: starts it, asks for its health, ends it when it hangs, starts it again with back-off.
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Log } from '../observe/log.js'
import { withinTime } from '../within-time.js'
import { isAnswering } from './status-probe.js'

export interface SupervisorSettings {
  /** Absolute path of the plugin server's script. */
  readonly server: string
  /** Absolute path; kong-pdk resolves files in it against nothing. */
  readonly pluginsDir: string
  readonly socket: string
  readonly healthPeriodMs: number
  readonly healthTimeoutMs: number
  readonly restartDelayMs: number
  readonly restartDelayLimitMs: number
  /** For the plugin server; nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>
}

/** One answer that is missed may be a busy moment; so many in a row are a server that hangs. */
const toleratedMisses = 2
/** A start loads a compiler for TypeScript plugins, which takes seconds on a busy machine. */
const startPatienceMs = 20_000
/** How often a server that starts is asked, so that it counts as healthy soon. */
const startPeriodMs = 200
/** Time between SIGTERM and SIGKILL. */
const endPatienceMs = 2000
/** A plugin's line on stderr goes into the log up to this length. */
const lineLimitChars = 2000

/** Runs a plugin server until it is stopped. Make it and call `start`. */
export class Supervisor {
  readonly #settings: SupervisorSettings
  readonly #log: Log
  #child: ChildProcess | undefined
  #isStopping = false
  #isHealthy = false
  #delayMs: number
  #restartCount = 0
  #running: Promise<void> | undefined
  readonly #stopSignal = Promise.withResolvers<void>()

  constructor(settings: SupervisorSettings, log: Log) {
    this.#settings = settings
    this.#log = log
    this.#delayMs = settings.restartDelayMs
  }

  /** The plugin server answers. */
  get isHealthy(): boolean {
    return this.#isHealthy
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /** The process id of the plugin server; `undefined` between two. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the plugin server and waits until it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopSignal.resolve()
    this.#child?.kill('SIGTERM')
    if (this.#running === undefined) return
    if (!(await withinTime(this.#running, endPatienceMs))) {
      this.#child?.kill('SIGKILL')
      await this.#running
    }
    rmSync(this.#settings.socket, { force: true })
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const how = await this.#runOnce()
      if (this.#isStopping) return
      this.#log.coded('error', 'MWAF_KONG_SERVER', { how, delay_ms: this.#delayMs })
      if (await withinTime(this.#stopSignal.promise, this.#delayMs)) return
      this.#delayMs = Math.min(this.#settings.restartDelayLimitMs, this.#delayMs * 2)
      this.#restartCount += 1
    }
  }

  /** @returns how it ended, in words. */
  async #runOnce(): Promise<string> {
    const { server, pluginsDir, socket, environment } = this.#settings
    const args = [server, '--plugins-directory', pluginsDir, '-p', dirname(socket), '--sock-name', basename(socket)]
    const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const ended = endOf(child)
    this.#logLines(child.stdout, 'debug')
    this.#logLines(child.stderr, 'warn')
    const watching = this.#watch(child, ended)
    const how = await ended
    this.#child = undefined
    this.#isHealthy = false
    await watching
    return how
  }

  /** Asks for the status as long as the process lives. */
  async #watch(child: ChildProcess, ended: Promise<string>): Promise<void> {
    const { socket, healthPeriodMs, healthTimeoutMs } = this.#settings
    const startEndMs = performance.now() + startPatienceMs
    let hasAnswered = false
    let misses = 0
    while (!(await withinTime(ended, hasAnswered ? healthPeriodMs : Math.min(healthPeriodMs, startPeriodMs)))) {
      if (await isAnswering(socket, healthTimeoutMs)) {
        hasAnswered = true
        misses = 0
        this.#onHealthy(child)
        continue
      }
      this.#isHealthy = false
      if (!hasAnswered && performance.now() < startEndMs) continue
      misses += 1
      if (misses <= toleratedMisses) continue
      this.#log.coded('error', 'MWAF_KONG_HEALTH', { misses, timeout_ms: healthTimeoutMs })
      child.kill('SIGKILL')
    }
  }

  #onHealthy({ pid }: ChildProcess): void {
    if (!this.#isHealthy) this.#log.info('the plugin server answers', { pid: pid ?? 0, socket: this.#settings.socket })
    else this.#delayMs = this.#settings.restartDelayMs
    this.#isHealthy = true
  }

  #logLines(output: Readable, level: 'debug' | 'warn'): void {
    createInterface({ input: output }).on('line', (line) => {
      this.#log[level]('plugin server', { line: line.slice(0, lineLimitChars) })
    })
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}
