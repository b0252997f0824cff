// npm run soak -- --minutes M: does anything grow while connections come and go and every request brings new words?
//   node build/bench/soak.js [--minutes M] [--rate R] [--hijack] [--json FILE] [--out FOLDER]
// Exit code: 0 = all flat, 1 = something grows or requests were lost.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readArguments, runScript } from './cli/script.js'
import { baseSeed, smallRequestBytes } from './corpora/corpus.js'
import type { StreamPlan, StreamResult } from './load/plan.js'
import { Sender } from './load/sender.js'
import { placeProcesses } from './measure/affinity.js'
import { describeMachine, readMachineFacts } from './measure/machine.js'
import { parseMetrics, sumSamples } from './measure/metrics-text.js'
import { ProcessReader } from './measure/process-stat.js'
import { formatNumber, formatTable } from './report/format.js'
import { renderLineChart } from './report/line-chart.js'
import { type RunningReceiver, receiverServer } from './servers/ours.js'
import type { AnswerMode } from './servers/server.js'
import { figures, judgeFigure, type Reading, type Verdict, withoutWarmUp } from './soak/figures.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
/** All connections are closed and new ones made this often; each time with requests never sent before. */
const segmentSeconds = 3
/** For the receiver to see that the connections of a segment are closed. */
const closingMs = 300

await runScript(main)

async function main(): Promise<number> {
  const line = readArguments(process.argv.slice(2), {
    minutes: { type: 'string' },
    rate: { type: 'string' },
    hijack: { type: 'boolean' },
    json: { type: 'string' },
    out: { type: 'string' },
  })
  const seconds = line.number('minutes', 1, 0.2) * 60
  const perSecond = line.number('rate', 1000, 1)
  const mode = line.isSet('hijack') ? 'hijack' : 'ack'
  const placement = placeProcesses()
  const machine = readMachineFacts(repository, placement)
  console.log(describeMachine(machine))

  const sender = new Sender(placement.senderCore)
  const kind = receiverServer({ name: 'mirrorwaf', folder: repository, isInspecting: true })
  const receiver = await kind.start({ mode, requestBytes: smallRequestBytes, core: placement.serverCore })
  try {
    const readings: Reading[] = []
    const results: StreamResult[] = []
    const startMs = performance.now()
    for (let segment = 0; segment * segmentSeconds < seconds; segment++) {
      const streams = segmentStreams(segment, mode, perSecond)
      results.push(...(await sender.run({ port: receiver.port, seconds: segmentSeconds, streams })))
      await sleep(closingMs)
      readings.push(await read(receiver, (performance.now() - startMs) / 1000))
    }
    const verdicts = figures.map((figure) => judgeFigure(figure, readings))
    const lost = results.reduce((sum, each) => sum + each.failed + each.unanswered + each.badAnswers, 0)
    const sent = results.reduce((sum, each) => sum + each.sent, 0)
    const report = await receiver.report()
    console.log(describe(verdicts, readings))
    console.log(
      `${sent} requests sent, ${report.received} received, ${report.shed} shed, ${lost} lost or wrongly answered`,
    )
    const folder = resolve(line.text('out') ?? join(repository, 'build', 'bench-results'))
    const jsonPath = resolve(line.text('json') ?? join(folder, 'soak.json'))
    await mkdir(folder, { recursive: true })
    await mkdir(dirname(jsonPath), { recursive: true })
    await writeFile(
      jsonPath,
      `${JSON.stringify({ machine, mode, seconds, perSecond, sent, lost, report, verdicts, readings }, null, 2)}\n`,
    )
    await writeFile(join(folder, 'soak.svg'), renderSoak(readings, verdicts))
    console.log(`results: ${jsonPath}\nchart:   ${join(folder, 'soak.svg')}`)
    return lost === 0 && verdicts.every((verdict) => !verdict.isGrowing) ? 0 : 1
  } finally {
    sender.stop()
    await receiver.stop()
  }
}

/** New words, another number of kept connections, and brief connections beside them. */
function segmentStreams(segment: number, mode: AnswerMode, perSecond: number): StreamPlan[] {
  const stream = (connection: StreamPlan['connection'], share: number): StreamPlan => ({
    label: connection,
    corpus: 'vocabulary',
    seed: baseSeed + segment,
    connection,
    connections: 8 + ((segment * 24) % 120),
    pacing: { kind: 'open', perSecond: perSecond * share, arrivals: 'poisson' },
  })
  return mode === 'hijack' ? [stream('one-shot', 1)] : [stream('kept', 0.8), stream('brief', 0.2)]
}

async function read(receiver: RunningReceiver, second: number): Promise<Reading> {
  const reader = new ProcessReader()
  const samples = parseMetrics(await receiver.readMetrics())
  return {
    second,
    residentBytes: (await reader.memory(receiver.pid)).residentBytes,
    openFiles: await reader.openFiles(receiver.pid),
    loopDelayMs: sumSamples(samples, 'mirrorwaf_event_loop_delay_seconds', { quantile: '0.99' }) * 1000,
  }
}

function describe(verdicts: readonly Verdict[], readings: readonly Reading[]): string {
  const rows = verdicts.map(({ name, unit, trend, growthShare, isGrowing }, index) => {
    const values = withoutWarmUp(readings).map((reading) => figures[index]?.read(reading) ?? Number.NaN)
    return [
      unit === '' ? name : `${name}, ${unit}`,
      ...[trend.start, trend.end, Math.max(...values), trend.slope * 3600].map(formatNumber),
      `${(growthShare * 100).toFixed(1)} %`,
      isGrowing ? 'GROWING' : 'flat',
    ]
  })
  return formatTable(['figure', 'line from', 'to', 'highest', 'per hour', 'growth', 'verdict'], rows)
}

function renderSoak(readings: readonly Reading[], verdicts: readonly Verdict[]): string {
  const watched = withoutWarmUp(readings)
  const [first, last] = [watched[0]?.second ?? 0, watched.at(-1)?.second ?? 0]
  const series = figures.map(({ name, unit, read }, index) => {
    const trend = verdicts[index]?.trend
    return {
      title: unit === '' ? name : `${name}, ${unit}`,
      points: readings.map((reading) => [reading.second, read(reading)] as const),
      trend: trend && { from: [first, trend.start] as const, to: [last, trend.end] as const },
    }
  })
  return renderLineChart('Soak: figures over time, dashed = fitted line', series)
}
