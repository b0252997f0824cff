// Asks the engine about a sample, all rules of it one by one: each rule gets a type of its own, because the engine reports
// one match per type, and loses its actions, because a blocking match ends the run.
// A sample is judged whole, or as a worker judges a candidate: what the prefilter cannot clear of it.
import { createEngine } from '#src/engine/ddwaf.js'
import type { Engine, EngineInput, RuleMatch } from '#src/engine/engine.js'
import { isRecord, type JsonRecord, listOf, recordOf } from '#src/json-shape.js'
import { type FamilySet, wholeRuleset } from '#src/prefilter/families.js'
import type { RulesetPrefilter } from '#src/prefilter/ruleset-prefilter.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import type { FamilyJudges } from '#src/worker/family-judges.js'
import { SuspectSieve } from '#src/worker/suspect-sieve.js'
import { type Sample, sendSample } from './value-tree.js'

/** A rule that matched, and where its first condition did. */
export interface Hit {
  readonly ruleId: string
  readonly address: string
}

/** What the engine says of a sample. */
export interface Judgement {
  /** Rules that matched, with all that an event tells of it. */
  readonly matches: readonly RuleMatch[]
  readonly isKept: boolean
  readonly attributes: Readonly<Record<string, unknown>>
  /** What was built of the sample, whole. */
  readonly parts: readonly EngineInput[]
}

const options = { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 0 }
const runBudgetUs = 5_000_000

/** An engine on ruleset documents; also what the prefilter's checks are built with. */
export function engineOn(...documents: readonly object[]): Engine {
  const sources = documents.map((document, index) => ({ path: `fuzz-${index}.json`, text: JSON.stringify(document) }))
  return createEngine({ documents: sources }, options)
}

/** What is done to the rules before they are compared. */
export interface RuleSetup {
  /** Also switches on what is disabled. */
  readonly isAllEnabled: boolean
  /** Rules keep their types, of each of which the engine reports one; else each is reported by itself. */
  readonly keepsTypes: boolean
}

/** The ruleset without what would end a run. */
export function separateRules(ruleset: JsonRecord, setup: RuleSetup): JsonRecord {
  const separated: Record<string, unknown> = { ...ruleset }
  for (const section of ['rules', 'rules_compat', 'custom_rules']) {
    if (separated[section] === undefined) continue
    separated[section] = listOf(separated[section])
      .filter(isRecord)
      .map((rule) => separateRule(rule, setup))
  }
  return separated
}

function separateRule(rule: JsonRecord, { isAllEnabled, keepsTypes }: RuleSetup): JsonRecord {
  const { on_match: _onMatch, output, ...rest } = rule
  const tags = { ...recordOf(rule['tags']), ...(!keepsTypes && { type: rule['id'] }) }
  const { keep } = recordOf(output)
  return { ...rest, tags, ...(keep === false && { output }), ...(isAllEnabled && { enabled: true }) }
}

export class Oracle {
  readonly #engine: Engine
  readonly #builder = new EngineInputBuilder()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @returns `undefined` when the engine gave up. */
  judge(sample: Sample): Judgement | undefined {
    return this.#judge((run) => {
      this.#builder.reset(run)
      sendSample(this.#builder, sample)
      this.#builder.flush()
    })
  }

  /** As `judge`, on what the prefilter picks, by the families that may match where that is enough. */
  judgeSieved(sample: Sample, prefilter: RulesetPrefilter, families: FamilyJudges | undefined): Judgement | undefined {
    const sieve = new SuspectSieve(prefilter, this.#builder)
    const picked: EngineInput[] = []
    this.#builder.reset((_, part) => part === undefined || picked.push(part) > 0)
    sieve.startHead()
    sendSample(sieve, sample)
    this.#builder.flush()
    if (families !== undefined && (sieve.families & wholeRuleset) === 0) {
      return judgeByFamily(families, sieve.families, picked)
    }
    return this.#judge((run) => picked.every(run))
  }

  #judge(send: (run: (part: EngineInput) => boolean) => void): Judgement | undefined {
    const context = this.#engine.createContext()
    const parts: EngineInput[] = []
    const matches: RuleMatch[] = []
    let attributes: Readonly<Record<string, unknown>> = {}
    let isKept = false
    let isFailed = false
    try {
      send((part) => {
        const result = context.run(part, runBudgetUs)
        parts.push(part)
        matches.push(...result.matches)
        attributes = { ...result.attributes, ...attributes }
        isKept ||= result.isKept
        isFailed ||= result.isTimedOut || result.errorNumber !== undefined
        return true
      })
      return isFailed ? undefined : { matches, isKept, attributes, parts }
    } finally {
      context.dispose()
    }
  }

  dispose(): void {
    this.#engine.dispose()
  }
}

/** Part after part, as they reach a worker. @returns `undefined` when an engine gave up. */
function judgeByFamily(
  judges: FamilyJudges,
  families: FamilySet,
  parts: readonly EngineInput[],
): Judgement | undefined {
  const found: RuleMatch[] = []
  let matches: RuleMatch[] = []
  let isKept = false
  let isFailed = false
  try {
    for (const index of parts.keys()) {
      found.length = 0
      judges.judge(parts.slice(0, index + 1), families, (context, part) => {
        const result = context.run(part, runBudgetUs)
        found.push(...result.matches)
        isKept ||= result.isKept
        isFailed ||= result.isTimedOut || result.errorNumber !== undefined
        return true
      })
      matches = judges.report([...matches, ...found], matches.length)
    }
    return isFailed ? undefined : { matches, isKept, attributes: {}, parts }
  } finally {
    judges.end()
  }
}
