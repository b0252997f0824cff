// What a pool tells its running workers without a message: how often workers died, and that they shall stop.
// Deaths slow the respawn: piscina starts a new worker at once, so the new thread itself waits.
// Stopping is cooperative because ending a thread inside libddwaf aborts the whole process (tried: the native binding cannot
// throw into a thread that is being terminated).

const deathsWord = 0
const sleepWord = 1
const stopWord = 2
const buildingWord = 3
const wordCount = 4
const firstDelayMs = 100
/** Below the default batch deadline, so that a batch which waits for a worker is not taken for a stuck one. */
const longestDelayMs = 5000

/** Memory for one pool's gate. */
export function createRespawnGate(): SharedArrayBuffer {
  return new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT)
}

/** Pool side: a worker died. */
export function noteDeath(gate: SharedArrayBuffer): void {
  Atomics.add(new Int32Array(gate), deathsWord, 1)
}

/** Pool side: a worker finished a batch, so workers can live. */
export function noteSuccess(gate: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(gate), deathsWord, 0)
}

/** How long a worker waits before it starts, after that many deaths in a row. */
export function respawnDelayMs(deaths: number): number {
  if (deaths <= 1) return 0
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(deaths - 2, 10))
}

/** Worker side: blocks the new thread until it may start. */
export function waitAtGate(gate: SharedArrayBuffer): void {
  const words = new Int32Array(gate)
  const delayMs = respawnDelayMs(Atomics.load(words, deathsWord))
  if (delayMs > 0) Atomics.wait(words, sleepWord, 0, delayMs)
}

/** Worker side: builds what a new thread works with, most of it inside the engine. */
export function buildBehindGate<Value>(gate: SharedArrayBuffer, build: () => Value): Value {
  const words = new Int32Array(gate)
  Atomics.add(words, buildingWord, 1)
  try {
    return build()
  } finally {
    Atomics.sub(words, buildingWord, 1)
  }
}

/** Pool side: whether a new thread is inside the engine, where it must not be ended. */
export function isBuilding(gate: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(gate), buildingWord) > 0
}

/** Pool side: workers shall leave the rest of their batches and answer. */
export function askToStop(gate: SharedArrayBuffer): void {
  const words = new Int32Array(gate)
  Atomics.store(words, stopWord, 1)
  Atomics.notify(words, sleepWord)
}

/** Worker side, between two records. @param gateWords - a view of the gate. */
export function isAskedToStop(gateWords: Int32Array): boolean {
  return Atomics.load(gateWords, stopWord) === 1
}
