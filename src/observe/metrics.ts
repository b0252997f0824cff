// Turns counters, histograms and what the reporting thread knows itself into Prometheus text. Sole import of prom-client.
// Nothing here runs per request: prom-client is fed when somebody scrapes, because one of its increments costs as much as
// parsing a header does.
import { readdir } from 'node:fs/promises'
// Its entry would also load OpenTelemetry's API, a push gateway and clustering.
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import { CounterId } from './counter-ids.js'
import type { Instruments } from './instruments.js'
import type { LatencyHistogram } from './latency-histogram.js'
import { batchBuckets, familyMetrics, latencyBuckets, scalarMetrics } from './metric-catalogue.js'

/** Hits of one rule; ids and types come from the ruleset, never from a sender. */
export interface RuleHit {
  readonly rule: string
  readonly type: string
  readonly count: number
}

export interface EngineInfo {
  readonly engine: string
  readonly version: string
  readonly rulesVersion: string
}

/** What a scrape needs of one sink; `src/sinks/sink.ts` SinkTotals. */
export interface SinkNumbers {
  readonly name: string
  readonly written: number
  readonly dropped: Readonly<Record<string, number>>
  readonly queuedBytes: number
  readonly filtered: number
  readonly folded: number
}

/** One value of a metric. */
export interface MetricSample {
  readonly labels: Record<string, string>
  readonly value: number
}

/** A metric of another part, read when somebody scrapes. */
export interface ReadMetric {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly read: () => readonly MetricSample[]
}

export interface MetricsSources {
  readonly instruments: Instruments
  readonly sinks: () => readonly SinkNumbers[]
  /** Metrics of further parts. */
  readonly further?: readonly ReadMetric[]
}

const snapshotKinds = ['counter', 'gauge', 'histogram'] as const

/** One metric as Prometheus means it. */
export interface MetricSnapshot {
  readonly name: string
  readonly help: string
  readonly kind: (typeof snapshotKinds)[number]
  readonly samples: readonly SampleSnapshot[]
}

export interface SampleSnapshot {
  /** The metric's own, or with `_bucket`, `_sum` or `_count` for a histogram. */
  readonly name: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/**
 * More rules than any ruleset has; hits beyond count under the label "other". Rule names cannot be chosen by a sender, but a
 * reload may bring new ones for as long as the process lives.
 */
export const ruleSeriesLimit = 10_000

/** The metrics of one process. Lives in the reporting thread. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #instruments: Instruments
  readonly #ruleHits: Counter<'rule' | 'type'>
  readonly #engineInfo: Gauge<'engine' | 'version' | 'rules_version'>
  readonly #rules = new Set<string>()

  constructor(sources: MetricsSources) {
    this.#instruments = sources.instruments
    this.#registerShared()
    this.#registerHistograms()
    this.#registerSinks(sources)
    this.#registerProcess()
    for (const { kind, name, help, labelNames, read } of sources.further ?? []) {
      this.#registerRead(kind, name, help, [...labelNames], read)
    }
    const registers = [this.#registry]
    this.#ruleHits = new Counter({
      name: 'mirrorwaf_rule_hits_total',
      help: 'Matches by rule and type of attack',
      labelNames: ['rule', 'type'],
      registers,
    })
    this.#engineInfo = new Gauge({
      name: 'mirrorwaf_engine_info',
      help: 'The engine and ruleset in use; the value is always 1',
      labelNames: ['engine', 'version', 'rules_version'],
      registers,
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }

  /** The same numbers as `render`, for exporters of other kinds. */
  async snapshot(): Promise<readonly MetricSnapshot[]> {
    const metrics = await this.#registry.getMetricsAsJSON()
    return metrics.flatMap(({ name, help, type, values }) => {
      const kind = snapshotKinds.find((known) => known === String(type))
      return kind === undefined ? [] : [{ name, help, kind, samples: values.map(toSample) }]
    })
  }

  addRuleHits(hits: readonly RuleHit[]): void {
    for (const { rule, type, count } of hits) {
      const isKnown = this.#rules.has(rule) || this.#rules.size < ruleSeriesLimit
      if (isKnown) this.#rules.add(rule)
      this.#ruleHits.inc(isKnown ? { rule, type } : { rule: 'other', type: 'other' }, count)
    }
  }

  setEngine({ engine, version, rulesVersion }: EngineInfo): void {
    this.#engineInfo.reset()
    this.#engineInfo.set({ engine, version, rules_version: rulesVersion }, 1)
  }

