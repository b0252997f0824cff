// `mirrorwaf serve --processes N` from the build, seen as its users see it, plus the ids of its processes.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { OwnProcess } from '../../e2e/support/own-process.js'
import { temporaryFolder } from '../../e2e/support/repository.js'
import { sleep, waitUntil } from '../../e2e/support/wait-until.js'
import { parsePrometheusText } from '../../observe/support/prometheus-text.js'
import { writeRuleset } from '../../worker/support/small-ruleset.js'

/** Two processes build their engines one after the other, on a machine that others use too. */
const startPatienceMs = 40_000

export interface Served {
  readonly program: OwnProcess
  /** Port or socket file. */
  readonly address: string
  readonly admin: string
  /** Ids of the processes that serve, in the order of their start. */
  childPids(): number[]
  /** Every sample by its name and labels, as written. */
  metrics(): Promise<ReadonlyMap<string, number>>
  /** Requests received, and the sum of all outcomes. */
  account(): Promise<{ received: number; decided: number; matched: number; lost: number }>
  eventCount(): number
}

const serve = [process.execPath, join(process.cwd(), 'dist', 'main.js'), 'serve'] as const

/** Runs `serve` with arguments that a start must fail on, or that a test looks at itself. */
export function runServe(t: Test, args: readonly string[]): OwnProcess {
  const [command, ...before] = serve
  return OwnProcess.start(t, { name: 'mirrorwaf', command, args: [...before, ...args] })
}

/** Starts it with two processes, and a ruleset that matches `$globals`, and waits until it says where it listens. */
export async function startServed(t: Test, args: readonly string[] = []): Promise<Served> {
  const eventsPath = join(temporaryFolder(t), 'events.jsonl')
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
  const rules = args.includes('--rules') ? [] : ['--rules', writeRuleset(t, '$globals')]
  const usual = ['--processes', '2', '--workers', '2', '--admin', '127.0.0.1:0', '--events', `file:${eventsPath}`]
  // What is asked here is where requests end up, not how fast a busy machine is.
  const patient = ['--waf-timeout', '5s', '--drain-delay', '100ms']
  const program = runServe(t, [...usual, ...listen, ...rules, ...patient, ...args])
  const banner = await waitUntil(
    'the banner',
    () => {
      const found = /listens on (\S+) .*admin on (\S+);/.exec(program.stderr)
      return found ?? (program.end === undefined ? undefined : [])
    },
    () => program.describe(),
    startPatienceMs,
  )
  const [, address = '', admin = ''] = banner
  program.assertRunning()
  const metrics = async (): Promise<ReadonlyMap<string, number>> => {
    const text = await (await fetch(`http://${admin}/metrics`)).text()
    return new Map([...parsePrometheusText(text).values()].flatMap(({ samples }) => [...samples]))
  }
  return {
    program,
    address,
    admin,
    metrics,
    childPids: () => childrenOf(program.pid),
    account: async () => accountOf(await metrics()),
    eventCount: () => (existsSync(eventsPath) ? readFileSync(eventsPath, 'utf8').split('\n').length - 1 : 0),
  }
}

/** Waits until nothing is in the receiver's hands any more, and gives the account. */
export function settledAccount(served: Served, atLeast: number): ReturnType<Served['account']> {
  let last = ''
  return waitUntil(
    `${atLeast} requests to be decided`,
    async () => {
      const account = await served.account()
      last = JSON.stringify(account)
      return account.received >= atLeast && account.received === account.decided ? account : undefined
    },
    () => `${last} ${served.program.describe()}`,
  )
}

/** As `settledAccount` where it is not known how much must have come: asks until a second passes without news of the children. */
export async function restingAccount(served: Served): ReturnType<Served['account']> {
  for (let before = await settledAccount(served, 1); ; ) {
    await sleep(1000)
    const after = await settledAccount(served, 1)
    if (after.received === before.received) return after
    before = after
  }
}

function accountOf(metrics: ReadonlyMap<string, number>): Awaited<ReturnType<Served['account']>> {
  const outcome = (name: string): number => metrics.get(`mirrorwaf_requests_outcome_total{outcome="${name}"}`) ?? 0
  const decided = [...metrics].filter(([key]) => key.startsWith('mirrorwaf_requests_outcome_total'))
  return {
    received: metrics.get('mirrorwaf_requests_received_total') ?? 0,
    decided: decided.reduce((sum, [, count]) => sum + count, 0),
    matched: outcome('matched'),
    lost: outcome('lost'),
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}
