// Steady traffic while something else happens: requests at a fixed rate over kept connections, each of them accounted for.
import { headerOf } from './http-message.js'
import { type Answer, RawClient } from './raw-client.js'
import { sleep } from './wait-until.js'

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  /** Over all connections together. */
  readonly requestsPerSecond: number
  /** The bytes of request `number`; numbers start at 0. */
  readonly requestOf: (number: number) => Buffer
}

export interface LoadResult {
  /** Numbers of the requests that were answered. */
  readonly answered: readonly number[]
  /** Numbers of those that were sent, or could not be, and have no answer. */
  readonly unanswered: readonly number[]
  readonly slowestMs: number
  readonly statuses: ReadonlySet<number>
}

/** A load that runs until it is stopped. */
export class Load {
  readonly #options: LoadOptions
  readonly #answered: number[] = []
  readonly #unanswered: number[] = []
  readonly #statuses = new Set<number>()
  readonly #lanes: readonly Promise<void>[]
  #slowestMs = 0
  #next = 0
  #isOver = false

  private constructor(options: LoadOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: options.connections }, () => this.#runLane())
  }

  static start(options: LoadOptions): Load {
    return new Load(options)
  }

  /** Requests begun so far. */
  get count(): number {
    return this.#next
  }

  /** Lets every lane finish the request in hand. */
  async stop(): Promise<LoadResult> {
    this.#isOver = true
    await Promise.all(this.#lanes)
    return {
      answered: this.#answered,
      unanswered: this.#unanswered,
      slowestMs: this.#slowestMs,
      statuses: this.#statuses,
    }
  }

  async #runLane(): Promise<void> {
    const { port, connections, requestsPerSecond, requestOf } = this.#options
    const pauseMs = (1000 * connections) / requestsPerSecond
    let client: RawClient | undefined
    while (!this.#isOver) {
      const number = this.#next
      this.#next += 1
      client ??= RawClient.connect(port)
      const answer = await client.send(requestOf(number)).catch(() => undefined)
      if (answer === undefined) this.#unanswered.push(number)
      else this.#note(number, answer)
      if (answer === undefined || headerOf(answer.message, 'connection') === 'close') {
        client.close()
        client = undefined
      }
      await sleep(pauseMs)
    }
    client?.close()
  }

  #note(number: number, { status, durationMs }: Answer): void {
    this.#answered.push(number)
    this.#statuses.add(status)
    this.#slowestMs = Math.max(this.#slowestMs, durationMs)
  }
}
