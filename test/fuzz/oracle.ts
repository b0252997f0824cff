// Asks the engine about a sample, all rules of it one by one: each rule gets a type of its own, because the engine reports
// one match per type, and loses its actions, because a blocking match ends the run.
import { createEngine } from '#src/engine/ddwaf.js'
import type { Engine } from '#src/engine/engine.js'
import { isRecord, type JsonRecord, listOf, recordOf } from '#src/json-shape.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import { type Sample, sendSample } from './value-tree.js'

/** A rule that matched, and where its first condition did. */
export interface Hit {
  readonly ruleId: string
  readonly address: string
}

const options = { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 0 }
const runBudgetUs = 5_000_000

/** An engine on ruleset documents; also what the prefilter's checks are built with. */
export function engineOn(...documents: readonly object[]): Engine {
  const sources = documents.map((document, index) => ({ path: `fuzz-${index}.json`, text: JSON.stringify(document) }))
  return createEngine({ documents: sources }, options)
}

/** The ruleset with every rule reported by itself. @param isAllEnabled - also switches on what is disabled. */
export function separateRules(ruleset: JsonRecord, isAllEnabled: boolean): JsonRecord {
  const separated: Record<string, unknown> = { ...ruleset }
  for (const section of ['rules', 'rules_compat', 'custom_rules']) {
    if (separated[section] === undefined) continue
    separated[section] = listOf(separated[section])
      .filter(isRecord)
      .map((rule) => separateRule(rule, isAllEnabled))
  }
  return separated
}

function separateRule(rule: JsonRecord, isAllEnabled: boolean): JsonRecord {
  const { on_match: _onMatch, output, ...rest } = rule
  const tags = { ...recordOf(rule['tags']), type: rule['id'] }
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
  judge(sample: Sample): Hit[] | undefined {
    const context = this.#engine.createContext()
    const hits: Hit[] = []
    let isFailed = false
    try {
      this.#builder.reset((part) => {
        const { matches, isTimedOut, errorNumber } = context.run(part, runBudgetUs)
        for (const { id, conditions } of matches) hits.push({ ruleId: id, address: conditions[0]?.address ?? '' })
        isFailed ||= isTimedOut || errorNumber !== undefined
        return true
      })
      sendSample(this.#builder, sample)
      this.#builder.flush()
      return isFailed ? undefined : hits
    } finally {
      context.dispose()
    }
  }

  dispose(): void {
    this.#engine.dispose()
  }
}
