// The real process behind `CommandIo`.
import { readProcessEnvironment } from '../options/environment.js'
import type { CommandIo } from './command.js'
import { describeFailure } from './dispatch.js'

/** stdout, stderr and the environment of this process. */
export function createProcessIo(): CommandIo {
  let isOpen = true
  const environment = readProcessEnvironment()
  return {
    environment,
    isWatched: process.stderr.isTTY === true,
    // no-color.org: any value but the empty one.
    isColoured: process.stdout.isTTY === true && (environment['NO_COLOR'] ?? '') === '',
    print(text) {
      if (!isOpen) return Promise.resolve(false)
      return new Promise((resolve) => {
        // A reader that went away shows as an error on the stream too, which would otherwise end the process.
        const onError = (): void => {
          isOpen = false
          resolve(false)
        }
        process.stdout.once('error', onError)
        process.stdout.write(text, (fault) => {
          if (fault) return
          process.stdout.off('error', onError)
          resolve(true)
        })
      })
    },
    report(text) {
      process.stderr.write(text)
    },
  }
}

/** Errors that nothing caught end the process with a code and their stack: its state cannot be trusted any more. */
export function exitOnUncaught(): void {
  process.on('uncaughtException', (thrown) => {
    process.stderr.write(`${describeFailure(thrown)}\n`)
    process.exit(70)
  })
}
