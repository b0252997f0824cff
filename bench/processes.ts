// What a second receiver process brings: bursts on kept connections, once to one process and once to two, in turns.
// Counted is what was inspected per second, from the first request to the last verdict, and CPU per request of the whole tree.
// Sender and receivers share the cores, so attacks scale best: 300 us of a receiver for 5 us of the sender.
// Run: node build/bench/processes.js [BURSTS]
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { baseSeed } from './corpora/corpus.js'
import { Sender } from './load/sender.js'
import { parseMetrics, sumSamples } from './measure/metrics-text.js'
import { ProcessReader } from './measure/process-stat.js'
import { settle } from './measure/settle.js'
import { median } from './measure/statistics.js'
import { type RunningReceiver, receiverServer } from './servers/ours.js'

const bursts = Number(process.argv[2] ?? 10)
/** Below what one process may queue (48 MiB), so that nothing is shed; long enough that start and end do not count. */
const requestsOf = { attacks: 6000, mix: 20_000 } as const
/** The kernel deals connections out by hash: with few of them one process gets many more than the other. */
const connections = 256
const pollMs = 25
const reader = new ProcessReader()
const sender = new Sender(undefined)
const folder = fileURLToPath(new URL('../..', import.meta.url))

interface Arm {
  readonly processes: number
  readonly server: RunningReceiver
  readonly perSecond: number[]
  readonly cpuUs: number[]
}

let burstCount = 0
for (const corpus of ['attacks', 'mix'] as const) await compare(corpus)
sender.stop()
process.exit(0)

async function compare(corpus: keyof typeof requestsOf): Promise<void> {
  const arms: Arm[] = []
  for (const processes of [1, 2]) {
    const serveArguments = ['--processes', String(processes)]
    const kind = receiverServer({ name: `${processes} processes`, folder, isInspecting: true, serveArguments })
    const server = await kind.start({ mode: 'ack', requestBytes: 0, core: undefined })
    arms.push({ processes, server, perSecond: [], cpuUs: [] })
  }
  for (const { server } of arms) for (let warm = 0; warm < 3; warm++) await sendBurst(server, corpus)
  for (let burst = 0; burst < bursts; burst++) {
    for (const { server, perSecond, cpuUs } of arms) {
      const beforeUs = await settle(reader, server.pid, 0)
      perSecond.push(requestsOf[corpus] / (await sendBurst(server, corpus)))
      cpuUs.push(((await settle(reader, server.pid, 0)) - beforeUs) / requestsOf[corpus])
    }
  }
  const [one] = arms
  for (const { processes, perSecond, cpuUs } of arms) {
    const timesOne = one === undefined ? 1 : median(perSecond) / median(one.perSecond)
    console.log(
      `${corpus}, ${processes} ${processes === 1 ? 'process' : 'processes'} on ${cpus().length} cores: ${median(perSecond).toFixed(0)} inspected/s (${timesOne.toFixed(2)} times one), ${median(cpuUs).toFixed(0)} CPU us/request`,
    )
  }
  for (const { server } of arms) await server.stop()
}

/** @returns seconds from the first request to the last verdict. */
async function sendBurst(server: RunningReceiver, corpus: keyof typeof requestsOf): Promise<number> {
  const decidedBefore = await decidedCount(server)
  const startMs = performance.now()
  const [stream] = await sender.run({
    port: server.port,
    seconds: 60,
    streams: [
      {
        label: 'burst',
        corpus,
        seed: baseSeed + burstCount++,
        connection: 'kept',
        connections,
        pacing: { kind: 'closed', maxRequests: requestsOf[corpus] },
      },
    ],
  })
  const sentCount = stream?.sent ?? 0
  while ((await decidedCount(server)) - decidedBefore < sentCount) await sleep(pollMs)
  return (performance.now() - startMs) / 1000
}

/** @throws Error when something was shed: it would count as done without any work. */
async function decidedCount(server: RunningReceiver): Promise<number> {
  const metrics = parseMetrics(await server.readMetrics())
  if (sumSamples(metrics, 'mirrorwaf_requests_outcome_total', { outcome: 'shed' }) > 0)
    throw new Error('requests were shed')
  return sumSamples(metrics, 'mirrorwaf_requests_outcome_total')
}
