// The io of a real process; its environment is handed in by whoever may read it.
import type { KubeEnvironment } from './access/kubeconfig.js'
import type { KubeIo } from './kube-io.js'

/** Streams of this process; SIGINT and SIGTERM ask the run to stop, a second SIGINT ends the process. */
export function createProcessIo(env: KubeEnvironment): KubeIo {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  // A reader that has seen enough (`| head`) is no fault of the run; the writes that follow go nowhere.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    isTty: { stdin: process.stdin.isTTY === true, stderr: process.stderr.isTTY === true },
    env,
    signal: controller.signal,
  }
}
