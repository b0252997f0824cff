// One line that counts up on a terminal, and nothing at all elsewhere.
import type { KubeIo } from '../kube-io.js'

/** Counts what is done. */
export interface Progress {
  /** One more is done. */
  step(): void
  /** Clears the line, so that the report starts on a clean one. */
  end(): void
}

/** @param what - e.g. `patching routes`. */
export function startProgress(io: Pick<KubeIo, 'stderr' | 'isTty'>, what: string, total: number): Progress {
  if (!io.isTty.stderr || total === 0) return { step: () => {}, end: () => {} }
  let done = 0
  const draw = (): void => void io.stderr.write(`\r${what} ${done}/${total}`)
  draw()
  return {
    step: () => {
      done++
      draw()
    },
    end: () => void io.stderr.write('\r\u001b[K'),
  }
}
