// Command line -> texts by flag. What is accepted comes from option tables; values are read later, by `resolve`.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { MirrorwafError } from '../errors.js'
import { nearestName } from './nearest.js'
import type { OptionSpec } from './option-spec.js'

/** The part of a row that parsing needs, whatever its type. */
export type FlagRow = Pick<OptionSpec<never>, 'flag'> & {
  readonly kind: { readonly arity: string; readonly accepted: string }
}

/** What a command line holds. */
export interface ParsedArguments {
  /** Texts in the order given, by flag without dashes; `--no-x` is `false` for `x`. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly positionals: readonly string[]
  /** `-h` or `--help` stands somewhere; then nothing else matters. */
  readonly asksForHelp: boolean
}

/**
 * Cuts the arguments after the command's name into flags and positionals; `--` ends the flags.
 * @throws MirrorwafError `MWAF_OPTIONS_UNKNOWN` for a flag without a row, `MWAF_OPTIONS_VALUE` for one without its value.
 */
export function parseArguments(command: string, argv: readonly string[], rows: readonly FlagRow[]): ParsedArguments {
  const rowByFlag = new Map(rows.flatMap((row) => (row.flag === undefined ? [] : [[row.flag, row] as const])))
  const tokens = tokenize(argv, rowByFlag)
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) {
    return { flags: new Map(), positionals: [], asksForHelp: true }
  }
  const flags = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const [flag, text] = readFlag(command, token, rowByFlag)
    const texts = flags.get(flag)
    if (texts === undefined) flags.set(flag, [text])
    else texts.push(text)
  }
  return { flags, positionals, asksForHelp: false }
}

type Rows = ReadonlyMap<string, FlagRow>
type Token = ReturnType<typeof tokenize>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

/** Not strict: node:util's own errors name neither what is accepted nor a near match. */
function tokenize(argv: readonly string[], rows: Rows) {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } }
  for (const [flag, { kind }] of rows) options[flag] = { type: kind.arity === 'switch' ? 'boolean' : 'string' }
  return parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true }).tokens
}

function readFlag(command: string, token: OptionToken, rows: Rows): [flag: string, text: string] {
  const negated = token.rawName.startsWith('--no-') ? rows.get(token.name.slice('no-'.length)) : undefined
  if (negated?.flag !== undefined && negated.kind.arity === 'switch' && token.value === undefined) {
    return [negated.flag, 'false']
  }
  const row = token.rawName.startsWith('--') ? rows.get(token.name) : undefined
  if (row?.flag === undefined) throw unknownOption(command, token.rawName, rows)
  if (row.kind.arity === 'switch') return [row.flag, token.value ?? 'true']
  const { value, inlineValue } = token
  // `--listen --hijack` has lost its value; one that does begin with a dash is given as `--rules=-x.json`.
  if (value === undefined || (!inlineValue && value.startsWith('-') && value.length > 1)) {
    throw new MirrorwafError('MWAF_OPTIONS_VALUE', {
      source: `flag ${token.rawName}`,
      value: 'no value',
      option: row.flag,
      accepted: row.kind.accepted,
    })
  }
  return [row.flag, value]
}

function unknownOption(command: string, rawName: string, rows: Rows): MirrorwafError {
  const near = nearestName(
    rawName,
    [...rows.keys(), 'help'].map((flag) => `--${flag}`),
  )
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  return new MirrorwafError('MWAF_OPTIONS_UNKNOWN', { option: `${rawName}${hint}`, command })
}
