// One round: a fresh server, warmed up, loaded in a closed and an open loop, and stopped. Rounds are independent of each
// other, so that what differs from process to process (JIT, memory layout) is inside the spread that is reported.
import { baseSeed, requestBytesOf } from '../corpora/corpus.js'
import type { StreamPlan, StreamResult } from '../load/plan.js'
import type { Sender } from '../load/sender.js'
import type { Scenario } from '../scenarios.js'
import type { RunningServer, ServerKind } from '../servers/server.js'
import { ProcessReader } from './process-stat.js'
import { settle } from './settle.js'

/** How long the phases of a round are. */
export interface RoundLengths {
  readonly warmUpSeconds: number
  readonly closedSeconds: number
  readonly openSeconds: number
}

/** What a closed loop gave. */
export interface ClosedFigures {
  readonly requests: number
  readonly cpuUsPerRequest: number
  readonly answeredPerSecond: number
}

/** What an open loop gave; latencies of the measured stream only, CPU of everything sent. */
export interface OpenFigures {
  readonly requests: number
  readonly perSecond: number
  readonly cpuUsPerRequest: number
  /** `LatencyHistogram.encode()`. */
  readonly latency: string
}

/** What went wrong or was found, over the whole round. */
export interface RoundCounts {
  readonly sent: number
  readonly planted: number
  readonly failed: number
  readonly unanswered: number
  readonly resets: number
  readonly badAnswers: number
  readonly matched: number | undefined
  readonly shed: number | undefined
}

/** One server's figures in one round of one scenario. */
export interface RoundResult {
  readonly server: string
  readonly closed: ClosedFigures | undefined
  readonly open: OpenFigures | undefined
  readonly peakBytes: number
  readonly counts: RoundCounts
}

/** How much longer than its load a closed loop may take when the waiting between bursts is counted. */
const burstPatience = 3
/** Enough that a one-shot stream never waits for a lane while the server keeps up. */
const openConnections = 64

/** Runs one round of one scenario against a server of this kind. */
export async function measureRound(
  kind: ServerKind,
  scenario: Scenario,
  lengths: RoundLengths,
  round: number,
  sender: Sender,
  core: number | undefined,
): Promise<RoundResult> {
  const requestBytes = requestBytesOf(scenario.corpus)
  const server = await kind.start({ mode: scenario.mode, requestBytes, core })
  try {
    const phases = new Phases(server, scenario, sender, baseSeed + 2 * round)
    await phases.warmUp(lengths.warmUpSeconds)
    const closed = await phases.runClosed(lengths.closedSeconds)
    const open = await phases.runOpen(lengths.openSeconds)
    const { peakBytes } = await new ProcessReader().memory(server.pid)
    return { server: kind.name, closed, open, peakBytes, counts: await phases.counts() }
  } finally {
    await server.stop()
  }
}

/** The phases of a round against one running server; keeps the totals over all of them. */
class Phases {
  readonly #server: RunningServer
  readonly #scenario: Scenario
  readonly #sender: Sender
  readonly #seed: number
  readonly #reader = new ProcessReader()
  readonly #results: StreamResult[] = []
  /** Sent by autocannon, which does not tell attacks. */
  #untoldSent = 0

  constructor(server: RunningServer, scenario: Scenario, sender: Sender, seed: number) {
    this.#server = server
    this.#scenario = scenario
    this.#sender = sender
    this.#seed = seed
  }

  /** Seeds of even number are warm-up, odd ones are measured: a server is measured on requests it has not seen. */
  async warmUp(seconds: number): Promise<void> {
    await this.#runBursts(seconds, this.#seed)
  }

  async runClosed(seconds: number): Promise<ClosedFigures | undefined> {
    switch (this.#scenario.closed) {
      case 'bursts':
        return this.#runBursts(seconds, this.#seed + 1)
      case 'autocannon':
        return this.#runAutocannon(seconds)
      case 'none':
        return undefined
      default:
        return this.#scenario.closed satisfies never
    }
  }

