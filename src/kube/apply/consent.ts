// Asks the operator before each change, when told to.
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { MirrorwafError } from '../../errors.js'
import type { WriteMode } from '../access/cluster.js'
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
 * Runs with the consent that options mean, and lets the terminal go afterwards.
 * @throws MirrorwafError `MWAF_KUBE_NO_TERMINAL` when there is nobody to ask.
 */
export async function withConsent<T>(
  options: Pick<KubeOptions, 'prompt' | 'yes'>,
  io: KubeIo,
  stop: StopWatch,
  mode: WriteMode,
  run: (consent: Consent) => Promise<T>,
): Promise<T> {
  if (!options.prompt || options.yes || mode.isDryRun) return run({ isAsking: false, ask: async () => 'yes' })
  if (!io.isTty.stdin) throw new MirrorwafError('MWAF_KUBE_NO_TERMINAL')
  // One reader for all questions: what was typed ahead is not lost between two of them.
  const reader = createInterface({ input: io.stdin, terminal: false })
  const close = (): void => reader.close()
  io.signal.addEventListener('abort', close, { once: true })
  try {
    return await run(new TerminalConsent(io.stderr, reader[Symbol.asyncIterator](), stop))
  } finally {
    io.signal.removeEventListener('abort', close)
    close()
  }
}

class TerminalConsent implements Consent {
  readonly isAsking = true
  readonly #output: Writable
  readonly #lines: AsyncIterator<string>
  readonly #stop: StopWatch
  #settled: Answer | undefined

  constructor(output: Writable, lines: AsyncIterator<string>, stop: StopWatch) {
    this.#output = output
    this.#lines = lines
    this.#stop = stop
  }

  async ask(what: string, preview: string): Promise<Answer> {
    if (this.#settled !== undefined) return this.#settled
    this.#output.write(preview)
    for (;;) {
      this.#output.write(`${what}? (y/n/a/q) `)
      const line = await this.#stop.pauseFor(() => this.#lines.next())
      const answer = line.done === true ? stopHere : answers.get(line.value.trim().toLowerCase())
      if (answer === undefined) {
        this.#output.write('Please answer y (yes), n (no), a (yes to all) or q (stop here).\n')
        continue
      }
      if (answer.isForAll) this.#settled = answer.says
      return answer.says
    }
  }
}

interface Meaning {
  readonly says: Answer
  readonly isForAll: boolean
}

const stopHere: Meaning = { says: 'stop', isForAll: true }
const answers: ReadonlyMap<string, Meaning> = new Map([
  ...['y', 'yes'].map((word): [string, Meaning] => [word, { says: 'yes', isForAll: false }]),
  ...['n', 'no'].map((word): [string, Meaning] => [word, { says: 'no', isForAll: false }]),
  ...['a', 'all'].map((word): [string, Meaning] => [word, { says: 'yes', isForAll: true }]),
  ...['q', 'quit'].map((word): [string, Meaning] => [word, stopHere]),
])
