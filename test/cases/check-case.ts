// Runs one verdict case through decoder and engine, and says what is wrong with its verdict.
import { createEngine } from '#src/engine/ddwaf.js'
import type { Engine } from '#src/engine/engine.js'
import { readRuleset } from '#src/engine/ruleset.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import { RequestWalker } from '#src/request/request-walker.js'
import { prepareWalkSettings } from '#src/request/walk-settings.js'
import { makeRecord, type RequestParts } from '../request/support/make-record.js'
import { testOptions } from '../request/support/walk.js'
import type { VerdictCase } from './case-file.js'

/** What one request gave. */
export interface CaseVerdict {
  readonly types: readonly string[]
  readonly isTruncated: boolean
  readonly fault: string | undefined
  /** The engine cut something itself: then the builder's parts do not keep its limits. */
  readonly isCutByEngine: boolean
}

/** Finds the verdict of a request. The prefilter's modes come in as other inspectors. */
export type CaseInspector = (request: RequestParts) => CaseVerdict

/** The default ruleset's engine, for all cases of a test file. */
export async function createTestEngine(): Promise<Engine> {
  return createEngine(await readRuleset([]), { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 1 })
}

/** Smaller than the default, so that a case above it stays quick. */
const bodyInspectLimitBytes = 1024 * 1024

/** Far more than any case needs: these tests are about verdicts, not about time. */
const runBudgetUs = 10_000_000

/** Decodes a request and runs the engine on every part, without a prefilter. */
export function inspectWithEngine(engine: Engine): CaseInspector {
  return (request) => {
    const record = makeRecord(request)
    const walker = new RequestWalker(prepareWalkSettings({ ...testOptions, bodyInspectLimitBytes }), new DecodeBudget())
    const builder = new EngineInputBuilder()
    const context = engine.createContext()
    const types = new Set<string>()
    let isCutByEngine = false
    builder.reset((part) => {
      const result = context.run(part, runBudgetUs)
      for (const match of result.matches) types.add(match.tags['type'] ?? '')
      isCutByEngine ||= Object.values(result.truncation).some((size) => size !== undefined)
      return true
    })
    const head = walker.walkHead(record, builder)
    builder.flush()
    const body = walker.walkBody(record, builder)
    builder.flush()
    context.dispose()
    const isTruncated = body.isTruncated || body.isTimedOut || head.isTimedOut
    return { types: [...types].sort(), isTruncated, fault: body.fault, isCutByEngine }
  }
}

/** @returns what is wrong with the verdict on a case, in words; `undefined` when it is right. */
export function findFlaw(verdictCase: VerdictCase, inspect: CaseInspector): string | undefined {
  const verdict = inspect(verdictCase.request)
  const expected = [...verdictCase.types].sort().join(', ')
  const actual = verdict.types.join(', ')
  if (actual !== expected) return `types: expected [${expected}], got [${actual}]`
  if (verdict.isCutByEngine) return 'the engine cut something that the decoder had given it'
  if (verdictCase.isTruncated !== undefined && verdict.isTruncated !== verdictCase.isTruncated) {
    return `truncated: expected ${verdictCase.isTruncated}, got ${verdict.isTruncated}`
  }
  if (verdictCase.fault !== undefined && verdict.fault !== verdictCase.fault) {
    return `fault: expected ${verdictCase.fault}, got ${verdict.fault ?? 'none'}`
  }
  return undefined
}
