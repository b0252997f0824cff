// One running server during one round: loads it in slices and keeps the totals.
import { baseSeed, requestBytesOf } from '../corpora/corpus.js'
import type { StreamPlan, StreamResult } from '../load/plan.js'
import type { Sender } from '../load/sender.js'
import type { Scenario } from '../scenarios.js'
import type { RunningServer, ServerKind } from '../servers/server.js'
import { LatencyHistogram } from './latency-histogram.js'
import { ProcessReader } from './process-stat.js'
import { settle } from './settle.js'

/** What a closed loop gave. */
export interface ClosedFigures {
  readonly requests: number
  /** Over all slices. */
  readonly cpuUsPerRequest: number
  readonly cpuUsPerRequestBySlice: readonly number[]
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

/** How much longer than its load a closed slice may take when the waiting between bursts is counted. */
const burstPatience = 3
/** Enough that a one-shot stream never waits for a lane while the server keeps up. */
const openConnections = 64

/** A started server of one scenario; `stop` it. */
export class Session {
  readonly #name: string
  readonly #server: RunningServer
  readonly #scenario: Scenario
  readonly #sender: Sender
  /** Warm-up requests have this seed, measured ones the next: a server is measured on requests it has not seen. */
  readonly #seed: number
  readonly #reader = new ProcessReader()
  readonly #results: StreamResult[] = []
  readonly #latency = new LatencyHistogram()
  readonly #closed = { requests: 0, seconds: 0, cpuUs: 0 }
  readonly #cpuUsPerRequestBySlice: number[] = []
  readonly #open = { requests: 0, cpuUs: 0 }
  /** Sent by autocannon, which does not tell attacks. */
  #untoldSent = 0

  private constructor(name: string, server: RunningServer, scenario: Scenario, round: number, sender: Sender) {
    this.#name = name
    this.#server = server
    this.#scenario = scenario
    this.#sender = sender
    this.#seed = baseSeed + 2 * round
  }

  /** Starts a server of this kind for the scenario. */
  static async start(
    kind: ServerKind,
    scenario: Scenario,
    round: number,
    sender: Sender,
    core: number | undefined,
  ): Promise<Session> {
    const server = await kind.start({ mode: scenario.mode, requestBytes: requestBytesOf(scenario.corpus), core })
    return new Session(kind.name, server, scenario, round, sender)
  }

  async warmUp(seconds: number): Promise<void> {
    await this.#runBursts(seconds, this.#seed)
    await this.#settle()
  }

  /** One slice of closed loop. */
  async runClosed(seconds: number): Promise<void> {
    const before = await this.#calm()
    const load =
      this.#scenario.closed === 'autocannon'
        ? await this.#runAutocannon(seconds)
        : await this.#runBursts(seconds, this.#seed + 1)
    const cpuUs = (await this.#settle()) - before
    this.#cpuUsPerRequestBySlice.push(cpuUs / load.requests)
    this.#closed.cpuUs += cpuUs
    this.#closed.requests += load.requests
    this.#closed.seconds += load.seconds
  }

  /** One slice of open loop at the scenario's rate. */
  async runOpen(seconds: number, perSecond: number): Promise<void> {
    const { corpus, flood } = this.#scenario
    const streams = [this.#openStream('measured', corpus, perSecond)]
    if (flood !== undefined) streams.push(this.#openStream('flood', flood.corpus, flood.perSecond))
    const before = await this.#calm()
    const results = await this.#sender.run({ port: this.#server.port, seconds, streams })
    this.#open.cpuUs += (await this.#settle()) - before
    this.#results.push(...results)
    for (const { label, sent, latency } of results) {
      this.#open.requests += sent
      if (label === 'measured') this.#latency.add(LatencyHistogram.decode(latency))
    }
  }

  async result(): Promise<RoundResult> {
    const { peakBytes } = await this.#reader.memory(this.#server.pid)
    const { requests, seconds, cpuUs } = this.#closed
    const perSecond = this.#scenario.openPerSecond
    const closed = {
      requests,
      cpuUsPerRequest: cpuUs / requests,
      cpuUsPerRequestBySlice: this.#cpuUsPerRequestBySlice,
      answeredPerSecond: requests / seconds,
    }
    const open = {
      requests: this.#open.requests,
      perSecond: perSecond ?? 0,
      cpuUsPerRequest: this.#open.cpuUs / this.#open.requests,
      latency: this.#latency.encode(),
    }
    return {
      server: this.#name,
      closed: requests === 0 ? undefined : closed,
      open: open.requests === 0 ? undefined : open,
      peakBytes,
      counts: await this.#counts(),
    }
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  async #counts(): Promise<RoundCounts> {
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

  async #runBursts(seconds: number, seed: number): Promise<{ requests: number; seconds: number }> {
    const { corpus, connections, mode } = this.#scenario
    const { port, burstBytes } = this.#server
    const pacing = { kind: 'closed', maxRequests: Math.max(connections, burstBytes / requestBytesOf(corpus)) } as const
    const stream: StreamPlan = { label: 'closed', corpus, seed, connection: connectionOf(mode), connections, pacing }
    const giveUpMs = performance.now() + seconds * burstPatience * 1000
    const load = { requests: 0, seconds: 0 }
    while (load.seconds < seconds && performance.now() < giveUpMs) {
      const results = await this.#sender.run({ port, seconds: seconds - load.seconds, streams: [stream] })
      // Only what answers early has anything left to do after a burst.
      if (Number.isFinite(burstBytes)) await this.#calm()
      this.#results.push(...results)
      load.requests += results.reduce((sum, result) => sum + result.sent, 0)
      load.seconds += results.reduce((sum, result) => sum + result.seconds, 0)
    }
    return load
  }

  async #runAutocannon(seconds: number): Promise<{ requests: number; seconds: number }> {
    const { corpus, connections } = this.#scenario
    const plan = { port: this.#server.port, seconds, corpus, seed: this.#seed + 1, connections }
    const result = await this.#sender.runAutocannon(plan)
    this.#untoldSent += result.answered
    return { requests: result.answered, seconds: result.seconds }
  }

  #openStream(label: string, corpus: Scenario['corpus'], perSecond: number): StreamPlan {
    const pacing = { kind: 'open', perSecond, arrivals: 'poisson' } as const
    const connection = connectionOf(this.#scenario.mode)
    return { label, corpus, seed: this.#seed + 1, connection, connections: openConnections, pacing }
  }

  /** CPU used when the server is idle. */
  #calm(): Promise<number> {
    return settle(this.#reader, this.#server.pid, 0)
  }

  /** CPU used when the server is idle and has also done what it does a little later. */
  #settle(): Promise<number> {
    return settle(this.#reader, this.#server.pid, this.#server.flushMs)
  }
}

function connectionOf(mode: Scenario['mode']): StreamPlan['connection'] {
  return mode === 'ack' ? 'kept' : 'one-shot'
}
