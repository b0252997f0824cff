// Is the change slower than the base? Judged against the noise of the same run: the base is measured twice, and what those two
// differ by is what this machine cannot tell apart today. Nothing is compared with a figure of another day or machine.
import { SeededRandom } from '../corpora/random.js'
import { bootstrapRatio, type Interval } from '../measure/statistics.js'

/** One figure of the three arms: its values by round and slice. The same indexes were measured right after each other. */
export interface ArmSeries {
  readonly baseA: readonly (readonly number[])[]
  readonly baseB: readonly (readonly number[])[]
  readonly change: readonly (readonly number[])[]
}

/** What the rounds say about one figure. Ratios: 1 = the same, 1.15 = 15 % more. */
export interface Judgement {
  /** Change against base. */
  readonly change: Interval
  /** Base against base. */
  readonly noise: Interval
  /** The largest ratio that base against base makes believable. */
  readonly noiseRatio: number
  /** A change of this size would nearly always have been told from noise with these rounds. */
  readonly smallestDetectable: number
  readonly isSlower: boolean
}

const confidence = 0.95
const bootstrapSeed = 7
/** Less than this comes with the placement of code and data alone, and is not worth a failed build. */
const smallestRelevant = 1.03

/**
 * Judges one figure. Slower means both: the whole interval of the change lies above 1, and its middle lies beyond all that base
 * against base reaches. Whether that holds on a machine is what `--self-test` asks.
 */
export function judge(series: ArmSeries): Judgement {
  const base = series.baseA.map((values, round) =>
    values.map((value, place) => Math.sqrt(value * (series.baseB[round]?.[place] ?? value))),
  )
  const change = bootstrapRatio(series.change, base, confidence, new SeededRandom(bootstrapSeed))
  const noise = bootstrapRatio(series.baseB, series.baseA, confidence, new SeededRandom(bootstrapSeed + 1))
  const noiseRatio = Math.max(noise.high, 1 / noise.low)
  const halfWidth = change.mid / change.low
  return {
    change,
    noise,
    noiseRatio,
    smallestDetectable: Math.max(noiseRatio, halfWidth, smallestRelevant) * halfWidth,
    isSlower: change.low > 1 && change.mid > Math.max(noiseRatio, smallestRelevant),
  }
}

/** A line for a terminal. */
export function describeJudgement(name: string, judgement: Judgement): string {
  const { change, noise, smallestDetectable, isSlower } = judgement
  const verdict = isSlower ? 'SLOWER' : 'not slower'
  return (
    `${name}: ${verdict}: ${asPercent(change.mid)} (${asPercent(change.low)} to ${asPercent(change.high)}); ` +
    `base against base ${asPercent(noise.low)} to ${asPercent(noise.high)}; ` +
    `could have told ${asPercent(smallestDetectable)}`
  )
}

function asPercent(ratio: number): string {
  const percent = (ratio - 1) * 100
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`
}
