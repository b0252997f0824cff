// `mirrorwaf help [COMMAND]`: the overview, or a command's own help.
import { MirrorwafError } from '../errors.js'
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'
import { commandNames, loadCommand } from './registry.js'

export const helpCommand: Command = {
  name: 'help',
  summary: 'Print this overview, or the options of one command.',
  async run(argv, io) {
    const [name, ...rest] = argv
    refuseArguments(rest)
    if (name === undefined || name === 'help' || name === 'version') {
      await io.print(await renderOverview())
      return 0
    }
    const command = await loadCommand(name)
    if (command === undefined) {
      throw new MirrorwafError('MWAF_COMMAND_UNKNOWN', { command: name, accepted: commandNames.join(', ') })
    }
    return command.run(['--help'], io)
  },
}

async function renderOverview(): Promise<string> {
  const commands = await Promise.all(commandNames.map(loadCommand))
  const width = Math.max(...commandNames.map((name) => name.length)) + 2
  const lines = commands.map((command) => `  ${(command?.name ?? '').padEnd(width)}${command?.summary}`)
  return `mirrorwaf takes the copies of requests that API gateways mirror and reports attacks.

Usage:
  mirrorwaf COMMAND [OPTIONS]

Commands:
${lines.join('\n')}

mirrorwaf COMMAND --help lists a command's options.
`
}
