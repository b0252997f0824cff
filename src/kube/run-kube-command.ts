// mirrorwaf kube COMMAND: reads the command line, runs the command, turns what was thrown into a message and an exit code.
import type { Writable } from 'node:stream'
import { type ErrorCode, MirrorwafError, reasonOf } from '../errors.js'
import { parseArguments } from '../options/arguments.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { nearestName } from '../options/nearest.js'
import { rowsOf } from '../options/option-spec.js'
import { resolveTable } from '../options/resolve.js'
import type { KubeCommand } from './commands/kube-command.js'
import { kubeCommands } from './commands/kube-commands.js'
import { KubeExit, type KubeExitCode, type KubeIo } from './kube-io.js'
import { kubeTable } from './options/kube-options.js'

/**
 * Runs one subcommand.
 * @param argv - what follows `mirrorwaf kube`, beginning with the subcommand.
 * @returns the exit code, see `KubeExit`. Nothing is thrown: every failure has been printed to stderr.
 */
export async function runKubeCommand(argv: readonly string[], io: KubeIo): Promise<KubeExitCode> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const isAsked = name !== undefined
    const stream = isAsked ? io.stdout : io.stderr
    stream.write(renderCommandList())
    return isAsked ? KubeExit.done : KubeExit.usage
  }
  return runToEnd(() => runCommand(findCommand(name), rest, `mirrorwaf kube ${name}`, io), io)
}

/** Turns whatever happens into an exit code, once all output is out: the caller may end the process at once. */
export async function runToEnd(run: () => Promise<KubeExitCode>, io: KubeIo): Promise<KubeExitCode> {
  let exitCode: KubeExitCode
  try {
    exitCode = await run()
  } catch (error) {
    io.stderr.write(renderFailure(error))
    exitCode = exitCodeOf(error)
  }
  await Promise.all([flush(io.stdout), flush(io.stderr)])
  return exitCode
}

/**
 * Runs a command under the name by which it was called.
 * @throws MirrorwafError of any code.
 */
export async function runCommand(
  command: KubeCommand,
  argv: readonly string[],
  calledAs: string,
  io: KubeIo,
): Promise<KubeExitCode> {
  const rows = command.options.map((field) => kubeTable[field])
  const parsed = parseArguments(`kube ${command.name}`, argv, rows)
  if (parsed.asksForHelp) {
    const usage = `${calledAs} [options]${command.operands === '' ? '' : ` ${command.operands}`}`
    const flags = new Set(rows.map(({ flag }) => flag))
    const own = toAnyRows(rowsOf(kubeTable)).filter(({ flag }) => flags.has(flag))
    io.stdout.write(renderHelp([usage], command.summary, own))
    return KubeExit.done
  }
  const [positional] = parsed.positionals
  if (positional !== undefined && command.operands === '') {
    throw new MirrorwafError('MWAF_COMMAND_ARGUMENT', {
      argument: positional,
      reason: `${calledAs} takes options only`,
    })
  }
  const sources = { flags: parsed.flags, environment: {}, file: undefined }
  const { options } = resolveTable(kubeTable, sources, new Set(['command'] as const))
  return command.run(options, parsed.positionals, io)
}

/** A failure as one line, with its code where it has one. */
function renderFailure(error: unknown): string {
  return error instanceof MirrorwafError ? `${error.code}: ${error.message}\n` : `${reasonOf(error)}\n`
}

/** What the process ends with after a failure. */
function exitCodeOf(error: unknown): KubeExitCode {
  return error instanceof MirrorwafError && usageCodes.has(error.code) ? KubeExit.usage : KubeExit.failed
}

/** The subcommand of a name. */
export function findCommand(name: string): KubeCommand {
  const command = kubeCommands.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = kubeCommands.map((candidate) => candidate.name)
  const near = nearestName(name, names)
  throw new MirrorwafError('MWAF_COMMAND_UNKNOWN', {
    command: `kube ${name}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    accepted: names.join(', '),
  })
}

/** Resolves when everything written so far is out, or when nobody reads it any more. */
function flush(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve()
    else stream.write('', () => resolve())
  })
}

/** Faults of the command line, not of the cluster. */
const usageCodes: ReadonlySet<ErrorCode> = new Set([
  'MWAF_OPTIONS_UNKNOWN',
  'MWAF_OPTIONS_VALUE',
  'MWAF_COMMAND_UNKNOWN',
  'MWAF_COMMAND_ARGUMENT',
  'MWAF_KUBE_NO_TERMINAL',
])

function renderCommandList(): string {
  const width = Math.max(...kubeCommands.map(({ name }) => name.length))
  const lines = kubeCommands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  const codes = 'Exit codes: 0 done or nothing to do, 1 something failed (each is named), 2 usage, 3 drift.'
  return `Route copies of requests to mirrorwaf in Kubernetes, and take it back.\n\nUsage:\n  mirrorwaf kube COMMAND [options]\n\nCommands:\n${lines.join('\n')}\n\nmirrorwaf kube COMMAND --help lists a command's options.\n${codes}\n`
}
