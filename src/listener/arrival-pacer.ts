// Lets connections gather for a moment while they come fast, as network cards moderate their interrupts.
// Stage: [listener]. Hot path; bench: npm run bench -- --scenario hijack.
// Where each connection wakes the thread by itself, waking and going to sleep again are a quarter of its processor time
// (bench/README.md has the measurement).

/** How long the thread looks away when nobody waits, in ms; the most that pacing adds to an answer. 0.1 ms spares 60 % as much. */
const pauseMs = 0.3
/**
 * Connections further apart than this, on average, are served as they come. At 6,000 a second pauses delay the median answer by
 * 0.24 ms and spare next to nothing; at the 9,000 to 12,000 that fill one core they spare a seventh (bench/README.md).
 */
const denseGapMs = 0.125
/** Connections over which the gap is averaged: chance does not bring so many at once, a busy gateway does within 5 ms. */
const averagedCount = 32
/** Longest gap in the average: one of a few milliseconds must not take the next hundred connections to forget. */
const sparseGapMs = 2 * denseGapMs
/** After this long without a connection whatever was dense is over. */
const restMs = 10

/**
 * Paces one listener. The event loop accepts one connection per turn, so a turn without one means that nobody waits: then the
 * thread pauses once, and sleeps in the kernel as usual if that brought nobody.
 */
export class ArrivalPacer {
  readonly #pause: (milliseconds: number) => void
  #lastMs = 0
  #gapMs = sparseGapMs
  #arrivedCount = 0
  #isWatching = false
  #hasPaused = false

  /** @param pause - blocks the thread. */
  constructor(pause: (milliseconds: number) => void = createPause()) {
    this.#pause = pause
  }

  /** A connection was accepted now. */
  note(nowMs: number): void {
    const gapMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    if (gapMs > restMs) this.#gapMs = sparseGapMs
    else this.#gapMs += (Math.min(gapMs, sparseGapMs) - this.#gapMs) / averagedCount
    if (this.#gapMs > denseGapMs) return
    this.#arrivedCount += 1
    if (this.#isWatching) return
    this.#isWatching = true
    setImmediate(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    const isQuiet = this.#arrivedCount === 0
    this.#arrivedCount = 0
    if (isQuiet && this.#hasPaused) {
      this.#isWatching = false
      this.#hasPaused = false
      return
    }
    this.#hasPaused = isQuiet
    if (isQuiet) this.#pause(pauseMs)
    setImmediate(this.#onTurn)
  }
}

/** Atomics.wait on a word that nobody wakes: the only sleep below a millisecond that Node has. */
function createPause(): (milliseconds: number) => void {
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  return (milliseconds) => {
    Atomics.wait(word, 0, 0, milliseconds)
  }
}
