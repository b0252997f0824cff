// What the bench's scripts share: reading their command line and ending with a coded message.
import { parseArgs } from 'node:util'
import { BenchError } from '../errors.js'

/** Options of a script: a text value each, or a switch. */
export type ScriptOptions = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

/** Values as given; what was not given is absent. */
export interface ScriptArguments {
  text(name: string): string | undefined
  isSet(name: string): boolean
  /**
   * A number of at least `least`, or `otherwise` when not given.
   * @throws BenchError `MWAF_BENCH_OPTION`.
   */
  number(name: string, otherwise: number, least: number): number
  /** The comma-separated items; empty when not given. */
  list(name: string): string[]
}

/**
 * Reads a command line.
 * @throws BenchError `MWAF_BENCH_OPTION` for an unknown option or a missing value.
 */
export function readArguments(line: readonly string[], options: ScriptOptions): ScriptArguments {
  const values = parse(line, options)
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    text,
    isSet: (name) => values[name] === true,
    number: (name, otherwise, least) => {
      const given = text(name)
      if (given === undefined) return otherwise
      const value = Number(given)
      if (given.trim() !== '' && value >= least && Number.isFinite(value)) return value
      throw new BenchError('MWAF_BENCH_OPTION', { option: `--${name}`, reason: `${given} is not a number >= ${least}` })
    },
    list: (name) => (text(name) ?? '').split(',').filter((item) => item !== ''),
  }
}

/** Runs a script: its number is the exit code; 2 after a BenchError, whose message is printed without a stack. */
export async function runScript(main: () => Promise<number>): Promise<never> {
  // 'exit' handlers end the servers; without these two a signal would skip them.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  try {
    process.exit(await main())
  } catch (error) {
    if (error instanceof BenchError) console.error(`${error.code}: ${error.message}`)
    else console.error(error)
    process.exit(2)
  }
}

function parse(
  line: readonly string[],
  options: ScriptOptions,
): Readonly<Record<string, string | boolean | undefined>> {
  try {
    return parseArgs({ args: [...line], options: { ...options }, strict: true }).values
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError('MWAF_BENCH_OPTION', { option: 'command line', reason }, cause)
  }
}
