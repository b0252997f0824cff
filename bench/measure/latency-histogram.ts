// Latencies as HDR histograms: recorded in nanoseconds, merged by addition, carried between processes as text.
// The only importer of hdr-histogram-js in the bench.
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** What a report shows of a histogram, in microseconds. */
export interface LatencySummary {
  readonly count: number
  readonly p50Us: number
  readonly p90Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
}

/** Latencies above this count as this: a minute is "never" for an answer. */
const highestNs = 60_000_000_000
/** Finer than the clock's own cost; keeps the table small. */
const lowestNs = 100

/** A distribution of latencies, three significant digits. */
export class LatencyHistogram {
  readonly #histogram: Histogram

  constructor(histogram: Histogram = emptyHistogram()) {
    this.#histogram = histogram
  }

  /** The histogram that `encode` made the text of. */
  static decode(text: string): LatencyHistogram {
    // Added to an empty one, because decoding gives back a table cut to what was recorded.
    const decoded = new LatencyHistogram()
    decoded.#histogram.add(decodeFromCompressedBase64(text, 32))
    return decoded
  }

  /** Adds one latency in milliseconds, as `performance.now()` differences are. */
  recordMs(latencyMs: number): void {
    const ns = Math.round(latencyMs * 1_000_000)
    this.#histogram.recordValue(Math.min(Math.max(ns, lowestNs), highestNs))
  }

  /** Adds all of another histogram's values; percentiles must never be averaged instead. */
  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram)
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram)
  }

  /** The latency that `percentile` percent of the values do not exceed, in microseconds. */
  percentileUs(percentile: number): number {
    return this.#histogram.getValueAtPercentile(percentile) / 1000
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50Us: this.percentileUs(50),
      p90Us: this.percentileUs(90),
      p99Us: this.percentileUs(99),
      p999Us: this.percentileUs(99.9),
      maxUs: this.percentileUs(100),
    }
  }
}

/** One histogram with everything in `parts`. */
export function mergeHistograms(parts: readonly LatencyHistogram[]): LatencyHistogram {
  const whole = new LatencyHistogram()
  for (const part of parts) whole.add(part)
  return whole
}

function emptyHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: lowestNs,
    highestTrackableValue: highestNs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  })
}
