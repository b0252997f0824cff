// From a command's arguments to resolved options: parse, read the configuration file, resolve, check combinations.
import { parseArguments } from './arguments.js'
import { readConfigFile } from './config-file.js'
import { crossCheck } from './cross-checks.js'
import { type Environment, warnOfUnknownVariables } from './environment.js'
import { single } from './kinds/option-kind.js'
import { optionalFilePath } from './kinds/scalars.js'
import { type OptionScope, type OptionSpec, type OptionTable, rowsOf } from './option-spec.js'
import { assertKnownKeys, completeOptions, type OptionSources, type Resolved, resolveTable } from './resolve.js'
import type { ServeOptions } from './serve-options.js'
import { serveTable } from './serve-table.js'

/** What a command accepts. */
export interface CommandGrammar<Own extends object> {
  readonly name: string
  /** Options of the command alone (`--output`, `--check`...). */
  readonly own: OptionTable<Own>
  /** Which options of the receiver it takes too. */
  readonly scopes: ReadonlySet<OptionScope>
  /** The receiver's table, or a variant with other defaults. */
  readonly receiver: OptionTable<ServeOptions>
}

/** What a command was asked to do. */
export type LoadedOptions<Own> =
  | { readonly asksForHelp: true }
  | {
      readonly asksForHelp: false
      readonly own: Own
      readonly receiver: Resolved<ServeOptions>
      readonly positionals: readonly string[]
      /** All warnings, for stderr or the log; nothing was printed yet. */
      readonly warnings: readonly string[]
    }

/** The option that every command with receiver options has. */
export interface ConfigOption {
  /** Path of the configuration file; empty = none. */
  readonly config: string
}

/** Row of `--config`. */
export const configRow: OptionSpec<string> = {
  kind: single(optionalFilePath),
  flag: 'config',
  environment: 'MIRRORWAF_CONFIG',
  group: 'Command',
  scope: 'command',
  default: () => '',
  defaultText: 'none',
  doc: 'Configuration file, YAML or JSON; keys are the flags without dashes.',
}

/**
 * Loads a command's options from its arguments, the environment and the configuration file.
 * @param argv - what follows the command's name.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN`, `MWAF_OPTIONS_VALUE`, `MWAF_OPTIONS_FILE`.
 */
export async function loadOptions<Own extends ConfigOption>(
  grammar: CommandGrammar<Own>,
  argv: readonly string[],
  environment: Environment,
): Promise<LoadedOptions<Own>> {
  const receiverRows = rowsOf(grammar.receiver).filter(({ scope }) => grammar.scopes.has(scope))
  const parsed = parseArguments(grammar.name, argv, [...rowsOf(grammar.own), ...receiverRows])
  if (parsed.asksForHelp) return { asksForHelp: true }
  const sources: OptionSources = { flags: parsed.flags, environment, file: undefined }
  const own = resolveTable(grammar.own, sources, new Set<OptionScope>(['command']))
  const file = own.options.config === '' ? undefined : await readConfigFile(own.options.config)
  if (file !== undefined) assertKnownKeys(grammar.receiver, file)
  const receiver = resolveTable(grammar.receiver, { ...sources, file }, grammar.scopes)
  const known = new Set([...rowsOf(grammar.own), ...rowsOf(grammar.receiver)].flatMap((row) => row.environment ?? []))
  const warnings = [
    ...own.warnings,
    ...receiver.warnings,
    ...crossCheck(receiver.options),
    ...warnOfUnknownVariables(environment, known),
  ]
  return { asksForHelp: false, own: own.options, receiver, positionals: parsed.positionals, warnings }
}

/** What a command with a table of its own, and nothing of the receiver's, was asked to do. */
export type LoadedTable<T> =
  | { readonly asksForHelp: true }
  | { readonly asksForHelp: false; readonly resolved: Resolved<T>; readonly positionals: readonly string[] }

/**
 * As `loadOptions`, for a command whose options are one table that has nothing of the receiver's.
 * @param table - rows in scope `command`; keys of its configuration file are its flags.
 * @param environmentPrefix - what the names of its variables begin with; others of that prefix are warned of.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN`, `MWAF_OPTIONS_VALUE`, `MWAF_OPTIONS_FILE`.
 */
export async function loadTable<T extends object>(
  command: string,
  table: OptionTable<T>,
  argv: readonly string[],
  environment: Environment,
  environmentPrefix: string,
): Promise<LoadedTable<T>> {
  const parsed = parseArguments(command, argv, [configRow, ...rowsOf(table)])
  if (parsed.asksForHelp) return { asksForHelp: true }
  const sources: OptionSources = { flags: parsed.flags, environment, file: undefined }
  const scopes = new Set<OptionScope>(['command'])
  // A variable that names the receiver's file must not make this command read it.
  const { config } = resolveTable({ config: { ...configRow, environment: undefined } }, sources, scopes).options
  const file = config === '' ? undefined : await readConfigFile(config)
  if (file !== undefined) assertKnownKeys(table, file, command)
  const { warnings, ...resolved } = resolveTable(table, { ...sources, file }, scopes)
  const known = new Set(rowsOf(table).flatMap((row) => row.environment ?? []))
  const unknown = warnOfUnknownVariables(environment, known, environmentPrefix)
  return {
    asksForHelp: false,
    resolved: { ...resolved, warnings: [...warnings, ...unknown] },
    positionals: parsed.positionals,
  }
}

/**
 * Options for the library: what a program leaves out takes its default; neither flags nor environment are read.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN` or `MWAF_OPTIONS_VALUE`.
 */
export function completeServeOptions(given: Partial<ServeOptions>): ServeOptions {
  const options = completeOptions(serveTable, given)
  crossCheck(options)
  return options
}
