// The commands under the names and with the flags of Datadog's Go tools: one dash or two, and a time limit by default.

import type { KubeExitCode, KubeIo } from './kube-io.js'
import { findCommand, runCommand, runToEnd } from './run-kube-command.js'

/** The limit of the Go tools for a whole run; `--timeout 0` lifts it. */
const defaultTimeout = '1m'

/**
 * Runs a bin of its own.
 * @param argv - the process's arguments, without program and script.
 * @returns the exit code; failures have been printed to stderr.
 */
export function runSeedCommand(
  name: 'patch-httproutes' | 'patch-gateways',
  argv: readonly string[],
  io: KubeIo,
): Promise<KubeExitCode> {
  // The last of a repeated flag counts, so one that is given outweighs the default.
  const flags = ['--timeout', defaultTimeout, ...argv.map(withTwoDashes)]
  return runToEnd(() => runCommand(findCommand(name), flags, name, io), io)
}

/** Go's flag package takes `-selector` for `--selector`; no option here has a single letter but `-h`. */
function withTwoDashes(argument: string): string {
  return /^-[a-z][a-z-]+/.test(argument) ? `-${argument}` : argument
}
