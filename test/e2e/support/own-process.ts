// Programs that a test starts: their output is kept for the failure message, and only they are ever signalled.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Test } from 'tap'
import { sleep } from './wait-until.js'

/** How long a program may take to end after SIGTERM before it is killed. */
const endPatienceMs = 5_000
/** Output kept per stream; the oldest goes first. */
const outputLimitChars = 64 * 1024

export interface OwnProcessOptions {
  /** How failure messages call it. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** The whole environment; nothing is inherited but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
}

/** Process groups of this test process that still run, by their leader's id. */
const running = new Set<number>()
/** This test process was told to end. */
let isEnding = false

/** A program in a process group of its own. It ends with the test that started it. */
export class OwnProcess {
  readonly name: string
  /** Resolves with how it ended, in words. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #end: string | undefined

  private constructor(options: OwnProcessOptions) {
    this.name = options.name
    const { PATH, HOME } = process.env
    this.#child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { PATH, HOME, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-outputLimitChars)
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-outputLimitChars)
    })
    const { pid } = this.#child
    if (pid !== undefined) running.add(pid)
    this.ended = new Promise((resolve) => {
      const finish = (end: string): void => {
        if (pid !== undefined) running.delete(pid)
        this.#end ??= end
        resolve(this.#end)
      }
      this.#child.once('error', (error) => finish(error.message))
      this.#child.once('exit', (code, signal) => finish(signal ?? `exit ${code}`))
    })
  }

  /** Starts a program and ends it when the test `t` is over. */
  static start(t: Test, options: OwnProcessOptions): OwnProcess {
    if (isEnding) throw new Error(`${options.name} is not started: the test is being ended`)
    const started = new OwnProcess(options)
    t.teardown(() => started.stop())
    return started
  }

  /** Its id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** `undefined` while it runs, then how it ended. */
  get end(): string | undefined {
    return this.#end
  }

  /** The last of what it wrote and whether it still runs, for failure messages. */
  describe(): string {
    const state = this.#end === undefined ? 'is running' : `ended: ${this.#end}`
    return `(${this.name} ${state}; stderr: ${this.#stderr.slice(-2000)}; stdout: ${this.#stdout.slice(-500)})`
  }

  /** @throws Error if it has ended: a wait for it would be in vain. */
  assertRunning(): void {
    if (this.#end !== undefined) throw new Error(`${this.name} has ended ${this.describe()}`)
  }

  /** Signals the program and what it started. Nothing happens if it has ended. */
  signal(name: NodeJS.Signals): void {
    if (this.#end === undefined && this.#child.pid !== undefined) signalGroup(this.#child.pid, name)
  }

  /** SIGTERM, after some seconds SIGKILL; resolves with how it ended. A stopped program is woken first. */
  async stop(): Promise<string> {
    this.signal('SIGCONT')
    this.signal('SIGTERM')
    const hasEnded = await Promise.race([this.ended.then(() => true), sleep(endPatienceMs).then(() => false)])
    if (!hasEnded) this.signal('SIGKILL')
    return this.ended
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}

function signalGroup(leaderPid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, name)
  } catch (thrown) {
    // It may have ended a moment ago: then the group is gone, which is what a signal was to achieve.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}

function killAll(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
}

// A test that is cut off runs no teardown: what it started must not outlive it, and nothing more may start.
process.once('exit', killAll)
process.once('SIGTERM', () => {
  isEnding = true
  killAll()
  // tap, too, listens to this signal, to say what was cut off; it gets the time to.
  setTimeout(() => process.exit(1), 1_000)
})
