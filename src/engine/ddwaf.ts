// The engine: libddwaf through @datadog/native-appsec. This file alone imports it.
// Stage: decode -> prefilter -> [engine] -> verdict. Hot path: `run`; bench: scenarios/engine.bench.ts.
// Each engine owns its compiled rules in native memory, so each worker thread builds one and disposes it.
import { createRequire } from 'node:module'
import type { DDWAF } from '@datadog/native-appsec'
import { MirrorwafError, reasonOf } from '../errors.js'
import {
  countFailedRules,
  countLoadedRules,
  type DocumentReport,
  describeFaults,
  rulesVersionOf,
  toDocumentReport,
} from './ddwaf-report.js'
import { toEngineResult } from './ddwaf-result.js'
import type { Engine, EngineContext, EngineInput, EngineResult } from './engine.js'
import { toNativeConfig } from './native-config.js'
import { parseRulesetDocument, type RulesetDocument, type RulesetSource } from './ruleset.js'

/** What an engine needs beside rules; `ServeOptions` satisfies it. */
export interface EngineOptions {
  /** RE2 pattern: values under a key that matches are redacted. Empty = none are. */
  readonly obfuscationKeyRegex: string
  /** RE2 pattern: values that match are redacted. Empty = none are. */
  readonly obfuscationValueRegex: string
  /** Fewer loaded rules than this are a fault. */
  readonly minRules: number
}

/**
 * Builds an engine; takes about 35 ms for the default ruleset, during which its thread does nothing else.
 * @throws MirrorwafError `MWAF_ENGINE_LOAD` (native module), `MWAF_REDACTION_PATTERN` (a pattern that is no RE2),
 *   `MWAF_RULESET_INVALID` (a file of which nothing is usable) or `MWAF_RULESET_TOO_FEW`. Native memory is given back first.
 */
export function createEngine(source: RulesetSource, options: EngineOptions): Engine {
  const native = loadNative()
  assertPattern(native, '--obfuscation-key-regex', options.obfuscationKeyRegex)
  assertPattern(native, '--obfuscation-value-regex', options.obfuscationValueRegex)
  const { waf, reports } = build(native, source, options)
  const loaded = countLoadedRules(reports)
  if (loaded >= options.minRules) return new DdwafEngine(waf, native.version(), reports)
  waf.dispose()
  throw new MirrorwafError('MWAF_RULESET_TOO_FEW', { loaded, required: options.minRules })
}

/**
 * Gives each file to the engine and tells how it was taken, also where `createEngine` would refuse it.
 * @throws MirrorwafError `MWAF_ENGINE_LOAD`.
 */
export function reportRuleset(source: RulesetSource): DocumentReport[] {
  const waf = createScaffold(loadNative())
  try {
    return source.documents.map((document) => give(waf, document))
  } finally {
    waf.dispose()
  }
}

/** Name of the engine in events and metrics. */
export const engineName = 'libddwaf'

/**
 * Version of libddwaf.
 * @throws MirrorwafError `MWAF_ENGINE_LOAD`.
 */
export function engineVersion(): string {
  return loadNative().version()
}

type Native = typeof DDWAF

class DdwafEngine implements Engine {
  readonly name = engineName
  readonly version: string
  readonly rulesVersion: string
  readonly rulesLoadedCount: number
  readonly rulesFailedCount: number
  readonly knownAddresses: ReadonlySet<string>
  readonly #waf: DDWAF

  constructor(waf: DDWAF, version: string, reports: readonly DocumentReport[]) {
    this.#waf = waf
    this.version = version
    this.rulesVersion = rulesVersionOf(reports)
    this.rulesLoadedCount = countLoadedRules(reports)
    this.rulesFailedCount = countFailedRules(reports)
    this.knownAddresses = waf.knownAddresses
  }

