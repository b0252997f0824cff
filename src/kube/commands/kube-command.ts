// What a subcommand of `mirrorwaf kube` is: its options, its help, and how it runs.
import type { KubeExitCode, KubeIo } from '../kube-io.js'
import type { KubeOptions } from '../options/kube-options.js'

/** One subcommand. */
export interface KubeCommand {
  readonly name: string
  /** One line; begins with a verb. */
  readonly summary: string
  /** What follows the command's name in the usage, after the options. */
  readonly operands: string
  readonly options: readonly (keyof KubeOptions)[]
  /**
   * @param positionals - empty unless `operands` says otherwise.
   * @throws MirrorwafError when nothing could be done; the caller prints it.
   */
  run(options: KubeOptions, positionals: readonly string[], io: KubeIo): Promise<KubeExitCode>
}

/** Options of every command that talks to a cluster. */
export const clusterOptions = ['kubeconfig', 'context', 'requestTimeoutMs', 'output'] as const

/** Options that say where copies go, and which routes are meant. */
export const targetOptions = ['namespace', 'service', 'port'] as const
export const routeOptions = ['selector', 'inNamespaces', 'kinds'] as const
export const mirrorOptions = ['percent', 'fraction', 'includeRedirects', 'adopt'] as const

/** Options of commands that write. */
export const writeOptions = ['dryRun', 'prompt', 'yes', 'timeoutMs'] as const
