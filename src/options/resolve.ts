// Decides every option's value: flag, then MIRRORWAF_ variable, then DD_ variable, then configuration file, then default.
// All sources are read, not only the winner: a wrong value is an error wherever it stands, and two that differ are a warning.

import assert from 'node:assert/strict'
import { MirrorwafError } from '../errors.js'
import { withoutSecrets } from '../without-secrets.js'
import type { ConfigFile } from './config-file.js'
import type { Environment } from './environment.js'
import { nearestName } from './nearest.js'
import { fieldsOf, type OptionScope, type OptionSpec, type OptionTable } from './option-spec.js'

/** Where values may come from. */
export interface OptionSources {
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly environment: Environment
  readonly file: ConfigFile | undefined
}

/** What came of it. */
export interface Resolved<T> {
  /** Frozen, every field set. */
  readonly options: T
  /** For each field the source of its value in words: `flag --listen`, `environment NAME`, `file PATH key K` or `default`. */
  readonly origins: ReadonlyMap<string, string>
  /** Sources that contradict each other; for the log. */
  readonly warnings: readonly string[]
}

/**
 * Resolves a table. Rows outside of `scopes` take their default, whatever the sources say.
 * @throws MirrorwafError `MWAF_OPTIONS_VALUE` for the first value that is not accepted; it names its source.
 */
export function resolveTable<T extends object>(
  table: OptionTable<T>,
  sources: OptionSources,
  scopes: ReadonlySet<OptionScope>,
): Resolved<T> {
  const values: Partial<T> = {}
  const origins = new Map<string, string>()
  const warnings: string[] = []
  for (const field of fieldsOf(table)) {
    const candidates = scopes.has(table[field].scope) ? readCandidates(table[field], sources) : []
    const [winner, ...others] = candidates
    values[field] = winner === undefined ? defaultOf(table[field]) : winner.value
    origins.set(field, winner?.origin ?? 'default')
    if (winner !== undefined) warnings.push(...others.flatMap((other) => warnOfConflict(table[field], winner, other)))
  }
  assert(isComplete(table, values), 'every field of the table was set')
  return { options: Object.freeze(values), origins, warnings }
}

/**
 * Completes options that a program gives (library): each is checked as its text would be, the others take their default.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN` or `MWAF_OPTIONS_VALUE`.
 */
export function completeOptions<T extends object>(table: OptionTable<T>, given: Partial<T>): T {
  const fields: ReadonlySet<string> = new Set(fieldsOf(table))
  const unknown = Object.keys(given).find((key) => !fields.has(key))
  if (unknown !== undefined) {
    throw new MirrorwafError('MWAF_OPTIONS_UNKNOWN', { option: withHint(unknown, fields), command: 'serve' })
  }
  const values: Partial<T> = {}
  for (const field of fieldsOf(table)) values[field] = checkGiven(field, table[field], given[field])
  assert(isComplete(table, values), 'every field of the table was set')
  return Object.freeze(values)
}

/**
 * Makes sure that a configuration file has only keys of the table; keys of other commands are no fault.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN`, naming file, key and the nearest one.
 */
export function assertKnownKeys<T extends object>(table: OptionTable<T>, file: ConfigFile, command = 'serve'): void {
  const known = fieldsOf(table).flatMap((field) => table[field].flag ?? [])
  const unknown = [...file.values.keys()].find((key) => !known.includes(key))
  if (unknown === undefined) return
  const option = `key ${withHint(unknown, known)} in file ${file.path}`
  throw new MirrorwafError('MWAF_OPTIONS_UNKNOWN', { option, command })
}

interface Candidate<T> {
  readonly value: T
  readonly origin: string
}

/** The values given, strongest first. */
function readCandidates<T>(spec: OptionSpec<T>, sources: OptionSources): Candidate<T>[] {
  const { flag, environment, datadog } = spec
  const texts: (readonly [origin: string, texts: readonly string[] | undefined])[] = []
  if (flag !== undefined) {
    const given = sources.flags.get(flag)?.flatMap((text) => spec.kind.split(text, 'flag'))
    texts.push([`flag --${flag}`, given])
  }
  if (environment !== undefined) {
    const given = variableOf(spec, sources.environment[environment])
    texts.push([`environment ${environment}`, given === undefined ? undefined : spec.kind.split(given, 'environment')])
  }
  if (datadog !== undefined) {
    // One value each, never cut: a comma in DD_APPSEC_RULES is part of the path.
    const given = variableOf(spec, sources.environment[datadog])
    texts.push([`environment ${datadog}`, given === undefined ? undefined : [given]])
  }
  if (flag !== undefined && sources.file !== undefined) {
    const origin = `file ${sources.file.path} key ${flag}`
    const given = sources.file.values.get(flag)
    // A repeated flag means its last value, as on any command line; a list in a file is a slip.
    if (given !== undefined && given.length !== 1 && spec.kind.arity !== 'list') throw badValue(spec, origin, 'a list')
    texts.push([origin, given?.flatMap((text) => spec.kind.split(text, 'flag'))])
  }
  return texts.flatMap(([origin, given]) => (given === undefined ? [] : [readCandidate(spec, origin, given)]))
}

/** Templates leave variables empty for "not set"; only options with a meaning for the empty text take it. */
function variableOf<T>(spec: OptionSpec<T>, text: string | undefined): string | undefined {
  return text === '' && !spec.kind.allowsEmpty ? undefined : text
}

function readCandidate<T>(spec: OptionSpec<T>, origin: string, texts: readonly string[]): Candidate<T> {
  const reading = spec.kind.read(texts)
  if (reading.isAccepted) return { value: reading.value, origin }
  throw badValue(spec, origin, reading.rejected)
}

function warnOfConflict<T>(spec: OptionSpec<T>, winner: Candidate<T>, other: Candidate<T>): string[] {
  const [taken, ignored] = [winner, other].map(({ value }) => spec.kind.show(value))
  if (taken?.join(',') === ignored?.join(',')) return []
  return [`${winner.origin} (${listed(taken)}) is taken, ${other.origin} (${listed(ignored)}) differs and is ignored`]
}

function listed(texts: readonly string[] = []): string {
  return texts.map(withoutSecrets).join(',')
}

function checkGiven<T>(field: string, spec: OptionSpec<T>, given: T | undefined): T {
  if (given === undefined) return defaultOf(spec)
  const value = spec.kind.check(given)
  if (value === undefined) throw badValue({ ...spec, flag: field }, `option ${field}`, String(given))
  return value
}

function badValue<T>(spec: OptionSpec<T>, source: string, value: string): MirrorwafError {
  const option = spec.flag ?? spec.datadog ?? 'it'
  const shown = value === '' ? 'an empty value' : shorten(value)
  return new MirrorwafError('MWAF_OPTIONS_VALUE', { source, value: shown, option, accepted: spec.kind.accepted })
}

/** A message stays a line, whatever was pasted into a variable; control bytes must not reach a terminal. */
function shorten(value: string): string {
  const visible = JSON.stringify(withoutSecrets(value)).slice(1, -1)
  return visible.length > 200 ? `${visible.slice(0, 200)}...` : visible
}

function defaultOf<T>(spec: OptionSpec<T>): T {
  const value = spec.default()
  return Array.isArray(value) ? Object.freeze(value) : value
}

function withHint(name: string, known: Iterable<string>): string {
  const near = nearestName(name, known)
  return near === undefined ? name : `${name} (did you mean ${near}?)`
}

function isComplete<T extends object>(table: OptionTable<T>, values: Partial<T>): values is T {
  return fieldsOf(table).every((field) => values[field] !== undefined)
}
