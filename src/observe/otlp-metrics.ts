// Pushes the metrics of /metrics to an OpenTelemetry collector as well, under the same names. Loaded only when configured.
import { ValueType } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { packageVersion } from '../package-version.js'
import { describeResource, type ServiceIdentity } from '../service-identity.js'
import type { MetricSnapshot, Metrics, SampleSnapshot } from './metrics.js'

export interface OtlpMetricsSettings {
  /** Of the collector, without `/v1/metrics`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly isGzip: boolean
  readonly timeoutMs: number
  readonly periodMs: number
  readonly identity: ServiceIdentity
  readonly metrics: Metrics
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
}

/** @returns a function that sends the last numbers and ends the timer; never rejects. */
export function startOtlpMetrics(settings: OtlpMetricsSettings): () => Promise<void> {
  const { periodMs, timeoutMs, identity } = settings
  const resource = resourceFromAttributes(describeResource(identity))
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(describeExporter(settings)),
    exportIntervalMillis: periodMs,
    exportTimeoutMillis: Math.min(timeoutMs, periodMs),
    metricProducers: [new SnapshotProducer(settings, resource)],
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  // What a collector that is away misses is in the next export: all values are totals.
  return () => provider.shutdown().catch(() => undefined)
}

type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>

function describeExporter({ url, headers, tls, isGzip, timeoutMs }: OtlpMetricsSettings): ExporterConfig {
  const algorithm: string = isGzip ? 'gzip' : 'none'
  return {
    url: `${url}/v1/metrics`,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    // An enum of a package that the exporter does not hand on; its values are these words.
    compression: algorithm as NonNullable<ExporterConfig['compression']>,
    httpAgentOptions: { keepAlive: true, ...tls },
  }
}

/** Reads the numbers when the reader asks for them: nothing is measured twice. */
class SnapshotProducer implements MetricProducer {
  readonly #settings: OtlpMetricsSettings
  readonly #resource: CollectionResult['resourceMetrics']['resource']

  constructor(settings: OtlpMetricsSettings, resource: CollectionResult['resourceMetrics']['resource']) {
    this.#settings = settings
    this.#resource = resource
  }

  async collect(): Promise<CollectionResult> {
    const times = { startTime: toHrTime(this.#settings.startedAtMs), endTime: toHrTime(Date.now()) }
    const metrics = (await this.#settings.metrics.snapshot()).map((snapshot) => toMetricData(snapshot, times))
    const scope = { name: 'mirrorwaf', version: packageVersion() }
    return { resourceMetrics: { resource: this.#resource, scopeMetrics: [{ scope, metrics }] }, errors: [] }
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>

function toMetricData(snapshot: MetricSnapshot, times: Times): MetricData {
  const { name, help, kind, samples } = snapshot
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  switch (kind) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: toPoints(samples, times) }
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: toPoints(samples, times) }
    case 'histogram':
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: [toHistogramPoint(snapshot, times)] }
    default:
      return kind satisfies never
  }
}

function toPoints(samples: readonly SampleSnapshot[], times: Times): DataPoint<number>[] {
  return samples.map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value }))
}

/** Prometheus counts up to each bound, OTLP between bounds; ours have no labels, so there is one point. */
function toHistogramPoint({ name, samples }: MetricSnapshot, times: Times): DataPoint<Histogram> {
  const readTotal = (suffix: string): number => samples.find((sample) => sample.name === `${name}${suffix}`)?.value ?? 0
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`)
  const boundaries = buckets.map(({ labels }) => Number(labels['le'])).filter((bound) => Number.isFinite(bound))
  const count = readTotal('_count')
  const upTo = [...buckets.slice(0, boundaries.length).map(({ value }) => value), count]
  const counts = upTo.map((value, index) => value - (upTo[index - 1] ?? 0))
  return { ...times, attributes: {}, value: { buckets: { boundaries, counts }, sum: readTotal('_sum'), count } }
}

/** UCUM, from the suffix that Prometheus' names carry. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/, '')
  if (base.endsWith('_seconds')) return 's'
  if (base.endsWith('_bytes')) return 'By'
  return base.endsWith('_ratio') ? '1' : ''
}

function toHrTime(milliseconds: number): [number, number] {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)]
}
