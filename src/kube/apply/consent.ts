// Asks the operator before each change, when told to.
import { createInterface } from 'node:readline/promises'
import { MirrorwafError } from '../../errors.js'
import type { KubeIo } from '../kube-io.js'
import type { KubeOptions } from '../options/kube-options.js'
import type { StopWatch } from '../stop-watch.js'

/** What the operator says to one change. `stop`: neither this nor any other. */
export type Answer = 'yes' | 'no' | 'stop'

/** Asks about one change at a time. */
export interface Consent {
  /** True when each change waits for an answer: then changes are made one after the other. */
  readonly isAsking: boolean
  /** @param preview - the change as a diff; shown before the question. */
  ask(what: string, preview: string): Promise<Answer>
}

/**
 * The consent that options mean.
 * @throws MirrorwafError `MWAF_KUBE_NO_TERMINAL` when there is nobody to ask.
 */
export function createConsent(
  options: Pick<KubeOptions, 'prompt' | 'yes' | 'dryRun'>,
  io: KubeIo,
  stop: StopWatch,
): Consent {
  if (!options.prompt || options.yes || options.dryRun) return { isAsking: false, ask: async () => 'yes' }
  if (!io.isTty.stdin) throw new MirrorwafError('MWAF_KUBE_NO_TERMINAL')
  return new TerminalConsent(io, stop)
}

class TerminalConsent implements Consent {
  readonly isAsking = true
  readonly #io: KubeIo
  readonly #stop: StopWatch
  #settled: Answer | undefined

  constructor(io: KubeIo, stop: StopWatch) {
    this.#io = io
    this.#stop = stop
  }

  async ask(what: string, preview: string): Promise<Answer> {
    if (this.#settled !== undefined) return this.#settled
    this.#io.stderr.write(preview)
    for (;;) {
      const word = await this.#stop.pauseFor(() => this.#readLine(`${what}? (y/n/a/q) `))
      switch (word?.trim().toLowerCase()) {
        case 'y':
        case 'yes':
          return 'yes'
        case 'n':
        case 'no':
          return 'no'
        case 'a':
        case 'all':
          this.#settled = 'yes'
          return 'yes'
        case 'q':
        case 'quit':
        case undefined:
          this.#settled = 'stop'
          return 'stop'
        default:
          this.#io.stderr.write('Please answer y (yes), n (no), a (yes to all) or q (stop here).\n')
      }
    }
  }

  /** One line, or `undefined` at the end of input or when the run is interrupted. */
  async #readLine(question: string): Promise<string | undefined> {
    const reader = createInterface({ input: this.#io.stdin, output: this.#io.stderr, terminal: false })
    const ended = new Promise<undefined>((resolve) => reader.once('close', () => resolve(undefined)))
    const { signal } = this.#io
    const onAbort = (): void => reader.close()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([reader.question(question), ended])
    } finally {
      signal.removeEventListener('abort', onAbort)
      reader.close()
    }
  }
}
