// What a kube command may touch of its process; tests give their own.
import type { Readable, Writable } from 'node:stream'
import type { KubeEnvironment } from './access/kubeconfig.js'

/** Streams, environment and life of the process that runs a command. */
export interface KubeIo {
  readonly stdin: Readable
  /** The report alone: what a script reads. */
  readonly stdout: Writable
  /** Questions, progress and errors. */
  readonly stderr: Writable
  readonly isTty: { readonly stdin: boolean; readonly stderr: boolean }
  readonly env: KubeEnvironment
  /** Aborted when the operator wants to stop: what is under way is finished, nothing new begins. */
  readonly signal: AbortSignal
}

/** Exit codes of all kube commands. */
export const KubeExit = {
  /** Done, or nothing to do. */
  done: 0,
  /** Something failed; each is named. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The cluster is not as it should be (`status`, `diff`). */
  drift: 3,
} as const
export type KubeExitCode = (typeof KubeExit)[keyof typeof KubeExit]
