// A real `mirrorwaf serve` under fuzzing: its process, its counters, and connections to it over a Unix socket, so that a
// million of them use up no ports.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { findFreePorts } from '../../e2e/support/free-ports.js'
import { sleep } from '../../e2e/support/wait-until.js'

/** After so long without any progress the receiver counts as hanging. */
const patienceMs = 60_000

/** What the receiver has counted. */
export interface Account {
  readonly received: number
  /** By name. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Workers that had to be replaced. */
  readonly restarts: number
  readonly engineErrors: number
}

/** One running receiver. Call `stop`. */
export class FuzzedReceiver {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #adminPort: number
  #errors = ''
  #end: string | undefined

  private constructor(child: ChildProcess, folder: string, adminPort: number) {
    this.#child = child
    this.#folder = folder
    this.#adminPort = adminPort
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = `${this.#errors}${text}`.slice(-4000)
    })
    child.once('exit', (code, signal) => {
      this.#end = signal ?? `exit ${code}`
    })
  }

  static async start(): Promise<FuzzedReceiver> {
    const folder = mkdtempSync(`${tmpdir()}/mirrorwaf-fuzz-`)
    const [adminPort = 0] = await findFreePorts(1)
    const main = fileURLToPath(import.meta.resolve('#src/main.js'))
    const args = ['--listen', `unix:${folder}/s`, '--admin', `127.0.0.1:${adminPort}`, '--workers', '2']
    args.push('--events', 'none', '--log-level', 'warn', '--drain-delay', '0')
    const child = spawn(process.execPath, [main, 'serve', ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: {} })
    const receiver = new FuzzedReceiver(child, folder, adminPort)
    await receiver.#until('the start', async () => (await receiver.#ask('/readyz')) !== undefined)
    return receiver
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  connect(): Socket {
    return connect(`${this.#folder}/s`)
  }

  async account(): Promise<Account> {
    this.#assertRunning()
    const text = (await this.#ask('/metrics')) ?? ''
    const outcomes: Record<string, number> = {}
    for (const [, name = '', count] of text.matchAll(/^mirrorwaf_requests_outcome_total{outcome="([^"]+)"} (\d+)/gm)) {
      outcomes[name] = Number(count)
    }
    return {
      received: sumOf(text, 'mirrorwaf_requests_received_total'),
      outcomes,
      restarts: sumOf(text, 'mirrorwaf_workers_restarted_total'),
      engineErrors: sumOf(text, 'mirrorwaf_engine_errors_total'),
    }
  }

  /**
   * Waits until every request that was received has its outcome.
   * @throws Error when the receiver has ended, or makes no progress.
   */
  async settle(): Promise<Account> {
    let account = await this.account()
    let lastTotal = -1
    let changedAtMs = performance.now()
    while (totalOf(account) !== account.received) {
      if (totalOf(account) !== lastTotal) {
        lastTotal = totalOf(account)
        changedAtMs = performance.now()
      }
      if (performance.now() - changedAtMs > patienceMs) throw new Error(`it hangs: ${JSON.stringify(account)}`)
      await sleep(10)
      account = await this.account()
    }
    return account
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#until('its end', async () => this.#end !== undefined)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** @throws Error with how it ended and its last words. */
  #assertRunning(): void {
    if (this.#end !== undefined) throw new Error(`the receiver has ended: ${this.#end}\n${this.#errors}`)
  }

  async #ask(path: string): Promise<string | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#adminPort}${path}`)
      return answer.ok ? await answer.text() : undefined
    } catch {
      // It has not opened its port yet, or has ended, which the caller finds out.
      return undefined
    }
  }

  async #until(what: string, isDone: () => Promise<boolean>): Promise<void> {
    const endMs = performance.now() + patienceMs
    while (!(await isDone())) {
      if (what === 'the start') this.#assertRunning()
      if (performance.now() > endMs) throw new Error(`${what} does not come\n${this.#errors}`)
      await sleep(10)
    }
  }
}

/** All outcomes together. */
export function totalOf({ outcomes }: Account): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0)
}

function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