  #registerShared(): void {
    const { counters } = this.#instruments
    for (const { kind, name, help, index, scale } of scalarMetrics) {
      this.#registerRead(kind, name, help, [], () => [{ labels: {}, value: counters.get(index) * scale }])
    }
    for (const { kind, name, help, label, members, scale } of familyMetrics) {
      this.#registerRead(kind, name, help, [label], () =>
        members.map(([value, index]) => ({ labels: { [label]: value }, value: counters.get(index) * scale })),
      )
    }
  }

  #registerHistograms(): void {
    const { answerLatencyUs, verdictLatencyUs, batchRequests } = this.#instruments
    const registry = this.#registry
    const perSecond = 1e6
    registerHistogram(registry, 'mirrorwaf_answer_latency_seconds', 'From the last body byte to the answer or FIN', {
      source: answerLatencyUs,
      buckets: latencyBuckets,
      unitsPerBase: perSecond,
    })
    registerHistogram(registry, 'mirrorwaf_verdict_latency_seconds', 'From the last body byte to the verdict', {
      source: verdictLatencyUs,
      buckets: latencyBuckets,
      unitsPerBase: perSecond,
    })
    registerHistogram(registry, 'mirrorwaf_batch_requests', 'Requests per batch', {
      source: batchRequests,
      buckets: batchBuckets,
      unitsPerBase: 1,
    })
  }

  #registerSinks({ sinks, instruments }: MetricsSources): void {
    this.#registerRead(
      'counter',
      'mirrorwaf_sink_events_total',
      'Events written, those that a folded line stands for included',
      ['sink'],
      () => sinks().map((sink) => ({ labels: { sink: sink.name }, value: sink.written })),
    )
    this.#registerRead('gauge', 'mirrorwaf_sink_queue_bytes', 'Bytes of events that wait', ['sink'], () =>
      sinks().map((sink) => ({ labels: { sink: sink.name }, value: sink.queuedBytes })),
    )
    this.#registerRead('counter', 'mirrorwaf_sink_filtered_total', 'Events that the sink is not to get', ['sink'], () =>
      sinks().map((sink) => ({ labels: { sink: sink.name }, value: sink.filtered })),
    )
    this.#registerRead(
      'gauge',
      'mirrorwaf_sink_folded',
      'Events that have no line of their own because others stand for them',
      ['sink'],
      () => sinks().map((sink) => ({ labels: { sink: sink.name }, value: sink.folded })),
    )
    this.#registerRead('counter', 'mirrorwaf_sink_dropped_total', 'Events lost', ['sink', 'reason'], () => [
      // The channel into the reporting thread stands before all sinks.
      { labels: { sink: 'all', reason: 'channel_full' }, value: instruments.counters.get(CounterId.channelDropped) },
      ...sinks().flatMap((sink) =>
        Object.entries(sink.dropped).map(([reason, value]) => ({ labels: { sink: sink.name, reason }, value })),
      ),
    ])
  }

  #registerProcess(): void {
    const { counters } = this.#instruments
    this.#registerRead('gauge', 'process_resident_memory_bytes', 'Resident memory of all processes', [], () => [
      { labels: {}, value: process.memoryUsage.rss() + counters.get(CounterId.childResidentBytes) },
    ])
    this.#registerRead('counter', 'process_cpu_seconds_total', 'CPU time of all processes, user and system', [], () => {
      const { user, system } = process.cpuUsage()
      return [{ labels: {}, value: (user + system + counters.get(CounterId.childCpuUs)) / 1e6 }]
    })
    this.#registerRead('gauge', 'process_open_fds', 'Open file descriptors', [], async () => {
      // Without /proc (not Linux) the number is left out, as Prometheus' own collectors do.
      const names = await readdir('/proc/self/fd').catch(() => undefined)
      return names === undefined ? [] : [{ labels: {}, value: names.length }]
    })
  }

  /** Registers a metric whose samples are read when somebody scrapes. */
  #registerRead(
    kind: 'counter' | 'gauge',
    name: string,
    help: string,
    labelNames: string[],
    read: () => readonly MetricSample[] | Promise<readonly MetricSample[]>,
  ): void {
    const registers = [this.#registry]
    if (kind === 'gauge') {
      const metric: Gauge = new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect: async () => {
          const samples = await read()
          metric.reset()
          // A reset metric without labels is 0, which is not the same as unknown.
          if (labelNames.length === 0 && samples.length === 0) metric.remove()
          for (const { labels, value } of samples) metric.set(labels, value)
        },
      })
      return
    }
    const metric: Counter = new Counter({
      name,
      help,
      labelNames,
      registers,
      collect: async () => {
        const samples = await read()
        metric.reset()
        for (const { labels, value } of samples) metric.inc(labels, value)
      },
    })
  }
}

function toSample(value: {
  readonly metricName?: string
  readonly labels: Partial<Record<string, string | number>>
  readonly value: number
}): SampleSnapshot {
  const labels: Record<string, string | number> = {}
  for (const [name, label] of Object.entries(value.labels)) if (label !== undefined) labels[name] = label
  return { name: value.metricName ?? '', labels, value: value.value }
}

interface HistogramSource {
  readonly source: LatencyHistogram
  /** In the metric's base unit. */
  readonly buckets: readonly number[]
  /** Recorded units per base unit: 1e6 for microseconds in a metric in seconds. */
  readonly unitsPerBase: number
}

/**
 * A prom-client histogram whose numbers come from shared memory instead of `observe`: they are put into prom-client's own store
 * (`hashMap`: one entry per combination of labels, here none; counts per bucket, not cumulative) when somebody scrapes.
 * The store is not part of its types; the version is pinned and metrics.test.ts would see it change.
 */
function registerHistogram(registry: Registry, name: string, help: string, source: HistogramSource): void {
  const histogram: Histogram = new Histogram({
    name,
    help,
    buckets: [...source.buckets],
    registers: [registry],
    collect: () => {
      Object.assign(histogram, { hashMap: { '': readBuckets(source) } })
    },
  })
}

function readBuckets({ source, buckets, unitsPerBase }: HistogramSource): object {
  // Rounded because 25e-6 * 1e6 is a hair below 25 and would lose the slot of 25.
  const { counts, count, sum } = source.cumulativeCounts(buckets.map((bound) => Math.round(bound * unitsPerBase)))
  const perBucket = buckets.map((bound, index) => [bound, (counts[index] ?? 0) - (counts[index - 1] ?? 0)] as const)
  return { labels: {}, bucketValues: Object.fromEntries(perBucket), sum: sum / unitsPerBase, count }
}