  async runOpen(seconds: number): Promise<OpenFigures | undefined> {
    const { openPerSecond, flood } = this.#scenario
    if (openPerSecond === undefined) return undefined
    const streams = [this.#openStream('measured', this.#scenario.corpus, openPerSecond)]
    if (flood !== undefined) streams.push(this.#openStream('flood', flood.corpus, flood.perSecond))
    const before = await this.#settle()
    const results = await this.#sender.run({ port: this.#server.port, seconds, streams })
    const cpuUs = (await this.#settle()) - before
    this.#results.push(...results)
    const requests = results.reduce((sum, result) => sum + result.sent, 0)
    const latency = results.find((result) => result.label === 'measured')?.latency ?? ''
    return { requests, perSecond: openPerSecond, cpuUsPerRequest: cpuUs / requests, latency }
  }

  async counts(): Promise<RoundCounts> {
    const { matched, shed } = await this.#server.report()
    const sum = (pick: (result: StreamResult) => number): number =>
      this.#results.reduce((total, result) => total + pick(result), 0)
    return {
      sent: sum((result) => result.sent) + this.#untoldSent,
      planted: sum((result) => result.attacksSent),
      failed: sum((result) => result.failed),
      unanswered: sum((result) => result.unanswered),
      resets: sum((result) => result.resets),
      badAnswers: sum((result) => result.badAnswers),
      matched,
      shed,
    }
  }

  async #runBursts(seconds: number, seed: number): Promise<ClosedFigures> {
    const { corpus, connections, mode } = this.#scenario
    const { port, burstBytes } = this.#server
    const pacing = { kind: 'closed', maxRequests: Math.max(connections, burstBytes / requestBytesOf(corpus)) } as const
    const stream: StreamPlan = { label: 'closed', corpus, seed, connection: connectionOf(mode), connections, pacing }
    const before = await this.#settle()
    const giveUpMs = performance.now() + seconds * burstPatience * 1000
    let requests = 0
    let loadSeconds = 0
    while (loadSeconds < seconds && performance.now() < giveUpMs) {
      const results = await this.#sender.run({ port, seconds: seconds - loadSeconds, streams: [stream] })
      await this.#catchUp()
      this.#results.push(...results)
      requests += results.reduce((sum, result) => sum + result.sent, 0)
      loadSeconds += results.reduce((sum, result) => sum + result.seconds, 0)
    }
    const cpuUs = (await this.#settle()) - before
    return { requests, cpuUsPerRequest: cpuUs / requests, answeredPerSecond: requests / loadSeconds }
  }

  async #runAutocannon(seconds: number): Promise<ClosedFigures> {
    const { corpus, connections } = this.#scenario
    const before = await this.#settle()
    const plan = { port: this.#server.port, seconds, corpus, seed: this.#seed + 1, connections }
    const { answered, seconds: loadSeconds } = await this.#sender.runAutocannon(plan)
    const cpuUs = (await this.#settle()) - before
    this.#untoldSent += answered
    return { requests: answered, cpuUsPerRequest: cpuUs / answered, answeredPerSecond: answered / loadSeconds }
  }

  #openStream(label: string, corpus: Scenario['corpus'], perSecond: number): StreamPlan {
    const pacing = { kind: 'open', perSecond, arrivals: 'poisson' } as const
    const connection = connectionOf(this.#scenario.mode)
    return { label, corpus, seed: this.#seed + 1, connection, connections: openConnections, pacing }
  }

  /** Between bursts: only what answers early has anything left to do. */
  async #catchUp(): Promise<void> {
    if (Number.isFinite(this.#server.burstBytes)) await settle(this.#reader, this.#server.pid, 0)
  }

  #settle(): Promise<number> {
    return settle(this.#reader, this.#server.pid, this.#server.flushMs)
  }
}

function connectionOf(mode: Scenario['mode']): StreamPlan['connection'] {
  return mode === 'ack' ? 'kept' : 'one-shot'
}
