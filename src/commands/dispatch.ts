// Finds and runs the command that a command line names, and turns its errors into messages and exit codes.
import { type ErrorCode, MirrorwafError, reasonOf } from '../errors.js'
import { nearestName } from '../options/nearest.js'
import type { Command, CommandIo, ExitCode } from './command.js'
import { commandNames, loadCommand } from './registry.js'

/** As in package.json's `engines`; a test holds them equal. */
export const oldestNode = { major: 22, minor: 19 } as const

/**
 * Runs one command line; never rejects.
 * @param argv - arguments after node and the script.
 */
export async function dispatch(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  try {
    refuseOldNode()
    const [name, ...rest] = argv
    if (name === undefined) {
      await (await findCommand('help')).run([], { ...io, print: (text) => reportInstead(io, text) })
      return 2
    }
    return await (await findCommand(aliases.get(name) ?? name)).run(rest, io)
  } catch (thrown) {
    io.report(`${describeFailure(thrown)}\n`)
    return exitCodeOf(thrown)
  }
}

/** One line with the code for a known failure, the stack as well for one of ours. */
export function describeFailure(thrown: unknown): string {
  if (thrown instanceof MirrorwafError) return `mirrorwaf: ${thrown.code}: ${thrown.message}`
  const stack = thrown instanceof Error && thrown.stack !== undefined ? `\n${thrown.stack}` : ''
  const failure = new MirrorwafError('MWAF_PROCESS_UNCAUGHT', { reason: reasonOf(thrown) })
  return `mirrorwaf: ${failure.code}: ${failure.message}${stack}`
}

const aliases: ReadonlyMap<string, string> = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
])

/** Faults of the command line or the configuration; all other known ones are failures. */
const usageCodes: ReadonlySet<ErrorCode> = new Set([
  'MWAF_OPTIONS_UNKNOWN',
  'MWAF_OPTIONS_VALUE',
  'MWAF_OPTIONS_FILE',
  'MWAF_SINK_SPEC',
  'MWAF_COMMAND_UNKNOWN',
  'MWAF_COMMAND_ARGUMENT',
])

function exitCodeOf(thrown: unknown): ExitCode {
  if (!(thrown instanceof MirrorwafError)) return 70
  return usageCodes.has(thrown.code) ? 2 : 1
}

async function findCommand(name: string): Promise<Command> {
  const command = await loadCommand(name)
  if (command !== undefined) return command
  const near = nearestName(name, commandNames)
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  throw new MirrorwafError('MWAF_COMMAND_UNKNOWN', { command: `${name}${hint}`, accepted: commandNames.join(', ') })
}

/** `engines` in package.json is only a warning to npm; without this the first missing function would be the message. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)) return
  const required = `${oldestNode.major}.${oldestNode.minor}`
  throw new MirrorwafError('MWAF_PROCESS_NODE', { version: process.versions.node, required })
}

async function reportInstead(io: CommandIo, text: string): Promise<boolean> {
  io.report(text)
  return true
}
