// Brings the messages of one block to their partitions and keeps what became of each, over several tries. A partition refuses all
// that it was sent at once although only one message is too large: it is sent less, until the one stands alone.
import type { SendFault } from './kafka-fault.js'

export interface KafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly value: Buffer
  readonly key?: Buffer
}

/** Sends messages; those of a partition are taken together or not at all. @returns the fault, if any. */
export type SendMessages = (messages: KafkaMessage[]) => Promise<SendFault | undefined>

/** How a try ended: with all messages written or refused, or with some that wait for another one. */
export interface DeliveryState {
  readonly isSettled: boolean
  /** Why messages were refused, or wait. */
  readonly detail: string
}

export class KafkaDelivery {
  /** Messages by partition, oldest first, by their position in the block. */
  readonly #waiting = new Map<number, number[]>()
  /** How many messages a partition is sent at once; left out: all. */
  readonly #portions = new Map<number, number>()
  readonly #messages: readonly KafkaMessage[]
  readonly #isWritten: boolean[]
  #refusal = ''

  constructor(messages: readonly KafkaMessage[]) {
    this.#messages = messages
    this.#isWritten = messages.map(() => false)
    for (const [position, { partition }] of messages.entries()) {
      const positions = this.#waiting.get(partition) ?? []
      positions.push(position)
      this.#waiting.set(partition, positions)
    }
  }

  /** Positions of the messages that were written. */
  get written(): readonly number[] {
    return this.#isWritten.flatMap((isWritten, position) => (isWritten ? [position] : []))
  }

  get isAllWritten(): boolean {
    return this.#isWritten.every(Boolean)
  }

  /** Sends what waits until all is settled or something fails that may pass. Each round settles a message or halves a portion. */
  async run(send: SendMessages): Promise<DeliveryState> {
    while (this.#waiting.size > 0) {
      const round = new Map([...this.#waiting.keys()].map((partition) => [partition, this.#portionOf(partition)]))
      const fault = await send([...round.values()].flat().flatMap((position) => this.#messages[position] ?? []))
      let hasFailed = false
      for (const [partition, positions] of round) {
        if (fault === undefined || fault.taken.has(partition)) this.#settle(partition, positions, true)
        else if (fault.refused.has(partition)) this.#refuse(partition, positions, fault.detail)
        else hasFailed = true
      }
      if (fault !== undefined && hasFailed) return { isSettled: false, detail: fault.detail }
    }
    return { isSettled: true, detail: this.#refusal }
  }

  #portionOf(partition: number): readonly number[] {
    return (this.#waiting.get(partition) ?? []).slice(0, this.#portions.get(partition))
  }

  #refuse(partition: number, positions: readonly number[], detail: string): void {
    if (positions.length > 1) {
      this.#portions.set(partition, Math.ceil(positions.length / 2))
      return
    }
    this.#refusal = detail
    this.#settle(partition, positions, false)
  }

  #settle(partition: number, positions: readonly number[], isWritten: boolean): void {
    for (const position of positions) this.#isWritten[position] = isWritten
    const rest = (this.#waiting.get(partition) ?? []).slice(positions.length)
    if (rest.length === 0) this.#waiting.delete(partition)
    else this.#waiting.set(partition, rest)
    const portion = this.#portions.get(partition)
    if (portion !== undefined) this.#portions.set(partition, 2 * portion)
  }
}
