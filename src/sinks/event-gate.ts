// Stands before one sink's queue: lets through the events that the sink is to get, as many as its rate allows, and folds the rest.
import type { SecurityEvent } from '../verdict/event.js'
import { EventFolder, type TakenFold } from './event-folder.js'
import { foldKeyOf } from './event-route.js'
import type { HeldAccount } from './held-ledger.js'
import { linesOf, readEvent } from './read-event.js'
import { isAtLeast, severityOf } from './severity.js'
import type { EventBlock, FoldedLine } from './sink.js'
import type { Delivery } from './sink-spec.js'
import { TokenBucket } from './token-bucket.js'

/** How often folded events go out, as far as the rate allows: long enough that a flood becomes few lines. */
const foldPeriodMs = 1000
/** For the kinds of one sink: some hundred events of common size. */
const foldLimitBytes = 1024 * 1024
/** As large as the blocks that come in: a queue takes or drops each whole, and brokers refuse a mebibyte. */
const blockLimitBytes = 64 * 1024

export interface GateSettings {
  readonly delivery: Delivery
  readonly nowMs: () => number
  /** Takes what goes on to the sink's queue. */
  readonly offer: (block: EventBlock) => void
  /** Told how many events are folded here. */
  readonly held: HeldAccount
}

export class EventGate {
  readonly #settings: GateSettings
  readonly #bucket: TokenBucket | undefined
  readonly #folder = new EventFolder(foldLimitBytes)
  #timer: NodeJS.Timeout | undefined
  #filtered = 0
  #folded = 0

  constructor(settings: GateSettings) {
    this.#settings = settings
    const { rate } = settings.delivery
    this.#bucket = rate && new TokenBucket(rate, settings.nowMs)
  }

  /** Events that the sink is not to get. */
  get filtered(): number {
    return this.#filtered
  }

  /** Events that others stand for, or will. */
  get folded(): number {
    return this.#folded
  }

  accept(block: EventBlock): void {
    const passed: TakenFold[] = []
    for (const line of linesOf(block.lines)) {
      const event = readEvent(line)
      // What cannot be read cannot be judged: the sink gets it.
      if (event === undefined || this.#admits(event, line)) passed.push({ line, eventCount: 1 })
    }
    if (passed.length === block.eventCount) this.#settings.offer(block)
    else this.#offer(passed)
  }

  /** Hands on all that is folded, whatever the rate: the process ends. */
  drain(): void {
    this.#emit(() => true)
  }

  /** Hands on what is folded for the last time. */
  close(): void {
    clearTimeout(this.#timer)
    this.drain()
  }

  #admits(event: SecurityEvent, line: Uint8Array): boolean {
    if (!isWanted(event, this.#settings.delivery)) {
      this.#filtered += 1
      return false
    }
    // While something is folded, all is: else the events that come would take the tokens that the folded ones wait for.
    if (this.#bucket === undefined || (this.#folder.isEmpty && this.#bucket.take())) return true
    this.#folder.add(foldKeyOf(event), line, event.timestamp)
    this.#folded += 1
    this.#settings.held.add(1)
    this.#schedule()
    return false
  }

  #schedule(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#emit(() => this.#bucket?.take() === true)
      if (!this.#folder.isEmpty) this.#schedule()
    }, foldPeriodMs)
  }

  #emit(mayGo: () => boolean): void {
    const taken: TakenFold[] = []
    while (!this.#folder.isEmpty && mayGo()) {
      const fold = this.#folder.take()
      if (fold !== undefined) taken.push(fold)
    }
    // A line that stands for itself and others is not folded away.
    this.#folded -= taken.length
    // Before the hold here ends: a thread that dies in between counts them twice rather than not at all.
    this.#offer(taken)
    this.#settings.held.add(-taken.reduce((sum, { eventCount }) => sum + eventCount, 0))
  }

  #offer(lines: readonly TakenFold[]): void {
    let first = 0
    let byteCount = 0
    for (const [index, { line }] of lines.entries()) {
      if (byteCount > 0 && byteCount + line.byteLength > blockLimitBytes) {
        this.#offerBlock(lines.slice(first, index))
        first = index
        byteCount = 0
      }
      byteCount += line.byteLength
    }
    if (byteCount > 0) this.#offerBlock(lines.slice(first))
  }

  #offerBlock(lines: readonly TakenFold[]): void {
    const folds: FoldedLine[] = []
    let eventCount = 0
    for (const [line, fold] of lines.entries()) {
      if (fold.eventCount > 1) folds.push({ line, eventCount: fold.eventCount })
      eventCount += fold.eventCount
    }
    this.#settings.offer({ lines: Buffer.concat(lines.map(({ line }) => line)), eventCount, folds })
  }
}

function isWanted(event: SecurityEvent, { minSeverity, types, sampleRatio }: Delivery): boolean {
  if (minSeverity !== 'info' && !isAtLeast(severityOf(event), minSeverity)) return false
  if (types.length > 0 && !event.matches.some(({ rule }) => types.includes(rule.tags['type'] ?? ''))) return false
  return sampleRatio === 1 || shareOf(event.event_id) < sampleRatio
}

/** The id's last 32 bits, which are random, as a number from 0 up to 1. */
function shareOf(eventId: string): number {
  return Number.parseInt(eventId.slice(-8), 16) / 2 ** 32
}
