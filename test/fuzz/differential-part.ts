// Prefilter against engine: makes samples of whole requests, aims at what was seen least, and compares the two. What matches is
// also judged as a worker does it, on what the prefilter picks: that must give the same matches and attributes.
import { isDeepStrictEqual } from 'node:util'
import { selectRules } from '#src/engine/family-ruleset.js'
import { findFingerprinting } from '#src/engine/fingerprint-ruleset.js'
import { RuleOrder } from '#src/engine/rule-order.js'
import type { JsonRecord } from '#src/json-shape.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import type { RulesetPrefilter } from '#src/prefilter/ruleset-prefilter.js'
import { FamilyJudges } from '#src/worker/family-judges.js'
import { RequestDescriber } from '#src/worker/request-describer.js'
import type { FuzzPart } from './fuzz-part.js'
import { Matrix } from './matrix.js'
import { engineOn, type Judgement, Oracle, type RuleSetup, separateRules } from './oracle.js'
import type { Random } from './random.js'
import { findTargets, type RuleTarget } from './rule-targets.js'
import { SampleMaker } from './sample-maker.js'
import { unlimited } from './unlimited.js'
import { describeSample, type Sample, sendSample } from './value-tree.js'

/** Samples that go through the prefilter together. */
const batchSize = 25
/** Samples after which the aim is taken anew; a multiple of the batch. */
const aimEvery = 2000

export interface DifferentialOptions extends RuleSetup {
  /** Small tables are flushed again and again. */
  readonly tableBytes: number
  /** Share of the candidates that the engine judges too: it tells what was covered, but no candidate is a false negative. */
  readonly judgedShare: number
}

export class DifferentialPart implements FuzzPart {
  readonly name = 'prefilter against engine'
  readonly share = 0.7
  readonly matrix: Matrix
  readonly counts = { samples: 0, judged: 0, withEvents: 0, cleared: 0, sieved: 0, failed: 0 }
  readonly #random: Random
  readonly #judgedShare: number
  readonly #maker: SampleMaker
  readonly #oracle: Oracle
  /** Undefined: the ruleset is none that requests are sieved for. */
  readonly #describer: RequestDescriber | undefined
  readonly #prefilter: RulesetPrefilter
  readonly #families: FamilyJudges | undefined
  readonly #targets: readonly RuleTarget[]
  /** Rules that no sample can match, and why. */
  readonly #unreachable: readonly string[]
  #scarce: ReturnType<Matrix['scarce']> = []

  /** @param compiled - the ruleset that the prefilter is built from; another one than the engine's in self-tests. */
  constructor(
    ruleset: JsonRecord,
    engineVersion: string,
    random: Random,
    options: DifferentialOptions,
    compiled: JsonRecord = ruleset,
  ) {
    const separated = separateRules(ruleset, options)
    this.#random = random
    this.#judgedShare = options.judgedShare
    this.#maker = new SampleMaker(this.#random)
    this.#oracle = new Oracle(engineOn(separated))
    const fingerprinting = findFingerprinting([separated])
    this.#describer =
      fingerprinting.kind === 'unknown' ? undefined : new RequestDescriber(fingerprinting, (rules) => engineOn(rules))
    this.#targets = findTargets([separated], engineVersion)
    this.matrix = new Matrix(this.#targets)
    const compiledRules = compilePrefilter([separateRules(compiled, options)], engineVersion)
    this.#unreachable = compiledRules.explanations
      .filter(({ kind }) => kind !== 'tested')
      .map(({ ruleId, reason }) => `${ruleId}: ${reason}`)
    this.#prefilter = createPrefilter(compiledRules, {
      createEngine: (document) => engineOn(document),
      now: () => performance.now(),
      limits: { ...unlimited, tableBytes: options.tableBytes },
    })
    const { families } = this.#prefilter
    if (families.length > 1) {
      const engines = families.map((ids) => engineOn(selectRules([separated], ids)))
      this.#families = new FamilyJudges(engines, new RuleOrder([separated], engineOn))
    }
  }

  step(): string | undefined {
    if (this.counts.samples % aimEvery === 0) this.#scarce = this.matrix.scarce(40)
    return this.#tryBatch(Array.from({ length: batchSize }, () => this.#next()))
  }

  summary(): readonly string[] {
    const { samples, judged, withEvents, cleared, sieved, failed } = this.counts
    return [
      ...this.matrix.lines(),
      ...this.#unreachable.map((line) => `unreachable: ${line}`),
      ...this.matrix.missing().map((line) => `fewer positives than wanted: ${line}`),
      ...this.matrix.strays().map((line) => `matched outside its inputs: ${line}`),
      `${samples} samples, ${cleared} cleared; the engine judged ${judged}, ${withEvents} had events, ${failed} failed`,
      `${sieved} judged on what the prefilter picks too`,
    ]
  }

  dispose(): void {
    this.#prefilter.dispose()
    this.#families?.dispose()
    this.#describer?.dispose()
    this.#oracle.dispose()
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
    else if (!this.#random.chance(this.#judgedShare)) return undefined
    counts.judged++
    const whole = this.#oracle.judge(sample)
    if (whole === undefined) {
      counts.failed++
      return undefined
    }
    const hits = whole.matches.map(({ id, conditions }) => ({ ruleId: id, address: conditions[0]?.address ?? '' }))
    if (hits.length === 0) return undefined
    counts.withEvents++
    for (const hit of hits) this.matrix.add(hit)
    if (!isCleared) return this.#judgeSieved(sample, whole)
    return `${hits.map(({ ruleId, address }) => `${ruleId} at ${address}`).join(', ')}\n${describeSample(sample)}`
  }

  #judgeSieved(sample: Sample, whole: Judgement): string | undefined {
    const describer = this.#describer
    if (describer === undefined || !this.#prefilter.findsAllValues) return undefined
    const sieved = this.#oracle.judgeSieved(sample, this.#prefilter, this.#families)
    if (sieved === undefined) {
      this.counts.failed++
      return undefined
    }
    this.counts.sieved++
    // A worker gives the engine the body by itself, after the head.
    const hasBody = sample.some(([address]) => address.startsWith('server.request.body'))
    const described = hasBody ? undefined : describer.describe(whole.parts, 5_000_000).attributes
    const comparable = (attributes: Judgement['attributes']) =>
      (hasBody ? describer.replaceOwn(attributes, undefined) : attributes) ?? {}
    const expected = { matches: whole.matches, isKept: whole.isKept, attributes: comparable(whole.attributes) }
    const found = {
      matches: sieved.matches,
      isKept: sieved.isKept,
      attributes: describer.replaceOwn(sieved.attributes, described) ?? {},
    }
    if (isDeepStrictEqual(plain(found), plain(expected))) return undefined
    return `sieved: ${JSON.stringify(found)}\nwhole: ${JSON.stringify(expected)}\n${describeSample(sample)}`
  }
}

/** The native module's objects have other prototypes than ours. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}
