// npm run bench:profile: where the receiver's processor time goes under load, as flame graphs. Needs Linux perf.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readArguments, runScript } from './cli/script.js'
import { type CorpusName, requestBytesOf } from './corpora/corpus.js'
import type { LoadPlan } from './load/plan.js'
import { Sender } from './load/sender.js'
import { type Placement, placeProcesses } from './measure/affinity.js'
import { sampleStacks } from './measure/perf-stacks.js'
import { flameGraph, type StackFrame } from './report/flame-graph.js'
import { receiverServer } from './servers/ours.js'
import type { AnswerMode } from './servers/server.js'

const corpus: CorpusName = 'mix'
const seed = 11
/** Below what the worker can take, so that nothing is shed. */
const perSecond = { ack: 20_000, hijack: 8_000 } as const
/** By then what is hot is compiled. */
const warmUpSeconds = 5
const seconds = 6

await runScript(async () => {
  const given = readArguments(process.argv.slice(2), { out: { type: 'string' } })
  const out = resolve(given.text('out') ?? 'build/bench-results')
  mkdirSync(out, { recursive: true })
  const placement = placeProcesses()
  for (const mode of ['ack', 'hijack'] as const) {
    const kind = mode === 'ack' ? 'kept connections' : 'one connection per request'
    const title = `Processor time of the receiver: page views, JSON and forms, ${kind}, one core`
    const path = join(out, `flame-${mode}.svg`)
    writeFileSync(path, flameGraph(await profile(mode, placement), title))
    console.log(path)
  }
  return 0
})

async function profile(mode: AnswerMode, { serverCore, senderCore }: Placement): Promise<StackFrame[][]> {
  const scratch = mkdtempSync(join(tmpdir(), 'mirrorwaf-profile-'))
  const sender = new Sender(senderCore)
  try {
    const setup = { name: 'mirrorwaf', folder: process.cwd(), nodeArguments: ['--perf-basic-prof'], isInspecting: true }
    const server = await receiverServer(setup).start({ mode, requestBytes: requestBytesOf(corpus), core: serverCore })
    await sender.run(planFor(mode, server.port, warmUpSeconds))
    const load = sender.run(planFor(mode, server.port, seconds + 2))
    const stacks = await sampleStacks(server.pid, seconds, join(scratch, 'perf.data'))
    await load
    await server.stop()
    return stacks
  } finally {
    sender.stop()
    rmSync(scratch, { recursive: true })
  }
}

function planFor(mode: AnswerMode, port: number, forSeconds: number): LoadPlan {
  const connection = mode === 'ack' ? 'kept' : 'one-shot'
  const pacing = { kind: 'open', perSecond: perSecond[mode], arrivals: 'poisson' } as const
  return { port, seconds: forSeconds, streams: [{ label: mode, corpus, seed, connection, connections: 64, pacing }] }
}
