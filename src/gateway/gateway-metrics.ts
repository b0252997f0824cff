// The gateway's metrics, in a registry of its own. Labels are routes, status codes and words of ours; clients choose none.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ExchangeFault } from './exchange.js'
import { type CopyOutcome, copyOutcomes } from './mirror.js'

/** Why a request went no further than the door. */
export const refusals = [
  'bad_request',
  'rate_limited',
  'no_key',
  'preflight',
  'no_route',
  'no_backend',
  'overloaded',
] as const
export type Refusal = (typeof refusals)[number]

/** Read when somebody scrapes. */
export interface GatewayGauges {
  readonly mirrorHeldBytes: () => number
  readonly mirrorConnections: () => number
  readonly upstreamConnections: () => ReadonlyMap<string, number>
}

/** From a file on loopback to a backend that takes as long as it may. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The counters of one gateway. */
export class GatewayMetrics {
  readonly #registry = new Registry()
  readonly #requests: Counter<'route' | 'code'>
  readonly #durations: Histogram<'route'>
  readonly #faults: Counter<'kind'>
  readonly #refusals: Counter<'kind'>
  readonly #copies: Counter<'outcome'>

  constructor(gauges: GatewayGauges) {
    const registers = [this.#registry]
    this.#requests = new Counter({
      name: 'mirrorwaf_gateway_requests_total',
      help: 'Requests by route and status code',
      labelNames: ['route', 'code'],
      registers,
    })
    this.#durations = new Histogram({
      name: 'mirrorwaf_gateway_request_duration_seconds',
      help: 'From the head of a request to the end of its answer',
      labelNames: ['route'],
      buckets: durationBuckets,
      registers,
    })
    this.#faults = new Counter({
      name: 'mirrorwaf_gateway_faults_total',
      help: 'Exchanges that failed, by kind',
      labelNames: ['kind'],
      registers,
    })
    this.#refusals = new Counter({
      name: 'mirrorwaf_gateway_refusals_total',
      help: 'Requests answered at the door, by kind',
      labelNames: ['kind'],
      registers,
    })
    this.#copies = new Counter({
      name: 'mirrorwaf_gateway_mirror_copies_total',
      help: 'Copies for the receiver, by what became of them',
      labelNames: ['outcome'],
      registers,
    })
    for (const outcome of copyOutcomes) this.#copies.inc({ outcome }, 0)
    this.#registerGauges(gauges)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }

  /** @param route - as configured; empty = none. */
  countRequest(route: string, status: number, durationMs: number): void {
    this.#requests.inc({ route, code: status })
    this.#durations.observe({ route }, durationMs / 1000)
  }

  countFault(kind: ExchangeFault): void {
    this.#faults.inc({ kind })
  }

  countRefusal(kind: Refusal): void {
    this.#refusals.inc({ kind })
  }

  countCopy(outcome: CopyOutcome): void {
    this.#copies.inc({ outcome })
  }

  #registerGauges({ mirrorHeldBytes, mirrorConnections, upstreamConnections }: GatewayGauges): void {
    const registers = [this.#registry]
    const held: Gauge = new Gauge({
      name: 'mirrorwaf_gateway_mirror_held_bytes',
      help: 'Copies being gathered, waiting or on their way',
      registers,
      collect: () => held.set(mirrorHeldBytes()),
    })
    const open: Gauge = new Gauge({
      name: 'mirrorwaf_gateway_mirror_connections',
      help: 'Open connections to the receiver',
      registers,
      collect: () => open.set(mirrorConnections()),
    })
    const upstream: Gauge<'origin'> = new Gauge({
      name: 'mirrorwaf_gateway_upstream_connections',
      help: 'Open connections to backends',
      labelNames: ['origin'],
      registers,
      collect: () => {
        for (const [origin, count] of upstreamConnections()) upstream.set({ origin }, count)
      },
    })
  }
}
