// `mirrorwaf version`: which mirrorwaf runs on which Node.
import { packageVersion } from '../package-version.js'
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version.',
  async run(argv, io) {
    if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h')) {
      await io.print('Usage: mirrorwaf version\n\nPrint the version. It has no options.\n')
      return 0
    }
    refuseArguments(argv)
    await io.print(`mirrorwaf ${packageVersion()} (node ${process.version})\n`)
    return 0
  },
}
