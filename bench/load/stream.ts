// One stream of requests: paces them over lanes and counts what became of them.
// Open pacing measures from when a request was due, also while it waits for a free lane: a server that stalls is charged
// with every request that should have been sent meanwhile (no coordinated omission).
import { SeededRandom } from '../corpora/random.js'
import { LatencyHistogram } from '../measure/latency-histogram.js'
import { KeptLane, type Lane, type LaneEvents, OneShotLane } from './lane.js'
import { graceMs, type StreamCounts, type StreamPlan, type StreamResult } from './plan.js'

/** Requests of a stream, in order; the stream starts over after the last. */
export interface RequestSource {
  readonly requests: readonly Buffer[]
  readonly isAttack: readonly boolean[]
}

/** Due requests that wait for a lane; more mean that the server is gone and the run is over anyway. */
const waitingLimit = 1_000_000

/** Runs one stream plan. Call `open`, then `begin`, then `tick` until it returns true. */
export class Stream implements LaneEvents {
  readonly #plan: StreamPlan
  readonly #source: RequestSource
  readonly #random: SeededRandom
  readonly #lanes: Lane[]
  readonly #free: Lane[] = []
  readonly #latency = new LatencyHistogram()
  readonly #counts: StreamCounts = {
    sent: 0,
    attacksSent: 0,
    answered: 0,
    resets: 0,
    badAnswers: 0,
    failed: 0,
    unanswered: 0,
    reconnects: 0,
  }
  /** Due times of requests without a lane; a queue with a moving head. */
  #waiting: number[] = []
  #waitingHead = 0
  #cursor: number
  #startMs = 0
  #endMs = 0
  #nextDueMs = 0
  #lastAnswerMs = 0

  constructor(plan: StreamPlan, port: number, source: RequestSource, cursor: number) {
    this.#plan = plan
    this.#source = source
    this.#cursor = cursor
    this.#random = new SeededRandom(plan.seed ^ 0x5eed)
    const makeLane = (): Lane =>
      plan.connection === 'kept' ? new KeptLane(port, this) : new OneShotLane(port, this, plan.connection === 'brief')
    this.#lanes = Array.from({ length: plan.connections }, makeLane)
  }

  /** Connects, so that no connecting falls into the measured time of kept lanes. */
  async open(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.open()))
  }

  begin(nowMs: number, seconds: number): void {
    this.#startMs = nowMs
    this.#endMs = nowMs + seconds * 1000
    this.#nextDueMs = nowMs
    this.#lastAnswerMs = nowMs
    this.#free.push(...this.#lanes)
    if (this.#plan.pacing.kind === 'closed') for (const lane of this.#free.splice(0)) this.#sendNext(lane, nowMs)
  }

  /** Sends what is due. @returns whether the stream has ended: nothing left to send and nothing in hand. */
  tick(nowMs: number): boolean {
    if (this.#plan.pacing.kind === 'open') this.#sendDue(this.#plan.pacing, Math.min(nowMs, this.#endMs))
    if (this.#isIdle() && (nowMs >= this.#endMs || this.#isExhausted())) return true
    return nowMs > this.#endMs + graceMs
  }

  /** Closes the lanes and counts what is still in hand as unanswered. */
  finish(nowMs: number): StreamResult {
    for (const lane of this.#lanes) {
      if (!Number.isNaN(lane.dueAtMs)) this.#giveUp(nowMs - lane.dueAtMs)
      lane.close()
    }
    for (const dueAtMs of this.#waiting.slice(this.#waitingHead)) {
      this.#counts.sent++
      this.#giveUp(nowMs - dueAtMs)
    }
    const seconds = (this.#lastAnswerMs - this.#startMs) / 1000
    return { ...this.#counts, label: this.#plan.label, seconds, latency: this.#latency.encode() }
  }

  /** Where in the source the next stream should go on. */
  get cursor(): number {
    return this.#cursor
  }

  onAnswer(lane: Lane, isClean: boolean, isExpected: boolean): void {
    const nowMs = performance.now()
    this.#counts.answered++
    if (!isClean) this.#counts.resets++
    if (!isExpected) this.#counts.badAnswers++
    this.#latency.recordMs(nowMs - lane.dueAtMs)
    this.#lastAnswerMs = nowMs
    this.#release(lane, nowMs)
  }

  onFailure(lane: Lane): void {
    this.#counts.failed++
    this.#release(lane, performance.now())
  }

  onReconnect(): void {
    this.#counts.reconnects++
  }

  #release(lane: Lane, nowMs: number): void {
    lane.dueAtMs = Number.NaN
    if (this.#plan.pacing.kind === 'closed') {
      this.#sendNext(lane, nowMs)
      return
    }
    const dueAtMs = this.#waiting[this.#waitingHead]
    if (dueAtMs === undefined) {
      this.#free.push(lane)
      return
    }
    this.#waitingHead++
    this.#send(lane, dueAtMs)
  }

  #sendNext(lane: Lane, nowMs: number): void {
    if (nowMs < this.#endMs && !this.#isExhausted()) this.#send(lane, nowMs)
    else this.#free.push(lane)
  }

  #sendDue(pacing: { readonly perSecond: number; readonly arrivals: 'fixed' | 'poisson' }, untilMs: number): void {
    while (this.#nextDueMs < untilMs) {
      const lane = this.#free.pop()
      if (lane !== undefined) this.#send(lane, this.#nextDueMs)
      else if (this.#waiting.length < waitingLimit) this.#waiting.push(this.#nextDueMs)
      const gaps = pacing.arrivals === 'fixed' ? 1 : -Math.log(1 - this.#random.next())
      this.#nextDueMs += (gaps * 1000) / pacing.perSecond
    }
  }

  #send(lane: Lane, dueAtMs: number): void {
    const index = this.#cursor++ % this.#source.requests.length
    const request = this.#source.requests[index]
    if (request === undefined) return
    this.#counts.sent++
    if (this.#source.isAttack[index]) this.#counts.attacksSent++
    lane.send(request, dueAtMs)
  }

  #giveUp(waitedMs: number): void {
    this.#counts.unanswered++
    this.#latency.recordMs(waitedMs)
  }

  #isIdle(): boolean {
    return this.#free.length === this.#lanes.length && this.#waitingHead === this.#waiting.length
  }

  #isExhausted(): boolean {
    return this.#plan.pacing.kind === 'closed' && this.#counts.sent >= this.#plan.pacing.maxRequests
  }
}
