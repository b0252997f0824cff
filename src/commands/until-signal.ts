// Waiting for the signal that ends a command.

/** What a shell calls a process that SIGINT ended; for the second, impatient signal. */
const interruptedExitCode = 130

/** Resolves at the first SIGTERM or SIGINT; a second one then ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      process.off('SIGTERM', onSignal)
      process.off('SIGINT', onSignal)
      process.once('SIGTERM', exitAtOnce)
      process.once('SIGINT', exitAtOnce)
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

function exitAtOnce(): void {
  process.exit(interruptedExitCode)
}
