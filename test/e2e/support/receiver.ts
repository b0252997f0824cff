// The receiver under test: `mirrorwaf serve` from the build, as a process of its own, seen only through what it offers to
// its users: the events file, the metrics, the health page.
import { existsSync, readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { SecurityEvent } from '#src/verdict/event.js'
import type { Outcome } from '#src/verdict/outcome.js'
import { findFreePorts } from './free-ports.js'
import { OwnProcess } from './own-process.js'
import { repositoryRoot, temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface ReceiverOptions {
  readonly isHijacking?: boolean
  /** Listen where an earlier one was. */
  readonly port?: number
  readonly rulesPath?: string
  /** Further options, as on the command line. */
  readonly args?: readonly string[]
  /** Events go to standard output, and whatever reads that never does. */
  readonly isOutputStalled?: boolean
  /** No file that it writes may become larger: a disk that fills up, as far as that needs no root. A multiple of 1 KiB. */
  readonly fileLimitBytes?: number
  /** Without the modules that the test runner has every Node process load: they would count as the receiver's memory. */
  readonly isUnhooked?: boolean
  /** For Node itself, e.g. a module to load before all others. */
  readonly nodeArgs?: readonly string[]
}

/** What tells why requests and outcomes do not add up. */
const accountPattern = /^mirrorwaf_(requests|records|events|sink_dropped|workers|engine_errors|batches)_?[a-z_]*[ {]/

/** One running receiver. It ends with the test that started it. */
export class Receiver {
  readonly port: number
  readonly process: OwnProcess
  readonly #adminPort: number
  readonly eventsPath: string

  private constructor(port: number, adminPort: number, eventsPath: string, process: OwnProcess) {
    this.port = port
    this.#adminPort = adminPort
    this.eventsPath = eventsPath
    this.process = process
  }

  /** Starts a receiver and waits until it is ready: its workers have the rules. */
  static async start(t: Test, options: ReceiverOptions = {}): Promise<Receiver> {
    const [freePort = 0, adminPort = 0] = await findFreePorts(2)
    const port = options.port ?? freePort
    const eventsPath = `${temporaryFolder(t)}/events.jsonl`
    const args = ['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`, '--workers', '1']
    args.push('--events', options.isOutputStalled === true ? 'stdout' : `file:${eventsPath}`, '--drain-delay', '0')
    if (options.isHijacking === true) args.push('--hijack')
    if (options.rulesPath !== undefined) args.push('--rules', options.rulesPath)
    args.push(...(options.args ?? []))
    const program = [process.execPath, ...(options.nodeArgs ?? []), `${repositoryRoot}/dist/main.js`, 'serve', ...args]
    const [command, ...rest] = surround(program, options)
    const child = OwnProcess.start(t, {
      name: `mirrorwaf serve ${args.join(' ')}`,
      command: command ?? '',
      args: rest,
      // Plenty: 3 MB against all rules take 0.6 s, and a busy machine must not turn an attack into a time-out.
      env: { DD_APPSEC_WAF_TIMEOUT: '10s' },
    })
    const receiver = new Receiver(port, adminPort, eventsPath, child)
    await waitUntil(
      'the receiver to be ready',
      async () => {
        child.assertRunning()
        const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`)
        return answer.ok || undefined
      },
      () => child.describe(),
    )
    return receiver
  }

  /** Where its admin port is. */
  get adminUrl(): string {
    return `http://127.0.0.1:${this.#adminPort}`
  }

  /** All events so far, in order. */
  events(): readonly SecurityEvent[] {
    if (!existsSync(this.eventsPath)) return []
    const lines = readFileSync(this.eventsPath, 'utf8').split('\n')
    // What stands after the last line end is a line that is still being written.
    return lines.slice(0, -1).map((line): SecurityEvent => JSON.parse(line))
  }

  /** Waits for the one event whose path or query holds `text`. */
  awaitEvent(text: string): Promise<SecurityEvent> {
    const isMeant = ({ request }: SecurityEvent): boolean => `${request.path}?${request.query}`.includes(text)
    return waitUntil(
      `an event for ${text}`,
      () => this.events().find(isMeant),
      () => this.process.describe(),
    )
  }

  /** The metrics whose lines match and are not 0, for failure messages. */
  async #describeMetrics(pattern: RegExp): Promise<string> {
    const lines = (await this.scrape()).split('\n')
    return lines.filter((line) => pattern.test(line) && !line.endsWith(' 0')).join('; ')
  }

  /** What the load balancer's question is answered with: 200, or 503 while it drains. */
  async readyStatus(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.#adminPort}/readyz`)
    return answer.status
  }

  /** The value of a metric, summed over its label sets unless one is given, e.g. `outcome="clean"`. */
  async metric(name: string, labels = ''): Promise<number> {
    const lines = (await this.scrape()).split('\n')
    const isMeant = (line: string): boolean => /^[ {]/.test(line.slice(name.length)) && line.startsWith(name)
    const values = lines.filter((line) => isMeant(line) && line.includes(labels)).map(valueOfLine)
    return values.reduce((sum, value) => sum + value, 0)
  }

  /** All metrics, as Prometheus gets them. */
  async scrape(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.#adminPort}/metrics`)
    return answer.text()
  }

  /** Whether a metric has any value at all. */
  async hasMetric(name: string): Promise<boolean> {
    const lines = (await this.scrape()).split('\n')
    return lines.some((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  }

  outcomeCount(outcome: Outcome): Promise<number> {
    return this.metric('mirrorwaf_requests_outcome_total', `outcome="${outcome}"`)
  }

  /** Waits until exactly `count` requests have an outcome and each event was written or dropped. */
  async awaitDecided(count: number): Promise<void> {
    await waitUntil(`${count} requests to be decided`, async () => {
      const decided = await this.metric('mirrorwaf_requests_outcome_total')
      const written = await this.metric('mirrorwaf_sink_events_total')
      const dropped = await this.metric('mirrorwaf_sink_dropped_total')
      return (decided === count && written + dropped === (await this.outcomeCount('matched'))) || undefined
    })
  }

  /**
   * Waits until exactly `count` requests were received, each has its outcome, and each that matched its event. After it,
   * what has no event will get none.
   */
  async awaitAccounted(count: number): Promise<void> {
    let seen = ''
    await waitUntil(
      `${count} requests to be accounted for`,
      async () => {
        const received = await this.metric('mirrorwaf_requests_received_total')
        const decided = await this.metric('mirrorwaf_requests_outcome_total')
        const matched = await this.outcomeCount('matched')
        const written = this.events().length
        seen = `events ${written}; ${await this.#describeMetrics(accountPattern)}`
        return (received === count && decided === count && written === matched) || undefined
      },
      () => `${seen} ${this.process.describe()}`,
    )
  }
}

function valueOfLine(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1))
}

/** The command that starts the program under the conditions that are asked for. */
function surround(
  program: readonly string[],
  { isOutputStalled, fileLimitBytes, isUnhooked }: ReceiverOptions,
): string[] {
  if (isOutputStalled === true) return ['sh', '-c', '"$@" | sleep 600', 'sh', ...program]
  if (fileLimitBytes !== undefined) {
    return ['bash', '-c', `ulimit -f ${fileLimitBytes / 1024}; exec "$@"`, 'bash', ...program]
  }
  return isUnhooked === true ? ['env', '-u', 'NODE_OPTIONS', ...program] : [...program]
}
