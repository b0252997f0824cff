// The numbers of this second, large.
import type { LiveSample } from './api-types.js'
import { fill, make } from './dom.js'
import { formatBytes, formatMicroseconds, formatPercent, formatRate } from './format.js'

/** Minutes over which attacks are added up: a single second says nothing of them. */
const attackSeconds = 60

export class Tiles {
  readonly #home: HTMLElement
  readonly #attacks: number[] = []
  #outcomes: readonly string[] = []

  constructor(home: HTMLElement) {
    this.#home = home
  }

  start(outcomes: readonly string[], samples: readonly LiveSample[]): void {
    this.#outcomes = outcomes
    this.#attacks.length = 0
    for (const sample of samples) this.#note(sample)
    const last = samples.at(-1)
    if (last !== undefined) this.#show(last)
  }

  add(sample: LiveSample): void {
    this.#note(sample)
    this.#show(sample)
  }

  #note(sample: LiveSample): void {
    this.#attacks.push(this.#rate(sample, 'matched'))
    if (this.#attacks.length > attackSeconds) this.#attacks.shift()
  }

  #show(sample: LiveSample): void {
    const attacks = this.#attacks.reduce((sum, count) => sum + count, 0)
    const unseen = ['shed', 'lost', 'truncated', 'timed-out'].reduce((sum, name) => sum + this.#rate(sample, name), 0)
    fill(
      this.#home,
      tile('Requests', formatRate(sample.receivedPerSecond), 'per second', ''),
      tile('Attacks', formatRate(attacks), 'in the last minute', attacks > 0 ? 'attack' : ''),
      tile('Answered in', formatMicroseconds(sample.answerP99Us), 'p99', sample.answerP99Us > 50_000 ? 'warn' : ''),
      tile('Judged in', formatMicroseconds(sample.verdictP99Us), 'p99', ''),
      tile('Queue', formatBytes(sample.queueBytes), `workers ${formatPercent(sample.workerBusyRatio)} busy`, ''),
      tile('Not fully seen', formatRate(unseen), 'per second', unseen > 0 ? 'warn' : 'good'),
    )
  }

  #rate(sample: LiveSample, outcome: string): number {
    return sample.outcomesPerSecond[this.#outcomes.indexOf(outcome)] ?? 0
  }
}

function tile(name: string, value: string, unit: string, tone: string): HTMLElement {
  return make(
    'div',
    { class: `panel tile ${tone}` },
    make('dt', {}, name),
    make('dd', {}, make('strong', {}, value), ' ', make('span', {}, unit)),
  )
}
