// Runs one verdict case through decoder, prefilter and engine, and says what is wrong with its verdict.

import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import { readRuleset } from '#src/engine/ruleset.js'
import type { PrefilterMode } from '#src/options/serve-options.js'
import { type BuiltInspector, buildInspector } from '#src/worker/build-inspector.js'
import type { WorkerSettings } from '#src/worker/messages.js'
import { testOptions } from '../request/support/walk.js'
import type { VerdictCase } from './case-file.js'

/** What one request gave. */
export interface CaseVerdict {
  readonly types: readonly string[]
  /** A limit of the decoder or of the engine cut something: the decoder's own parts must keep the engine's limits. */
  readonly isTruncated: boolean
  readonly fault: string | undefined
  /** The prefilter had cleared what the engine then matched. */
  readonly isContradicted: boolean
}

/** Finds the verdict of a request. */
export type CaseInspector = (request: RequestParts) => CaseVerdict

/** Smaller than the default, so that a case above it stays quick. */
const bodyInspectLimitBytes = 1024 * 1024

/** Far more than any case needs: these tests are about verdicts, not about time. */
const ampleTimeoutUs = 10_000_000

/** Loads the default ruleset for the cases of a test file; dispose it when done. */
export async function createCaseEngine(
  prefilter: PrefilterMode,
  wafTimeoutUs: number = ampleTimeoutUs,
): Promise<BuiltInspector> {
  return buildInspector(await createCaseSettings(prefilter, wafTimeoutUs))
}

/** What the cases run with. */
export async function createCaseSettings(
  prefilter: PrefilterMode,
  wafTimeoutUs: number = ampleTimeoutUs,
): Promise<Pick<WorkerSettings, 'ruleset' | 'engine' | 'inspection'>> {
  return {
    ruleset: await readRuleset([]),
    engine: { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 1 },
    inspection: {
      ...testOptions,
      bodyInspectLimitBytes,
      trustsPeers: false,
      wafTimeoutUs,
      prefilter,
      verifyRatio: 0,
      verifyAction: 'off',
      spans: undefined,
      redaction: { keyRegex: '', valueRegex: '', isKeyRegexDefault: false, isValueRegexDefault: false },
      service: '',
      env: '',
      version: '',
    },
  }
}

/** Inspects as a worker does. */
export function inspectWith({ inspector }: BuiltInspector): CaseInspector {
  return (request) => {
    const { matches, isTruncated, isTimedOut, isContradicted, body } = inspector.inspect(makeRecord(request))
    const types = new Set(matches.map(({ tags }) => typeOf(tags)))
    return { types: [...types].sort(), isTruncated: isTruncated || isTimedOut, fault: body.fault, isContradicted }
  }
}

/** @returns what is wrong with the verdict on a case, in words; `undefined` when it is right. */
export function findFlaw(verdictCase: VerdictCase, inspect: CaseInspector): string | undefined {
  const verdict = inspect(verdictCase.request)
  const expected = [...verdictCase.types].sort().join(', ')
  const actual = verdict.types.join(', ')
  if (actual !== expected) return `types: expected [${expected}], got [${actual}]`
  if (verdict.isContradicted) return 'the prefilter had cleared it'
  if (verdict.isTruncated !== verdictCase.isTruncated) {
    return `truncated: expected ${verdictCase.isTruncated}, got ${verdict.isTruncated}`
  }
  if (verdictCase.fault !== undefined && verdict.fault !== verdictCase.fault) {
    return `fault: expected ${verdictCase.fault}, got ${verdict.fault ?? 'none'}`
  }
  return undefined
}

function typeOf(tags: Readonly<Record<string, string>>): string {
  const { type = '' } = tags
  return type
}
