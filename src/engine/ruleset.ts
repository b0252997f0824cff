// Finds and reads the ruleset: the one that ships in the npm package dd-trace, or the files an operator names.
// What comes out is plain text, so that it crosses into worker threads as it is; each worker's engine parses it.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { MirrorwafError, reasonOf } from '../errors.js'
import { isRecord, type JsonRecord } from '../json-shape.js'
import { readTextFile } from '../read-text-file.js'

/** One ruleset file as read; of an operator's file the text is known to be a JSON object with a ruleset section. */
export interface RulesetDocument {
  /** As the operator wrote it, or the path inside node_modules for the default. */
  readonly path: string
  readonly text: string
}

/** Ruleset files in the order the engine takes them: those that bring rules come first. Structured-cloneable. */
export interface RulesetSource {
  readonly documents: readonly RulesetDocument[]
}

/** Last accepted size of one ruleset file. The default ruleset has 0.43 MB; lists of blocked addresses may be long. */
export const rulesetFileLimitBytes: number = 64 * 1024 * 1024

/**
 * Reads the ruleset.
 * @param paths - files given with --rules. One that holds `rules` replaces the default ruleset; files with only custom
 *   rules, exclusions, overrides or data are merged onto the default. None = the default alone.
 * @throws MirrorwafError `MWAF_RULESET_READ` (missing, too large, not UTF-8) or `MWAF_RULESET_INVALID` (no JSON, no section).
 */
export async function readRuleset(paths: readonly string[]): Promise<RulesetSource> {
  const files = await Promise.all(paths.map(readFile))
  const withRules = files.filter(({ bringsRules }) => bringsRules)
  const additions = files.filter(({ bringsRules }) => !bringsRules)
  const base = withRules.length > 0 ? withRules : [{ document: await readDocument(defaultRulesetPath()) }]
  return { documents: [...base, ...additions].map(({ document }) => document) }
}

/**
 * Path of the ruleset inside the npm package dd-trace; only this data file of it is used, never its code.
 * @throws MirrorwafError `MWAF_RULESET_READ` when the package is not installed.
 */
export function defaultRulesetPath(): string {
  try {
    const packageJson = createRequire(import.meta.url).resolve('dd-trace/package.json')
    return join(packageJson, '..', 'packages', 'dd-trace', 'src', 'appsec', 'recommended.json')
  } catch (cause) {
    throw new MirrorwafError('MWAF_RULESET_READ', { path: 'dd-trace', reason: reasonOf(cause) }, cause)
  }
}

/**
 * The JSON object in a document.
 * @throws MirrorwafError `MWAF_RULESET_INVALID`, with line and column when the syntax is wrong.
 */
export function parseRulesetDocument(document: RulesetDocument): JsonRecord {
  const parsed = parseJson(document)
  if (isRecord(parsed)) return parsed
  throw new MirrorwafError('MWAF_RULESET_INVALID', { path: document.path, reason: 'it is not a JSON object' })
}

/** Sections whose items are rules that bring a ruleset of its own; custom_rules only add to one. */
const baseRuleSections = ['rules', 'rules_compat'] as const

/** Sections that the engine reads (libddwaf 1.30); a file with none of them is some other JSON file. */
const knownSections = [
  ...baseRuleSections,
  'custom_rules',
  'rules_data',
  'rules_override',
  'exclusions',
  'exclusion_data',
  'processors',
  'processor_overrides',
  'scanners',
  'actions',
] as const

/** A file of the operator's. It is parsed here once, to tell its kind and to name its faults before a worker starts. */
async function readFile(path: string): Promise<{ readonly document: RulesetDocument; readonly bringsRules: boolean }> {
  const document = await readDocument(path)
  const parsed = parseRulesetDocument(document)
  const has = (section: string): boolean => Object.hasOwn(parsed, section)
  if (knownSections.some(has)) return { document, bringsRules: baseRuleSections.some(has) }
  const reason = `it has none of the sections ${knownSections.join(', ')}`
  throw new MirrorwafError('MWAF_RULESET_INVALID', { path, reason })
}

async function readDocument(path: string): Promise<RulesetDocument> {
  try {
    return { path, text: await readTextFile(path, rulesetFileLimitBytes) }
  } catch (cause) {
    throw new MirrorwafError('MWAF_RULESET_READ', { path, reason: reasonOf(cause) }, cause)
  }
}

function parseJson(document: RulesetDocument): unknown {
  try {
    return JSON.parse(document.text)
  } catch (cause) {
    throw new MirrorwafError('MWAF_RULESET_INVALID', { path: document.path, reason: reasonOf(cause) }, cause)
  }
}
