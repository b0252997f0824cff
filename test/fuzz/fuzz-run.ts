// One fuzz run: makes samples, aims at what was seen least, and compares prefilter and engine.
import type { JsonRecord } from '#src/json-shape.js'
import type { BuildLimits } from '#src/prefilter/automaton/build-budget.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter, type RulesetPrefilter } from '#src/prefilter/create-prefilter.js'
import { Matrix } from './matrix.js'
import { engineOn, Oracle, separateRules } from './oracle.js'
import { Random } from './random.js'
import { findTargets, type RuleTarget } from './rule-targets.js'
import { SampleMaker } from './sample-maker.js'
import { describeSample, type Sample, sendSample } from './value-tree.js'

/** No budget: a budget that runs out makes candidates, and would hide what the automata miss. */
export const unlimited: BuildLimits = { workPerRequest: Infinity, timeShare: 1, burstMs: Infinity }

/** Samples that go through the prefilter together. */
const batchSize = 25

export class FuzzRun {
  readonly matrix: Matrix
  readonly counts = { samples: 0, withEvents: 0, cleared: 0, failed: 0 }
  readonly #random: Random
  readonly #maker: SampleMaker
  readonly #oracle: Oracle
  readonly #prefilter: RulesetPrefilter
  readonly #targets: readonly RuleTarget[]
  #scarce: ReturnType<Matrix['scarce']> = []

  /** @param compiled - the ruleset that the prefilter is built from; another one than the engine's in self-tests. */
  constructor(
    ruleset: JsonRecord,
    engineVersion: string,
    seed: number,
    isAllEnabled: boolean,
    compiled: JsonRecord = ruleset,
  ) {
    const separated = separateRules(ruleset, isAllEnabled)
    this.#random = new Random(seed)
    this.#maker = new SampleMaker(this.#random)
    this.#oracle = new Oracle(engineOn(separated))
    this.#targets = findTargets([separated], engineVersion)
    this.matrix = new Matrix(this.#targets)
    // Small tables on odd seeds: they must be flushed again and again.
    const tableBytes = seed % 2 === 0 ? 64 * 1024 * 1024 : 4 * 1024 * 1024
    this.#prefilter = createPrefilter(compilePrefilter([separateRules(compiled, isAllEnabled)], engineVersion), {
      createEngine: (document) => engineOn(document),
      now: () => performance.now(),
      limits: { ...unlimited, tableBytes },
    })
  }

  /** @returns the reproducer of a false negative, or `undefined` when there was none. */
  run(forMs: number): string | undefined {
    const deadline = performance.now() + forMs
    while (performance.now() < deadline) {
      if (this.counts.samples % 2000 === 0) this.#scarce = this.matrix.scarce(40)
      const failure = this.#tryBatch(Array.from({ length: batchSize }, () => this.#next()))
      if (failure !== undefined) return failure
    }
    return undefined
  }

  dispose(): void {
    this.#prefilter.dispose()
    this.#oracle.dispose()
  }

  get stats(): RulesetPrefilter['stats'] {
    return this.#prefilter.stats
  }

  #next(): Sample {
    const kind = this.#random.next()
    if (kind < 0.2) return this.#maker.aimless()
    if (kind < 0.6) return this.#maker.aimed(this.#random.pick(this.#targets), undefined)
    const { target, address } = this.#random.pick(this.#scarce)
    return this.#maker.aimed(target, address)
  }

  #tryBatch(samples: readonly Sample[]): string | undefined {
    const isCleared = this.#filter(samples)
    for (const [index, sample] of samples.entries()) {
      const failure = this.#judge(sample, isCleared[index] === true)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  /** As a worker does it: values to confirm are put aside and asked about together. */
  #filter(samples: readonly Sample[]): boolean[] {
    const prefilter = this.#prefilter
    const isCleared: boolean[] = samples.map(() => false)
    const decide = (ticket: number, verdict: boolean): void => {
      isCleared[ticket] = verdict
    }
    for (const [index, sample] of samples.entries()) {
      prefilter.reset()
      sendSample(prefilter.sink, sample)
      if (prefilter.isPending) prefilter.hold(index)
      else isCleared[index] = !prefilter.isCandidate
      if (prefilter.mustSettle) prefilter.settle(decide)
    }
    prefilter.settle(decide)
    return isCleared
  }

  #judge(sample: Sample, isCleared: boolean): string | undefined {
    const { counts } = this
    counts.samples++
    if (isCleared) counts.cleared++
    const hits = this.#oracle.judge(sample)
    if (hits === undefined) {
      counts.failed++
      return undefined
    }
    if (hits.length === 0) return undefined
    counts.withEvents++
    for (const hit of hits) this.matrix.add(hit)
    if (!isCleared) return undefined
    return `${hits.map(({ ruleId, address }) => `${ruleId} at ${address}`).join(', ')}\n${describeSample(sample)}`
  }
}
