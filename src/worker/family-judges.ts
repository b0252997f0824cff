// Judges what the prefilter picked of a request family by family: only the rules run that may match. All rules on one value cost
// 50 to 200 µs, those of one type 6 to 20 (bench/README.md). What is reported is what all rules together would report.
import type { Engine, EngineContext, EngineInput, RuleMatch } from '../engine/engine.js'
import type { RuleOrder } from '../engine/rule-order.js'
import type { FamilySet } from '../prefilter/families.js'

/** Runs an engine on one part of a request; false: no more are to be run. */
export type PartRun = (context: EngineContext, part: EngineInput) => boolean

/** An engine of one family, and how far it has come with the request in hand. */
class FamilyJudge {
  readonly engine: Engine
  context: EngineContext | undefined
  judgedPartCount = 0

  constructor(engine: Engine) {
    this.engine = engine
  }
}

/** One per worker thread; dispose it: its engines hold native memory. */
export class FamilyJudges {
  readonly #judges: readonly FamilyJudge[]
  readonly #order: RuleOrder

  /**
   * @param engines - one with the rules of each family, in the prefilter's order; owned from here on.
   * @param order - of the whole ruleset.
   */
  constructor(engines: readonly Engine[], order: RuleOrder) {
    this.#order = order
    this.#judges = engines.map((engine) => new FamilyJudge(engine))
  }

  /**
   * Has each family judge the parts that it has not seen of the request in hand.
   * @param parts - all so far: conditions of one rule may be met by different parts.
   * @param families - those that may match; more of them with later parts.
   * @returns false when a run asked to stop.
   */
  judge(parts: readonly EngineInput[], families: FamilySet, run: PartRun): boolean {
    for (const [family, judge] of this.#judges.entries()) {
      if ((families & (1 << family)) === 0) continue
      judge.context ??= judge.engine.createContext()
      for (const part of parts.slice(judge.judgedPartCount)) {
        judge.judgedPartCount += 1
        if (!run(judge.context, part)) return false
      }
    }
    return true
  }

  /**
   * What the whole ruleset would have reported.
   * @param matches - all so far, in the order of their parts. @param reportedCount - how many of them came from earlier calls.
   */
  report(matches: readonly RuleMatch[], reportedCount: number): RuleMatch[] {
    const reported = matches.slice(0, reportedCount)
    return [...reported, ...this.#order.report(matches.slice(reportedCount), reported)]
  }

  /** Forgets the request in hand. */
  end(): void {
    for (const judge of this.#judges) {
      if (judge.context === undefined) continue
      judge.context.dispose()
      judge.context = undefined
      judge.judgedPartCount = 0
    }
  }

  /** Gives native memory back. */
  dispose(): void {
    for (const { engine } of this.#judges) engine.dispose()
  }
}
