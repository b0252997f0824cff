// The bookkeeping of a batch whose worker died, state by state.
import t from 'tap'
import type { Batch } from '#src/batch/batcher.js'
import { stateDecided, stateInHand, stateUntouched, Word } from '#src/batch/record-layout.js'
import { type Outcome, outcomeIndex, outcomes } from '#src/verdict/outcome.js'
import { countDecided, createTally, isInHand, settleAfterDeath, tallyOutcomes } from '#src/worker/batch-run.js'
import { recordOffsets } from '../batch/support/batching.js'
import { makeBatch } from './support/pool-bench.js'

type State = Outcome | 'untouched' | 'in hand'

function batchWith(...states: readonly State[]): Batch {
  const batch = makeBatch(states.map((_, index) => `/${index}`))
  for (const [index, offset] of recordOffsets(batch).entries()) {
    batch.slab.words[(offset >> 2) + Word.state] = numberOf(states[index] ?? 'untouched')
  }
  return batch
}

function statesOf(batch: Batch): readonly State[] {
  return recordOffsets(batch).map((offset) => nameOf(batch.slab.words[(offset >> 2) + Word.state] ?? 0))
}

function numberOf(state: State): number {
  if (state === 'untouched') return stateUntouched
  return state === 'in hand' ? stateInHand : stateDecided + outcomeIndex(state)
}

function nameOf(state: number): State {
  if (state === stateUntouched) return 'untouched'
  return state === stateInHand ? 'in hand' : (outcomes[state - stateDecided] ?? 'lost')
}

t.test('after the first death: in hand is lost, matches run again for their events, the rest stays', async (t) => {
  const batch = batchWith('clean', 'matched', 'timed-out', 'in hand', 'untouched', 'untouched')
  t.equal(settleAfterDeath({ batch, attempts: 1 }), 3)
  t.same(statesOf(batch), ['clean', 'untouched', 'timed-out', 'lost', 'untouched', 'untouched'])
})

t.test('after the second death all that is undecided is lost', async (t) => {
  const batch = batchWith('clean', 'matched', 'lost', 'in hand', 'untouched')
  t.equal(settleAfterDeath({ batch, attempts: 2 }), 0)
  t.same(statesOf(batch), ['clean', 'lost', 'lost', 'lost', 'lost'])
})

t.test('nothing is left of a batch that was decided', async (t) => {
  const batch = batchWith('clean', 'in hand', 'truncated')
  t.equal(settleAfterDeath({ batch, attempts: 1 }), 0)
  t.same(statesOf(batch), ['clean', 'lost', 'truncated'])
})

t.test('every record is counted once; what nobody decided counts as lost', async (t) => {
  const batch = batchWith('clean', 'clean', 'matched', 'untouched', 'in hand', 'aborted')
  const tally = createTally()
  const verdictsUs: number[] = []
  const [first = 0] = recordOffsets(batch)
  batch.slab.words[(first >> 2) + Word.queueUs] = 40
  batch.slab.words[(first >> 2) + Word.inspectUs] = 2
  tallyOutcomes(batch, tally, (verdictUs) => verdictsUs.push(verdictUs))
  t.same(
    outcomes.map((outcome, index) => [outcome, tally[index]]).filter(([, count]) => count !== 0),
    [
      ['lost', 2],
      ['matched', 1],
      ['aborted', 1],
      ['clean', 2],
    ],
  )
  t.same(verdictsUs, [42, 0, 0, 0, 0, 0])
})

t.test('progress and work at hand can be told from outside', async (t) => {
  t.equal(countDecided(batchWith('untouched', 'in hand')), 0)
  t.equal(countDecided(batchWith('clean', 'lost', 'in hand')), 2)
  t.ok(isInHand(batchWith('clean', 'in hand', 'untouched')))
  t.notOk(isInHand(batchWith('clean', 'untouched')))
})
