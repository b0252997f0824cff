// Measures several arms (builds of the receiver) in interleaved rounds, until they can be told apart or rounds run out.
import { LatencyHistogram } from '../measure/latency-histogram.js'
import { measureRound, type RoundBench } from '../measure/round.js'
import type { RoundResult } from '../measure/session.js'
import type { ServerKind } from '../servers/server.js'
import { type ArmSeries, type Judgement, judge } from './judge.js'

/** Arms by place: the base twice, then the changes to judge. */
export type Arms = readonly [baseA: ServerKind, baseB: ServerKind, ...changes: ServerKind[]]

/** How many rounds. More than `least` are run only while the noise hides a CPU difference of `wantedRatio`. */
export interface RoundLimits {
  readonly least: number
  readonly most: number
  readonly wantedRatio: number
}

/** What came out for one change. */
export interface ChangeVerdict {
  readonly name: string
  readonly cpu: Judgement
  /** `undefined` when the scenario has no open loop. */
  readonly p99: Judgement | undefined
}

/** Where and how arms are measured. */
export interface ArmBench extends RoundBench {
  readonly limits: RoundLimits
  /** Told after each round. */
  onRound(round: number, results: readonly RoundResult[]): void
}

/** Measures the arms round by round and judges every change. */
export async function compareArms(arms: Arms, bench: ArmBench): Promise<readonly ChangeVerdict[]> {
  const rounds: RoundResult[][] = []
  let verdicts: readonly ChangeVerdict[] = []
  while (rounds.length < bench.limits.most) {
    const results = await measureRound(arms, rounds.length, bench)
    rounds.push(results)
    bench.onRound(rounds.length, results)
    if (rounds.length < bench.limits.least) continue
    verdicts = judgeChanges(arms, rounds)
    if (verdicts.every(({ cpu }) => cpu.smallestDetectable <= bench.limits.wantedRatio)) break
  }
  return verdicts
}

function judgeChanges(arms: Arms, rounds: readonly (readonly RoundResult[])[]): readonly ChangeVerdict[] {
  return arms.slice(2).map(({ name }, index) => ({
    name,
    cpu: judge(seriesOf(rounds, index + 2, cpuOf)),
    p99: rounds.every((results) => results[0]?.open) ? judge(seriesOf(rounds, index + 2, p99Of)) : undefined,
  }))
}

function seriesOf(
  rounds: readonly (readonly RoundResult[])[],
  change: number,
  pick: (result: RoundResult | undefined) => readonly number[],
): ArmSeries {
  const column = (arm: number): (readonly number[])[] => rounds.map((results) => pick(results[arm]))
  return { baseA: column(0), baseB: column(1), change: column(change) }
}

/** Every slice, so that one that something else disturbed does not count more than the others. */
function cpuOf(result: RoundResult | undefined): readonly number[] {
  if (result?.closed !== undefined) return result.closed.cpuUsPerRequestBySlice
  return result?.open === undefined ? [] : [result.open.cpuUsPerRequest]
}

/** All slices of a round together: one of them alone has too few requests for a p99. */
function p99Of(result: RoundResult | undefined): readonly number[] {
  return result?.open === undefined ? [] : [LatencyHistogram.decode(result.open.latency).percentileUs(99)]
}
