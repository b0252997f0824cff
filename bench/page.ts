// What an open page and the store cost listener and workers: three receivers side by side, in turns, under the same open load.
// Two of them are the same, without page and store; what they differ by is the noise that the third is judged by.
// CPU is counted per thread: that of the reporting thread may rise, that of all others may not.
// Run: node build/bench/page.js [SECONDS_PER_TURN] [CORPUS] [PER_SECOND]
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { baseSeed, type CorpusName, corpusNames } from './corpora/corpus.js'
import { Sender } from './load/sender.js'
import { LatencyHistogram } from './measure/latency-histogram.js'
import { ProcessReader, parseStat, tickUs } from './measure/process-stat.js'
import { settle } from './measure/settle.js'
import { findFreePort } from './servers/child.js'
import { type RunningReceiver, receiverServer } from './servers/ours.js'

const [secondsText = '4', corpusText = 'attacks-1pct', rateText = '2000'] = process.argv.slice(2)
const seconds = Number(secondsText)
const corpus: CorpusName = corpusNames.find((name) => name === corpusText) ?? 'attacks-1pct'
const perSecond = Number(rateText)
const turns = 6
/** As Linux cuts thread names; `sinks/reporter.ts` gives the whole one. */
const reporterThread = 'mirrorwaf-repor'

interface Arm {
  readonly name: string
  readonly server: RunningReceiver
  readonly latency: LatencyHistogram
  /** Listener, workers, and the threads of V8 and libuv; the reporting thread. */
  cpuTicks: { others: number; reporter: number }
  sent: number
}

const folder = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(`${tmpdir()}/mirrorwaf-bench-`)
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
const sender = new Sender(undefined)
const uiPort = await findFreePort()
const page = ['--ui', `127.0.0.1:${uiPort}`, '--store', `${scratch}/events.db`]
const arms: Arm[] = []
for (const [name, serveArguments] of [
  ['off', []],
  ['off again', []],
  ['page and store', page],
] as const) {
  const kind = receiverServer({ name, folder, isInspecting: true, serveArguments })
  const server = await kind.start({ mode: 'ack', requestBytes: 0, core: undefined })
  arms.push({ name, server, latency: new LatencyHistogram(), cpuTicks: { others: 0, reporter: 0 }, sent: 0 })
}
// The stream ends with its server.
void watchLikeAPage().catch(() => undefined)
for (const arm of arms) await load(arm, 3)
for (const arm of arms) {
  arm.cpuTicks = { others: 0, reporter: 0 }
  arm.sent = 0
}
const warmLatencies = arms.map(({ latency }) => latency.count)
for (let turn = 0; turn < turns; turn++) for (const arm of arms) await load(arm, seconds)
for (const [index, arm] of arms.entries()) console.log(describe(arm, warmLatencies[index] ?? 0))
for (const { server } of arms) await server.stop()
sender.stop()
process.exit(0)

async function load(arm: Arm, forSeconds: number): Promise<void> {
  const before = threadTicks(arm.server.pid)
  const results = await sender.run({
    port: arm.server.port,
    seconds: forSeconds,
    streams: [
      {
        label: 'measured',
        corpus,
        seed: baseSeed + arm.sent,
        connection: 'kept',
        connections: 8,
        pacing: { kind: 'open', perSecond, arrivals: 'poisson' },
      },
    ],
  })
  await settle(new ProcessReader(), arm.server.pid, 0)
  const after = threadTicks(arm.server.pid)
  arm.cpuTicks.others += after.others - before.others
  arm.cpuTicks.reporter += after.reporter - before.reporter
  for (const { sent, latency } of results) {
    arm.sent += sent
    arm.latency.add(LatencyHistogram.decode(latency))
  }
}

/** CPU of a process so far, by thread name. */
function threadTicks(pid: number): { others: number; reporter: number } {
  const ticks = { others: 0, reporter: 0 }
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')
    // Children that ended are counted in every thread alike; a receiver has none.
    const { cpuTicks } = parseStat(stat)
    if (stat.includes(`(${reporterThread})`)) ticks.reporter += cpuTicks
    else ticks.others += cpuTicks
  }
  return ticks
}

/** What a browser does with the page open: the stream all the time, counts every five seconds, a search now and then. */
async function watchLikeAPage(): Promise<void> {
  const stream = await fetch(`http://127.0.0.1:${uiPort}/api/live`)
  const ask = (path: string): void =>
    void fetch(`http://127.0.0.1:${uiPort}/api/${path}`)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined)
  setInterval(() => ask('counts?range=86400000'), 5000).unref()
  setInterval(() => ask('events?text=nothing+has+this'), 7000).unref()
  for await (const _chunk of stream.body ?? []) {
    // Read and dropped, as fast as it comes.
  }
}

function describe({ name, latency, cpuTicks, sent }: Arm, warmCount: number): string {
  const cpu = (ticks: number): number => Math.round(((ticks * tickUs) / sent) * 10) / 10
  return JSON.stringify({
    arm: name,
    sent,
    othersCpuUsPerRequest: cpu(cpuTicks.others),
    reporterCpuUsPerRequest: cpu(cpuTicks.reporter),
    answerP50Us: Math.round(latency.percentileUs(50)),
    answerP99Us: Math.round(latency.percentileUs(99)),
    warmUpShare: Math.round((100 * warmCount) / latency.count) / 100,
  })
}
