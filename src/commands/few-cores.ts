// With few cores V8 collects garbage on the thread that made it. Its helper threads would have to share a core with the listener,
// and answers would wait for them: while attacks keep the worker busy, p99 is 2.1 to 2.9 ms instead of 4.7 to 6.3 on one core, at
// the same processor time (bench/README.md).
import { availableParallelism } from 'node:os'

/** V8 has four helper threads; from here on some have a core to themselves. */
const fewCoreCount = 2

/** V8 takes it at the start of a process only: turned on later it aborts the process (tried). */
const flag = '--single-threaded-gc'

/** What decides about the restart. */
export interface ProcessFacts {
  /** Arguments behind the script. */
  readonly args: readonly string[]
  /** Those in front of it. */
  readonly nodeArgs: readonly string[]
  readonly coreCount: number
  /** Whether a parent talks to this process over a channel. */
  readonly hasChannel: boolean
}

/** @returns the arguments to restart node with; `undefined`: it is to go on as it is. `--no-single-threaded-gc` is obeyed. */
export function nodeArgumentsForFewCores(facts: ProcessFacts): string[] | undefined {
  const { args, nodeArgs, coreCount, hasChannel } = facts
  const isServing = args[0] === 'serve' && !args.includes('--help')
  const isSettled = nodeArgs.some((argument) => argument.replaceAll('_', '-').includes('single-threaded-gc'))
  // A channel, and a file that a shell has opened for this process, would be closed.
  const wouldLose = hasChannel || args.some((argument) => /\/dev\/fd\/|\/proc\/self\/fd\//.test(argument))
  return isServing && coreCount <= fewCoreCount && !isSettled && !wouldLose ? [flag, ...nodeArgs] : undefined
}

/** Starts this process anew under its number, where that helps; else returns. Windows cannot. */
export function restartForFewCores(): void {
  const [, script, ...args] = process.argv
  const nodeArguments = nodeArgumentsForFewCores({
    args,
    nodeArgs: process.execArgv,
    coreCount: availableParallelism(),
    hasChannel: process.send !== undefined,
  })
  if (nodeArguments === undefined || script === undefined || process.platform === 'win32') return
  try {
    process.execve?.(process.execPath, [process.execPath, ...nodeArguments, script, ...args])
  } catch {
    // Node's permission model may forbid it. It only spares latency, so serving goes on as it is.
  }
}