  createContext(): EngineContext {
    return new DdwafContext(this.#waf.createContext())
  }

  dispose(): void {
    if (!this.#waf.disposed) this.#waf.dispose()
  }
}

class DdwafContext implements EngineContext {
  readonly #context: ReturnType<DDWAF['createContext']>

  constructor(context: ReturnType<DDWAF['createContext']>) {
    this.#context = context
  }

  /** Everything is given as persistent: conditions of one rule may be met by different runs of the same request. */
  run(input: EngineInput, budgetUs: number): EngineResult {
    return toEngineResult(this.#context.run({ persistent: input }, budgetUs))
  }

  dispose(): void {
    if (!this.#context.disposed) this.#context.dispose()
  }
}

/** Loaded on first use, so that a missing prebuild is a coded error and not a failed import. */
function loadNative(): Native {
  try {
    // Foreign boundary: a CommonJS module with a native addon, whose types its package declares.
    const module = createRequire(import.meta.url)('@datadog/native-appsec') as { DDWAF: Native }
    return module.DDWAF
  } catch (cause) {
    throw new MirrorwafError('MWAF_ENGINE_LOAD', { reason: reasonOf(cause) }, cause)
  }
}

function build(
  native: Native,
  source: RulesetSource,
  options: EngineOptions,
): { waf: DDWAF; reports: DocumentReport[] } {
  const [first, ...additions] = source.documents
  if (first === undefined)
    throw new MirrorwafError('MWAF_RULESET_INVALID', { path: '--rules', reason: 'no file given' })
  const waf = construct(native, first, options)
  const reports = [toDocumentReport(first.path, true, waf.diagnostics)]
  for (const document of additions) {
    const report = give(waf, document)
    if (!report.isAccepted) {
      waf.dispose()
      throw new MirrorwafError('MWAF_RULESET_INVALID', { path: document.path, reason: describeFaults(report) })
    }
    reports.push(report)
  }
  return { waf, reports }
}

/** The native constructor throws without saying why; a scaffold engine is asked for the reason then. */
function construct(native: Native, document: RulesetDocument, options: EngineOptions): DDWAF {
  const rules = toNativeConfig(parseRulesetDocument(document))
  try {
    return new native(rules, configPath(document), {
      obfuscatorKeyRegex: options.obfuscationKeyRegex,
      obfuscatorValueRegex: options.obfuscationValueRegex,
    })
  } catch (cause) {
    const [report] = reportRuleset({ documents: [document] })
    const reason = report === undefined ? reasonOf(cause) : describeFaults(report)
    throw new MirrorwafError('MWAF_RULESET_INVALID', { path: document.path, reason }, cause)
  }
}

function give(waf: DDWAF, document: RulesetDocument): DocumentReport {
  const isAccepted = waf.createOrUpdateConfig(toNativeConfig(parseRulesetDocument(document)), configPath(document))
  return toDocumentReport(document.path, isAccepted, waf.diagnostics)
}

/** The engine replaces a config given again under the same path; the prefix keeps ours apart from the scaffold's. */
function configPath(document: RulesetDocument): string {
  return `file:${document.path}`
}

/** An engine cannot be empty: this one holds a single rule on an address that is never fed. */
function createScaffold(native: Native): DDWAF {
  const inputs = [{ address: 'mirrorwaf.scaffold' }]
  return new native({ custom_rules: [scaffoldRule('scaffold', 'exact_match', { inputs, list: ['-'] })] }, 'scaffold', {
    obfuscatorKeyRegex: '',
    obfuscatorValueRegex: '',
  })
}

function scaffoldRule(id: string, operator: string, parameters: object): object {
  return { id, name: id, tags: { type: 'scaffold' }, conditions: [{ operator, parameters }] }
}

/**
 * libddwaf takes a redaction pattern that RE2 refuses without a word and then redacts nothing (tried), so the pattern is
 * first given as a rule's condition, where the engine does complain.
 */
function assertPattern(native: Native, option: string, pattern: string): void {
  if (pattern === '') return
  const waf = createScaffold(native)
  try {
    const inputs = [{ address: 'mirrorwaf.scaffold' }]
    const rules = { custom_rules: [scaffoldRule('pattern', 'match_regex', { inputs, regex: pattern })] }
    if (waf.createOrUpdateConfig(rules, 'pattern')) return
    const reason = describeFaults(toDocumentReport(option, false, waf.diagnostics)).replace(/^pattern: /, '')
    throw new MirrorwafError('MWAF_REDACTION_PATTERN', { option, reason })
  } finally {
    waf.dispose()
  }
}
