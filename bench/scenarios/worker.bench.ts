// Prepared batches, no listener: what inspection costs in real worker threads, and what a second worker adds.
// One JSON line per measurement; rounds of one and of two workers take turns, so that both meet the same machine.
// Run: node build/bench/scenarios/worker.bench.js [SECONDS_PER_ROUND] [ROUNDS] [CORPUS,...]
import type { Batch } from '#src/batch/batcher.js'
import { completeServeOptions } from '#src/options/load.js'
import { corpusNames } from '../corpora/corpus.js'
import { median } from '../measure/statistics.js'
import { Feeder, prepareBatches } from './prepared-batches.js'

const seconds = Number(process.argv[2] ?? 3)
const rounds = Number(process.argv[3] ?? 3)
const named = (process.argv[4] ?? 'get,json,mix,attacks').split(',')
const corpora = corpusNames.filter((name) => named.includes(name))
const seed = 11
/** Batches in flight for each worker: one in hand, one that waits. */
const depth = 2

const options = completeServeOptions({ logLevel: 'silent' })

interface Round {
  readonly requestsPerSecond: number
  readonly cpuUs: number
}

async function measure(batches: readonly Batch[], workers: number): Promise<Round> {
  const feeder = new Feeder()
  await feeder.start(batches, { ...options, workers })
  await pause(1)
  const before = { requests: feeder.requests, cpu: process.cpuUsage(), atMs: performance.now() }
  await pause(seconds)
  const requests = feeder.requests - before.requests
  const cpu = process.cpuUsage(before.cpu)
  const elapsedMs = performance.now() - before.atMs
  await feeder.stop()
  return { requestsPerSecond: (requests / elapsedMs) * 1000, cpuUs: (cpu.user + cpu.system) / requests }
}

function pause(forSeconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forSeconds * 1000))
}

for (const name of corpora) {
  const prepared = prepareBatches(name, seed, options)
  const one: Round[] = []
  const two: Round[] = []
  for (let round = 0; round < rounds; round++) {
    one.push(await measure(prepared.slice(0, depth * 4), 1))
    two.push(await measure(prepared.slice(0, depth * 4), 2))
  }
  const ratios = two.map(({ requestsPerSecond }, round) => requestsPerSecond / (one[round]?.requestsPerSecond ?? 1))
  const figures = {
    corpus: name,
    cpuUsOneWorker: round1(median(one.map(({ cpuUs }) => cpuUs))),
    cpuUsTwoWorkers: round1(median(two.map(({ cpuUs }) => cpuUs))),
    perSecondOneWorker: Math.round(median(one.map(({ requestsPerSecond }) => requestsPerSecond))),
    twoWorkersTimesOne: Math.round(median(ratios) * 100) / 100,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

function round1(value: number): number {
  return Math.round(value * 10) / 10
}
