// What a soak watches, and when it calls something growing.
import { fitTrend, type Trend } from '../measure/statistics.js'

/** One reading, taken at the end of a segment of load, when its connections are closed again. */
export interface Reading {
  readonly second: number
  readonly residentBytes: number
  readonly openFiles: number
  /** p99 of the listener's event loop delay over the last second, most of it loaded. */
  readonly loopDelayMs: number
}

/** One figure over the soak. */
export interface Verdict {
  readonly name: string
  readonly unit: string
  readonly trend: Trend
  /** Growth of the fitted line over the watched part, as a share of where it began. */
  readonly growthShare: number
  readonly isGrowing: boolean
}

/** A figure that is watched: how it is read and which growth is too small to mean anything. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly read: (reading: Reading) => number
  /** In `unit`; what a garbage collector or a few connections make of it by themselves. */
  readonly negligible: number
}

/** The watched figures. */
export const figures: readonly Figure[] = [
  { name: 'memory', unit: 'MB', read: ({ residentBytes }) => residentBytes / 1e6, negligible: 8 },
  { name: 'file descriptors', unit: '', read: ({ openFiles }) => openFiles, negligible: 3 },
  { name: 'event loop delay p99', unit: 'ms', read: ({ loopDelayMs }) => loopDelayMs, negligible: 5 },
]

/** The first third is warm-up: code is compiled, pools fill, heaps find their size. */
const warmUpShare = 1 / 3
/** Standard errors; chance alone reaches this once in 700 soaks. */
const significantErrors = 3.2
/** Growth below this share of the figure is called flat. */
const growthShareLimit = 0.05

/** The readings that verdicts are based on. */
export function withoutWarmUp(readings: readonly Reading[]): readonly Reading[] {
  return readings.slice(Math.floor(readings.length * warmUpShare))
}

/** Judges one figure: growing = a rising line that is significant, and large enough to matter in both senses. */
export function judgeFigure(figure: Figure, readings: readonly Reading[]): Verdict {
  const trend = fitTrend(withoutWarmUp(readings).map((reading) => [reading.second, figure.read(reading)] as const))
  const growth = trend.end - trend.start
  const growthShare = growth / Math.max(trend.start, Number.EPSILON)
  const isLarge = growth > figure.negligible && growthShare > growthShareLimit
  const isGrowing = trend.significance > significantErrors && isLarge
  return { name: figure.name, unit: figure.unit, trend, growthShare, isGrowing }
}
