// The few statistics that the bench's verdicts rest on.
import type { SeededRandom } from '../corpora/random.js'

/** An interval that a value lies in with some confidence. */
export interface Interval {
  readonly low: number
  readonly mid: number
  readonly high: number
}

/** A straight line through points over time. */
export interface Trend {
  /** Growth of y per unit of x. */
  readonly slope: number
  /** y of the fitted line at the first and the last x. */
  readonly start: number
  readonly end: number
  /** How many standard errors the slope is away from zero; infinite for points exactly on a sloping line. */
  readonly significance: number
}

/** Middle value; of an even number the mean of the two. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  if (sorted.length % 2 === 1) return upper
  return (upper + (sorted[half - 1] ?? Number.NaN)) / 2
}

/** Median with the smallest and largest value. */
export function medianWithRange(values: readonly number[]): Interval {
  return { low: Math.min(...values), mid: median(values), high: Math.max(...values) }
}

/** How often a bootstrap draws; more changes the third digit only. */
const draws = 4000

/**
 * Percentile bootstrap of the median: where it would lie if the same rounds were drawn again. Rounds are drawn whole, because
 * what is measured in one round on one process hangs together and is not so much more evidence.
 * @param rounds - the values of each round, one or more.
 * @param confidence - 0.95 for a 95 % interval.
 */
export function bootstrapMedian(
  rounds: readonly (readonly number[])[],
  confidence: number,
  random: SeededRandom,
): Interval {
  const medians = Array.from({ length: draws }, () =>
    median(rounds.flatMap(() => rounds[random.integer(0, rounds.length - 1)] ?? [])),
  ).sort((left, right) => left - right)
  const tail = (1 - confidence) / 2
  const at = (share: number): number => medians[Math.round(share * (draws - 1))] ?? Number.NaN
  return { low: at(tail), mid: median(rounds.flat()), high: at(1 - tail) }
}

/**
 * Bootstrap interval of the ratio `numerators / denominators`, paired by round and place in it: what disturbs both of a pair
 * cancels out. Works on logarithms, so that twice as slow and twice as fast lie equally far from 1.
 */
export function bootstrapRatio(
  numerators: readonly (readonly number[])[],
  denominators: readonly (readonly number[])[],
  confidence: number,
  random: SeededRandom,
): Interval {
  const logs = numerators.map((values, round) =>
    values.map((value, place) => Math.log(value / (denominators[round]?.[place] ?? Number.NaN))),
  )
  const { low, mid, high } = bootstrapMedian(logs, confidence, random)
  return { low: Math.exp(low), mid: Math.exp(mid), high: Math.exp(high) }
}

/** Least-squares line through points; at least three of them, else nothing is significant. */
export function fitTrend(points: readonly (readonly [x: number, y: number])[]): Trend {
  const count = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const spreadX = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const together = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const slope = spreadX === 0 ? 0 : together / spreadX
  const lineAt = (x: number): number => meanY + slope * (x - meanX)
  const residual = points.reduce((sum, [x, y]) => sum + (y - lineAt(x)) ** 2, 0)
  const standardError = count > 2 ? Math.sqrt(residual / (count - 2) / spreadX) : Number.POSITIVE_INFINITY
  const significance = slope === 0 ? 0 : Math.abs(slope) / standardError
  return { slope, start: lineAt(points[0]?.[0] ?? 0), end: lineAt(points[count - 1]?.[0] ?? 0), significance }
}
