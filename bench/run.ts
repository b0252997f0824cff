// npm run bench: the scenarios against our receiver, the floor and the Go yardstick, interleaved.
//   node build/bench/run.js [--scenario NAMES] [--servers NAMES] [--rounds N] [--seconds S] [--quick] [--json FILE] [--out FOLDER] [--list]
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArguments, runScript, type ScriptArguments } from './cli/script.js'
import { BenchError } from './errors.js'
import { Sender } from './load/sender.js'
import { placeProcesses } from './measure/affinity.js'
import { describeMachine, type MachineFacts, readMachineFacts } from './measure/machine.js'
import { measureRound } from './measure/round.js'
import type { RoundResult } from './measure/session.js'
import type { Interval } from './measure/statistics.js'
import { renderBarChart } from './report/bar-chart.js'
import { formatScenario, type ScenarioSummary, type ServerSummary, summariseScenario } from './report/summary.js'
import { type Scenario, scenarios, selectScenarios } from './scenarios.js'
import { floorServer } from './servers/floor.js'
import { receiverServer } from './servers/ours.js'
import { peerServer } from './servers/peer.js'
import { buildPeer } from './servers/peer-build.js'
import type { ServerKind } from './servers/server.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const serverNames = ['ours', 'off', 'floor', 'peer'] as const
/** Charts are read by people who do not know what the bench calls things. */
const chartLabels: Readonly<Record<string, string>> = { floor: 'receiver that parses nothing', peer: 'Go yardstick' }

await runScript(main)

async function main(): Promise<number> {
  const line = readArguments(process.argv.slice(2), {
    scenario: { type: 'string' },
    servers: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'string' },
    out: { type: 'string' },
    list: { type: 'boolean' },
  })
  if (line.isSet('list')) {
    for (const { name, describes } of scenarios) console.log(`${name.padEnd(22)} ${describes}`)
    return 0
  }
  const isQuick = line.isSet('quick')
  const chosen = selectScenarios(line.list('scenario'), isQuick)
  const rounds = line.number('rounds', isQuick ? 1 : 3, 1)
  const seconds = line.number('seconds', isQuick ? 2 : 3, 0.1)
  const placement = placeProcesses()
  const machine = readMachineFacts(repository, placement)
  console.log(describeMachine(machine))

  const kinds = await prepareServers(line)
  const sender = new Sender(placement.senderCore)
  const lengths = { warmUpSeconds: isQuick ? 2 : 4, closedSeconds: seconds, openSeconds: seconds, sliceSeconds: 1 }
  const summaries: ScenarioSummary[] = []
  const raw: Record<string, RoundResult[][]> = {}
  for (const scenario of chosen) {
    const fitting = kinds.filter((kind) => canServe(kind, scenario))
    const bench = { scenario, lengths, sender, core: placement.serverCore }
    const results: RoundResult[][] = []
    for (let round = 0; round < rounds; round++) results.push(await measureRound(fitting, round, bench))
    raw[scenario.name] = results
    const summary = summariseScenario(scenario, results)
    summaries.push(summary)
    console.log(formatScenario(summary))
  }
  sender.stop()
  await writeResults(line, { machine, rounds, seconds, summaries, raw })
  return 0
}

/** The servers that can run here; for one that cannot, its message is shown and the bench goes on. */
async function prepareServers(line: ScriptArguments): Promise<ServerKind[]> {
  const wanted = line.list('servers')
  for (const name of wanted) {
    if (serverNames.some((known) => known === name)) continue
    const reason = `${name} is not one of ${serverNames.join(', ')}`
    throw new BenchError('MWAF_BENCH_OPTION', { option: '--servers', reason })
  }
  const makers: Record<(typeof serverNames)[number], () => ServerKind | Promise<ServerKind>> = {
    ours: () => receiverServer({ name: 'mirrorwaf', folder: repository, isInspecting: true }),
    off: () => receiverServer({ name: 'mirrorwaf, inspection off', folder: repository, isInspecting: false }),
    floor: () => floorServer(),
    peer: async () => peerServer(await buildPeer(join(repository, 'bench', 'peer')), defaultRulesPath()),
  }
  const kinds: ServerKind[] = []
  for (const name of serverNames) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    try {
      kinds.push(await makers[name]())
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      console.log(`without ${name}: ${error.code}: ${error.message}`)
    }
  }
  return kinds
}

/** The floor counts the bytes of our own sender's requests; autocannon writes others. */
function canServe(kind: ServerKind, scenario: Scenario): boolean {
  return !(kind.name === 'floor' && scenario.closed === 'autocannon')
}

/** The file of dd-trace that the receiver loads by default; both sides must judge by the same rules. */
function defaultRulesPath(): string {
  const manifest = createRequire(import.meta.url).resolve('dd-trace/package.json')
  return join(dirname(manifest), 'packages', 'dd-trace', 'src', 'appsec', 'recommended.json')
}

interface Results {
  readonly machine: MachineFacts
  readonly rounds: number
  readonly seconds: number
  readonly summaries: readonly ScenarioSummary[]
  readonly raw: Readonly<Record<string, readonly (readonly RoundResult[])[]>>
}

async function writeResults(line: ScriptArguments, results: Results): Promise<void> {
  const folder = resolve(line.text('out') ?? join(repository, 'build', 'bench-results'))
  const jsonPath = resolve(line.text('json') ?? join(folder, 'bench.json'))
  await mkdir(folder, { recursive: true })
  await mkdir(dirname(jsonPath), { recursive: true })
  await writeFile(jsonPath, `${JSON.stringify(results, null, 2)}\n`)
  const charts: readonly [string, string, string, (server: ServerSummary) => Interval | undefined][] = [
    ['cpu.svg', 'CPU per request', 'microseconds, all threads', (each) => each.cpuUsPerRequest],
    ['answered.svg', 'Requests answered', 'per second, closed loop', (each) => each.answeredPerSecond],
    ['latency-p99.svg', 'Answer latency p99', 'microseconds, open loop', (each) => each.p99UsByRound],
    ['memory.svg', 'Peak memory', 'MB', (each) => scaleInterval(each.peakBytes, 1e-6)],
  ]
  for (const [file, title, unit, pick] of charts) {
    await writeFile(join(folder, file), renderFigure(results.summaries, title, unit, pick))
  }
  console.log(`\nresults: ${jsonPath}\ncharts:  ${charts.map(([file]) => join(folder, file)).join(' ')}`)
}

function renderFigure(
  summaries: readonly ScenarioSummary[],
  title: string,
  unit: string,
  pick: (server: ServerSummary) => Interval | undefined,
): string {
  const series = [...new Set(summaries.flatMap(({ servers }) => servers.map(({ server }) => server)))]
  const groups = summaries.map(({ scenario, servers }) => {
    const bars = series.map((name) => servers.filter(({ server }) => server === name).map(pick)[0])
    return { label: scenario.name, bars }
  })
  const shown = groups.filter(({ bars }) => bars.some((bar) => bar !== undefined))
  return renderBarChart({ title, unit, series: series.map((name) => chartLabels[name] ?? name), groups: shown })
}

function scaleInterval({ low, mid, high }: Interval, factor: number): Interval {
  return { low: low * factor, mid: mid * factor, high: high * factor }
}
