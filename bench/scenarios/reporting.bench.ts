// What reporting can take and what it costs those who do not cause it. One JSON line per measurement.
//   direct:  events handed to the reporting thread at 20,000 a second; lines in the file.
//   path:    attacks at 80 % of the rate that the worker sustains; lines in the file against matched requests.
//   dead:    CPU per benign request, file alone against every kind of sink with a dead one among them, slices in turn.
// Run: node build/bench/scenarios/reporting.bench.js [direct] [path] [dead]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CounterId } from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { startReporter } from '#src/sinks/reporter.js'
import { baseSeed, type CorpusName, requestBytesOf } from '../corpora/corpus.js'
import type { Pacing } from '../load/plan.js'
import { Sender } from '../load/sender.js'
import { placeProcesses } from '../measure/affinity.js'
import { parseMetrics, sumSamples } from '../measure/metrics-text.js'
import { ProcessReader } from '../measure/process-stat.js'
import { settle } from '../measure/settle.js'
import { type RunningReceiver, receiverServer } from '../servers/ours.js'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const placement = placeProcesses()

/** Events per second that the file sink must take, and for how long. */
const directPerSecond = 20_000
const directSeconds = 5
const tickMs = 2
/** A common event with one match. */
const eventBytes = 1536

const pathSeconds = 8
const connections = 16
const sliceRequests = 20_000
const slicePairs = 4

const parts: Readonly<Record<string, () => Promise<object>>> = {
  direct: measureDirect,
  path: measurePath,
  dead: measureDead,
}
const asked = process.argv.slice(2)
for (const [name, measure] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(JSON.stringify({ measurement: name, ...(await measure()) }))
}

async function measureDirect(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'mirrorwaf-bench-'))
  const path = join(folder, 'events.jsonl')
  const instruments = new Instruments()
  const reporter = await startReporter({
    sinks: [{ kind: 'file', path }],
    sinkQueueLimitBytes: 16 * 1024 * 1024,
    isColoured: false,
    admin: undefined,
    instruments,
    onNotice: (notice) => console.error(notice),
    onFailure: (error) => console.error(error),
  })
  const event = Buffer.from(`${JSON.stringify({ event: 'x'.repeat(eventBytes - 13) })}\n`)
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  let sent = 0
  while (sent < directPerSecond * directSeconds) {
    const due = Math.min(((performance.now() - startMs) / 1000) * directPerSecond, directPerSecond * directSeconds)
    const count = Math.floor(due) - sent
    if (count > 0) reporter.send(Array.from({ length: count }, () => event))
    sent += count
    await sleep(tickMs)
  }
  const seconds = (performance.now() - startMs) / 1000
  const { isComplete } = await reporter.flush(10_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  const [totals] = await reporter.stop()
  const lines = countLines(path)
  rmSync(folder, { recursive: true })
  const channelDropped = instruments.counters.get(CounterId.channelDropped)
  const cpuUsPerEvent = round((user + system) / sent)
  return {
    sent,
    perSecond: round(sent / seconds),
    lines,
    isComplete,
    channelDropped,
    dropped: totals?.dropped,
    cpuUsPerEvent,
  }
}

async function measurePath(): Promise<object> {
  const kind = receiverServer({ name: 'mirrorwaf', folder: repository, isInspecting: true })
  const { serverCore: core } = placement
  const receiver = await kind.start({ mode: 'ack', requestBytes: requestBytesOf('attacks'), core })
  const sender = new Sender(placement.senderCore)
  const reader = new ProcessReader()
  try {
    await send(sender, receiver, 'attacks', { kind: 'closed', maxRequests: 2000 }, 5, 0)
    await settle(reader, receiver.pid, 0)
    // As many as fit into the queue, timed to the end of their inspection.
    const startMs = performance.now()
    const busyBefore = await busySeconds(receiver)
    const burst = await send(sender, receiver, 'attacks', { kind: 'closed', maxRequests: 2500 }, 10, 1)
    await settle(reader, receiver.pid, 0)
    const busySecondsUsed = (await busySeconds(receiver)) - busyBefore
    const sustainedPerSecond = burst / busySecondsUsed
    const perSecond = Math.floor(sustainedPerSecond * 0.8)
    const sent = await send(
      sender,
      receiver,
      'attacks',
      { kind: 'open', perSecond, arrivals: 'poisson' },
      pathSeconds,
      2,
    )
    await settle(reader, receiver.pid, 500)
    const { matched, shed } = await receiver.report()
    const lines = countLines(receiver.eventsPath)
    const burstSeconds = round((performance.now() - startMs) / 1000)
    return { sustainedPerSecond: round(sustainedPerSecond), perSecond, sent, matched, shed, lines, burstSeconds }
  } finally {
    sender.stop()
    await receiver.stop()
  }
}

