// Decides which requests without an event are reported all the same, and of which the engine extracts schemas.
// Stage: [worker]. Exists only when traces are reported; one per worker over one shared memory, so that "once a minute" and "once
// per endpoint" hold for all workers together. Costs 1 µs per request while schemas are sampled, else next to nothing.
import type { Inspection } from './inspection.js'
import type { SpanSettings } from './messages.js'

/** `none`: nothing asks for it. `over-limit`: it would be reported, but for the limit. */
export type SpanAdmission = 'reported' | 'over-limit' | 'none'

/** Endpoints that are remembered; as many as Datadog's tracers. */
const endpointSlots = 4096
/** An endpoint may lie in any of so many slots from its own on. */
const probeCount = 8
const heartbeatPeriodSeconds = 60

/** Where things lie in the shared words. Times are seconds since 2020, so that they are positive in 32 bits until 2088. */
const heartbeatWord = 0
const limitSecondWord = 1
const limitCountWord = 2
const tableWord = 8
const wordsPerEndpoint = 2
const epochSeconds = 1_577_836_800

/** Memory for the gates of all workers of a pool. */
export function allocateSpanGate(): SharedArrayBuffer {
  return new SharedArrayBuffer((tableWord + endpointSlots * wordsPerEndpoint) * Int32Array.BYTES_PER_ELEMENT)
}

/** One worker's view. */
export class SpanGate {
  readonly samplesSchemas: boolean
  readonly #settings: SpanSettings
  readonly #words: Int32Array
  readonly #nowMs: () => number

  /** @param nowMs - wall clock in ms since the epoch. */
  constructor(settings: SpanSettings, nowMs: () => number) {
    this.samplesSchemas = settings.schemaPeriodSeconds !== undefined
    this.#settings = settings
    this.#words = new Int32Array(settings.gate)
    this.#nowMs = nowMs
  }

  /** Whether a request that raised no event is reported; a heartbeat or a place under the limit is then taken. */
  admit(inspection: Pick<Inspection, 'isKept' | 'attributes'>): SpanAdmission {
    if (inspection.isKept || hasSchema(inspection)) return 'reported'
    const second = this.#second()
    if (this.#settings.mode === 'heartbeat') {
      return this.#passesOnce(heartbeatWord, second, heartbeatPeriodSeconds) ? 'reported' : 'none'
    }
    return this.#isUnderLimit(second) ? 'reported' : 'over-limit'
  }

  /** Whether this request is the one whose schemas stand for its endpoint for a while. */
  sample(method: string, endpoint: string): boolean {
    const periodSeconds = this.#settings.schemaPeriodSeconds
    if (periodSeconds === undefined) return false
    if (periodSeconds === 0) return true
    const hash = hashText(`${method} ${endpoint}`)
    return this.#takeSlot(hash, this.#second(), periodSeconds)
  }

  /**
   * A slot is the endpoint's own, or one whose time is over. With no such slot nearby the endpoint goes without: the table is
   * bounded, and what a sender can do with many paths is to have none of them sampled.
   */
  #takeSlot(hash: number, second: number, periodSeconds: number): boolean {
    const words = this.#words
    let free = -1
    for (let probe = 0; probe < probeCount; probe += 1) {
      const slot = tableWord + ((hash + probe) & (endpointSlots - 1)) * wordsPerEndpoint
      if (Atomics.load(words, slot) === hash) return this.#passesOnce(slot + 1, second, periodSeconds)
      if (free < 0 && isOver(Atomics.load(words, slot + 1), second, periodSeconds)) free = slot
    }
    if (free < 0 || !this.#passesOnce(free + 1, second, periodSeconds)) return false
    Atomics.store(words, free, hash)
    return true
  }

  /** True for one caller in each period. */
  #passesOnce(word: number, second: number, periodSeconds: number): boolean {
    const last = Atomics.load(this.#words, word)
    if (!isOver(last, second, periodSeconds)) return false
    return Atomics.compareExchange(this.#words, word, last, second) === last
  }

  #isUnderLimit(second: number): boolean {
    const { limitCount } = this.#settings
    if (limitCount === 0) return true
    const words = this.#words
    const last = Atomics.load(words, limitSecondWord)
    if (last !== second && Atomics.compareExchange(words, limitSecondWord, last, second) === last) {
      Atomics.store(words, limitCountWord, 0)
    }
    return Atomics.add(words, limitCountWord, 1) < limitCount
  }

  #second(): number {
    return Math.floor(this.#nowMs() / 1000) - epochSeconds
  }
}

/**
 * A time in the future is the clock's doing, as it was set back: then the period is over too, or nothing would be reported until
 * that time comes. Less than a period ahead it may be another worker's, which looked at the clock a moment later.
 */
function isOver(last: number, second: number, periodSeconds: number): boolean {
  return Math.abs(second - last) >= periodSeconds
}

function hasSchema({ attributes }: Pick<Inspection, 'attributes'>): boolean {
  if (attributes === undefined) return false
  return Object.keys(attributes).some((name) => name.startsWith('_dd.appsec.s.'))
}

/** FNV-1a, 32 bits; never 0, which stands for an empty slot. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash | 0 || 1
}
