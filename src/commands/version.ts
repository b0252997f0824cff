// `mirrorwaf version`: which mirrorwaf runs on which Node.
import { packageVersion } from '../package-version.js'
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version.',
  async run(argv, io) {
    refuseArguments(argv)
    await io.print(`mirrorwaf ${packageVersion()} (node ${process.version})\n`)
    return 0
  },
}
