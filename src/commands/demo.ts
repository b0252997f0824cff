// `mirrorwaf demo`: the whole picture in a few seconds, without anything to set up. Thin.
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'

const summary = 'Show it all in a few seconds: a service, the gateway, the receiver, and attacks among visitors.'

export const demoCommand: Command = {
  name: 'demo',
  summary,
  async run(argv, io) {
    if (argv.includes('--help') || argv.includes('-h')) {
      await io.print(
        `${summary} Listens on free loopback ports only. Ends by itself, or at a terminal with Ctrl-C: the live page stays until then.\n\nUsage:\n  mirrorwaf demo\n`,
      )
      return 0
    }
    refuseArguments(argv)
    const { runDemo } = await import('./demo/run-demo.js')
    return runDemo(io)
  },
}
