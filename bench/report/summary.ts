// Rounds of one scenario put together: medians with their range, latencies merged, ratios round by round.
import { LatencyHistogram, type LatencySummary, mergeHistograms } from '../measure/latency-histogram.js'
import type { RoundResult } from '../measure/session.js'
import { type Interval, medianWithRange } from '../measure/statistics.js'
import type { Scenario } from '../scenarios.js'
import { formatInterval, formatNumber, formatTable } from './format.js'

/** One server in one scenario, over all rounds. */
export interface ServerSummary {
  readonly server: string
  readonly cpuUsPerRequest: Interval | undefined
  readonly answeredPerSecond: Interval | undefined
  /** CPU per request at the open loop's rate, the machine mostly idle: batches are small and wake-ups count. */
  readonly cpuUsPerRequestAtRate: Interval | undefined
  /** All rounds' latencies in one histogram. */
  readonly latency: LatencySummary | undefined
  readonly p99UsByRound: Interval | undefined
  readonly peakBytes: Interval
  /** CPU per request against the other two, from pairs of the same round. */
  readonly cpuRatioToFloor: Interval | undefined
  readonly cpuRatioToPeer: Interval | undefined
  readonly counts: CountsSummary
}

/** Totals over all rounds; `undefined` = the server does not say. */
export interface CountsSummary {
  readonly sent: number
  readonly planted: number
  readonly matched: number | undefined
  readonly shed: number | undefined
  /** Failed, unanswered or wrongly answered. */
  readonly faults: number
  readonly resets: number
}

/** A scenario's table, as data. */
export interface ScenarioSummary {
  readonly scenario: Scenario
  readonly servers: readonly ServerSummary[]
}

/** Puts the rounds of a scenario together; `rounds` holds each server once per round, in the order measured. */
export function summariseScenario(scenario: Scenario, rounds: readonly (readonly RoundResult[])[]): ScenarioSummary {
  const names = [...new Set(rounds.flat().map((result) => result.server))].sort()
  const ordered = serverOrder.filter((name) => names.includes(name))
  const others = names.filter((name) => !ordered.includes(name))
  return { scenario, servers: [...ordered, ...others].map((name) => summariseServer(name, rounds)) }
}

/** The order of rows and bars. */
const serverOrder: readonly string[] = ['mirrorwaf', 'mirrorwaf, inspection off', 'floor', 'peer']

/** The scenario as a table for a terminal. */
export function formatScenario({ scenario, servers }: ScenarioSummary): string {
  const rate = scenario.openPerSecond === undefined ? '' : ` at ${scenario.openPerSecond}/s`
  const header = ['server', 'CPU us/request', 'x floor', 'x peer', 'answered/s', `p50 us${rate}`, 'p99', 'p99.9']
  const rows = servers.map((each) => [
    each.server,
    formatOptional(each.cpuUsPerRequest ?? each.cpuUsPerRequestAtRate),
    formatOptional(each.cpuRatioToFloor),
    formatOptional(each.cpuRatioToPeer),
    each.answeredPerSecond === undefined ? '-' : formatNumber(each.answeredPerSecond.mid),
    ...[each.latency?.p50Us, each.latency?.p99Us, each.latency?.p999Us].map((value) =>
      formatNumber(value ?? Number.NaN),
    ),
    formatNumber(each.peakBytes.mid / 1e6),
    formatFindings(each.counts),
  ])
  const title = `${scenario.name}: ${scenario.describes}`
  return `\n${title}\n${formatTable([...header, 'peak MB', 'found/planted'], rows)}${formatFaults(servers)}`
}

function summariseServer(name: string, rounds: readonly (readonly RoundResult[])[]): ServerSummary {
  const own = rounds.flatMap((round) => round.filter((result) => result.server === name))
  const latencies = own.flatMap(({ open }) => (open === undefined ? [] : [LatencyHistogram.decode(open.latency)]))
  const over = (pick: (result: RoundResult) => number | undefined): Interval | undefined => {
    const values = own.map(pick).filter((value) => value !== undefined)
    return values.length === 0 ? undefined : medianWithRange(values)
  }
  return {
    server: name,
    cpuUsPerRequest: over(({ closed }) => closed?.cpuUsPerRequest),
    answeredPerSecond: over(({ closed }) => closed?.answeredPerSecond),
    cpuUsPerRequestAtRate: over(({ open }) => open?.cpuUsPerRequest),
    latency: latencies.length === 0 ? undefined : mergeHistograms(latencies).summary(),
    p99UsByRound: latencies.length === 0 ? undefined : medianWithRange(latencies.map((each) => each.percentileUs(99))),
    peakBytes: medianWithRange(own.map((result) => result.peakBytes)),
    cpuRatioToFloor: cpuRatio(name, 'floor', rounds),
    cpuRatioToPeer: cpuRatio(name, 'peer', rounds),
    counts: sumCounts(own),
  }
}

function cpuRatio(name: string, other: string, rounds: readonly (readonly RoundResult[])[]): Interval | undefined {
  const ratios = rounds.flatMap((round) => {
    const [mine, theirs] = [cpuOf(round, name), cpuOf(round, other)]
    return mine === undefined || theirs === undefined ? [] : [mine / theirs]
  })
  return name === other || ratios.length === 0 ? undefined : medianWithRange(ratios)
}

function cpuOf(round: readonly RoundResult[], name: string): number | undefined {
  const result = round.find(({ server }) => server === name)
  return result?.closed?.cpuUsPerRequest ?? result?.open?.cpuUsPerRequest
}

function sumCounts(results: readonly RoundResult[]): CountsSummary {
  const sum = (pick: (result: RoundResult) => number): number => results.reduce((total, each) => total + pick(each), 0)
  const isTold = results.every(({ counts }) => counts.matched !== undefined)
  const isShedTold = results.every(({ counts }) => counts.shed !== undefined)
  return {
    sent: sum(({ counts }) => counts.sent),
    planted: sum(({ counts }) => counts.planted),
    matched: isTold ? sum(({ counts }) => counts.matched ?? 0) : undefined,
    shed: isShedTold ? sum(({ counts }) => counts.shed ?? 0) : undefined,
    faults: sum(({ counts }) => counts.failed + counts.unanswered + counts.badAnswers),
    resets: sum(({ counts }) => counts.resets),
  }
}

function formatOptional(interval: Interval | undefined): string {
  return interval === undefined ? '-' : formatInterval(interval)
}

function formatFindings({ matched, planted }: CountsSummary): string {
  return matched === undefined ? `-/${planted}` : `${matched}/${planted}`
}

/** What would make the figures above mean something else. */
function formatFaults(servers: readonly ServerSummary[]): string {
  const lines = servers.flatMap(({ server, counts }) => {
    const { sent, shed = 0, faults, resets } = counts
    const parts = [
      ...(shed > 0 ? [`${shed} of ${sent} requests were shed, not inspected`] : []),
      ...(faults > 0 ? [`${faults} of ${sent} requests failed or were answered wrongly`] : []),
      ...(resets > 0 ? [`${resets} of ${sent} connections were reset instead of closed`] : []),
    ]
    return parts.length === 0 ? [] : [`\n  note: ${server}: ${parts.join('; ')}`]
  })
  return lines.join('')
}
