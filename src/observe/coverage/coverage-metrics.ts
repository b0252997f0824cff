// The loss meter's numbers as Prometheus metrics. Labels are configured sources and words of ours.
import type { ReadMetric } from '../metrics.js'
import type { CoverageReport } from './coverage-meter.js'
import { coverageParts } from './coverage-shares.js'

/** @param report - read at each scrape. */
export function coverageMetrics(report: () => CoverageReport): readonly ReadMetric[] {
  const perSource = (pick: (source: CoverageReport['sources'][number]) => number | undefined) => () =>
    report().sources.flatMap((source) => {
      const value = pick(source)
      return value === undefined ? [] : [{ labels: { source: source.label }, value }]
    })
  return [
    {
      kind: 'gauge',
      name: 'mirrorwaf_mirror_coverage_ratio',
      help: 'Requests of the last ten minutes, as the gateways count them, that were analysed whole; absent when a source is down',
      labelNames: [],
      read: () => {
        const { ratio } = report().shares
        return ratio === undefined ? [] : [{ labels: {}, value: ratio }]
      },
    },
    {
      kind: 'gauge',
      name: 'mirrorwaf_mirror_coverage_requests',
      help: 'What became of the requests of the last ten minutes that the gateways took',
      labelNames: ['part'],
      read: () => {
        const { parts } = report().shares
        return coverageParts.map((part) => ({ labels: { part }, value: parts[part] }))
      },
    },
    {
      kind: 'gauge',
      name: 'mirrorwaf_mirror_coverage_source_up',
      help: 'Whether the last question for a gateway’s counters was answered; absent before the first',
      labelNames: ['source'],
      read: perSource(({ isUp }) => (isUp === undefined ? undefined : Number(isUp))),
    },
    {
      kind: 'counter',
      name: 'mirrorwaf_mirror_coverage_polls_total',
      help: 'Questions for a gateway’s counters',
      labelNames: ['source', 'result'],
      read: () =>
        report().sources.flatMap(({ label, goodPolls, failedPolls }) => [
          { labels: { source: label, result: 'ok' }, value: goodPolls },
          { labels: { source: label, result: 'failed' }, value: failedPolls },
        ]),
    },
    {
      kind: 'counter',
      name: 'mirrorwaf_mirror_gateway_requests_total',
      help: 'Requests that a gateway took since it is being asked',
      labelNames: ['source'],
      read: perSource(({ requests }) => requests),
    },
    {
      kind: 'counter',
      name: 'mirrorwaf_mirror_gateway_copies_total',
      help: 'Copies that a gateway made or gave up since it is being asked, where it counts them',
      labelNames: ['source'],
      read: perSource(({ copies, isEstimate }) => (isEstimate ? undefined : copies)),
    },
    {
      kind: 'gauge',
      name: 'mirrorwaf_mirror_gateway_copies_estimate',
      help: 'Copies that a gateway should have made since it is being asked, by the share that --coverage-source names: right within the error of sampling',
      labelNames: ['source'],
      read: perSource(({ copies, isEstimate }) => (isEstimate ? copies : undefined)),
    },
  ]
}