async function measureDead(): Promise<object> {
  const http = createHttpServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()))
  const syslog = createServer((socket) => socket.on('error', () => {}).resume())
  const [httpPort, syslogPort] = [await listen(http), await listen(syslog)]
  const moreEvents = [
    `file:${join(tmpdir(), `mirrorwaf-bench-${process.pid}.ecs`)}?format=ecs&rate=100/s`,
    `http://127.0.0.1:${httpPort}/?format=ocsf`,
    `syslog:127.0.0.1:${syslogPort}?format=cef`,
    `otlp:http://127.0.0.1:${httpPort}?interval=10s`,
    'kafka:127.0.0.1:1/dead',
  ]
  const alone = { name: 'file', folder: repository, isInspecting: true }
  const sender = new Sender(placement.senderCore)
  const { serverCore: core } = placement
  const start = { mode: 'ack', requestBytes: requestBytesOf('mix'), core } as const
  const receivers = [
    await receiverServer(alone).start(start),
    await receiverServer({ ...alone, moreEvents }).start(start),
  ]
  const costs: number[][] = receivers.map(() => [])
  try {
    for (const receiver of receivers) {
      // The dead sink gets something to try again and again.
      await send(sender, receiver, 'attacks', { kind: 'closed', maxRequests: 500 }, 5, 0)
      await costOfSlice(sender, receiver, 0)
    }
    for (let slice = 1; slice <= slicePairs; slice += 1) {
      for (const [index, receiver] of receivers.entries())
        costs[index]?.push(await costOfSlice(sender, receiver, slice))
    }
    const [fileUs = [], everyUs = []] = costs.map((each) => each.map(round))
    return { fileUs, everyUs, ratio: round(mean(everyUs) / mean(fileUs)) }
  } finally {
    sender.stop()
    for (const receiver of receivers) await receiver.stop()
    http.closeAllConnections()
    for (const server of [http, syslog]) server.close()
    rmSync(join(tmpdir(), `mirrorwaf-bench-${process.pid}.ecs`), { force: true })
  }
}

/** CPU microseconds per benign request, sent in bursts that fit into the queue. */
async function costOfSlice(sender: Sender, receiver: RunningReceiver, slice: number): Promise<number> {
  const reader = new ProcessReader()
  const before = await settle(reader, receiver.pid, 0)
  let sent = 0
  while (sent < sliceRequests) {
    const pacing = { kind: 'closed', maxRequests: 2500 } as const
    sent += await send(sender, receiver, 'mix', pacing, 10, slice)
    await settle(reader, receiver.pid, 0)
  }
  return ((await settle(reader, receiver.pid, 0)) - before) / sent
}

async function send(
  sender: Sender,
  receiver: RunningReceiver,
  corpus: CorpusName,
  pacing: Pacing,
  seconds: number,
  seed: number,
): Promise<number> {
  const stream = { label: corpus, corpus, seed: baseSeed + seed, connection: 'kept', connections, pacing } as const
  const results = await sender.run({ port: receiver.port, seconds, streams: [stream] })
  return results.reduce((sum, result) => sum + result.sent, 0)
}

async function busySeconds(receiver: RunningReceiver): Promise<number> {
  return sumSamples(parseMetrics(await receiver.readMetrics()), 'mirrorwaf_worker_busy_seconds_total')
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      // Foreign boundary: a TCP server has an address with a port.
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function countLines(path: string): number {
  return readFileSync(path).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
