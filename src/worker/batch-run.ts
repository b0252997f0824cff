// The bookkeeping of one batch around its inspection: who has decided what, and what is left when a worker dies.
// The slab is shared, so a dead worker's progress can be read from the records' states.
import type { Batch } from '../batch/batcher.js'
import { stateDecided, stateInHand, stateUntouched, Word } from '../batch/record-layout.js'
import { outcomeIndex, outcomes } from '../verdict/outcome.js'

/** How often a batch is given to a worker: once more after a worker died over it. */
const attemptLimitCount = 2

const matchedState = stateDecided + outcomeIndex('matched')
const lostState = stateDecided + outcomeIndex('lost')

/** A batch on its way through the pool. */
export interface BatchRun {
  readonly batch: Batch
  attempts: number
}

/** How many records have their outcome; tells a slow worker from a stuck one. */
export function countDecided(batch: Batch): number {
  let count = 0
  forEachRecord(batch, (words, base) => {
    if ((words[base + Word.state] ?? 0) >= stateDecided) count += 1
  })
  return count
}

/** Whether a worker is at one of the records. */
export function isInHand(batch: Batch): boolean {
  let isOne = false
  forEachRecord(batch, (words, base) => {
    if (words[base + Word.state] === stateInHand) isOne = true
  })
  return isOne
}

/**
 * Settles a batch whose worker died or failed: the record in hand is lost. Matched records are inspected again, because
 * their events died with the worker. When the batch has had its attempts, all that is undecided is lost.
 * @returns how many records are left to inspect.
 */
export function settleAfterDeath(run: BatchRun): number {
  const isLastAttempt = run.attempts >= attemptLimitCount
  let left = 0
  forEachRecord(run.batch, (words, base) => {
    const state = words[base + Word.state] ?? 0
    const isUndecided = state === stateUntouched || state === matchedState
    if (state === stateInHand || (isUndecided && isLastAttempt)) words[base + Word.state] = lostState
    else if (isUndecided) {
      words[base + Word.state] = stateUntouched
      left += 1
    }
  })
  return left
}

/**
 * Counts a finished batch.
 * @param tally - one slot per outcome, added to.
 * @param onRecord - called for each record with its queue and inspection time in microseconds.
 */
export function tallyOutcomes(batch: Batch, tally: Float64Array, onRecord: (verdictUs: number) => void): void {
  forEachRecord(batch, (words, base) => {
    const state = words[base + Word.state] ?? 0
    const index = state >= stateDecided ? state - stateDecided : outcomeIndex('lost')
    tally[index] = (tally[index] ?? 0) + 1
    onRecord((words[base + Word.queueUs] ?? 0) + (words[base + Word.inspectUs] ?? 0))
  })
}

/** An empty tally for `tallyOutcomes`. */
export function createTally(): Float64Array {
  return new Float64Array(outcomes.length)
}

function forEachRecord(batch: Batch, visit: (words: Int32Array, base: number) => void): void {
  const { words } = batch.slab
  let base = 0
  for (let index = 0; index < batch.recordCount; index += 1) {
    visit(words, base)
    base += (words[base + Word.byteLength] ?? 0) >> 2
  }
}
