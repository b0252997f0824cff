// What a subcommand is, and what it may touch of the process: so commands run in tests without one.
import type { Environment } from '../options/environment.js'

/** 0 done, 1 failed, 2 wrong usage, 3 the cluster drifted (`kube`), 70 an error of our own (sysexits' EX_SOFTWARE). */
export type ExitCode = 0 | 1 | 2 | 3 | 70

/** The process as a command sees it. */
export interface CommandIo {
  readonly environment: Environment
  /** True when a person watches stderr: progress may be drawn there. */
  readonly isWatched: boolean
  /** True when stdout is a terminal and NO_COLOR is not set. */
  readonly isColoured: boolean
  /** Writes to stdout and waits until it is taken. False = nobody reads any more (`| head`); then stop quietly. */
  print(text: string): Promise<boolean>
  /** Writes to stderr. */
  report(text: string): void
}

/** One subcommand. */
export interface Command {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** @param argv - what follows the command's name. Throws MirrorwafError; `dispatch` turns it into message and exit code. */
  run(argv: readonly string[], io: CommandIo): Promise<ExitCode>
}
