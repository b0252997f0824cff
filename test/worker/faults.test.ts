// Workers that die: the request in hand is lost, the rest runs again once, everything is counted.
import t from 'tap'
import type { RestartCause } from '#src/observe/counter-ids.js'
import {
  faultyThreadPath,
  makeBatch,
  PoolBench,
  slowFaultyThreadPath,
  smallOptions,
  unluckyThreadPath,
} from './support/pool-bench.js'

const attack = '/?x=$globals'

const faults: readonly (readonly [target: string, cause: RestartCause, batchDeadlineMs: number])[] = [
  ['/throw', 'error', 10_000],
  ['/exit', 'exit', 10_000],
  ['/heap', 'memory', 10_000],
  // Long enough that a busy machine does not make an honest record look stuck.
  ['/loop', 'deadline', 2000],
]

for (const [target, cause, batchDeadlineMs] of faults) {
  t.test(
    `${target}: the record in hand is lost, the rest of the batch and the next batches are inspected`,
    async (t) => {
      const options = smallOptions(t, { workerHeapMib: 64 })
      const bench = await PoolBench.start(t, { threadPath: faultyThreadPath, batchDeadlineMs }, options)
      const batch = makeBatch(['/1', attack, target, '/2', attack])
      bench.pool.submit(batch)
      bench.pool.submit(makeBatch(['/3', attack]))
      await bench.pool.drained()
      t.same(bench.tally, { lost: 1, matched: 3, clean: 3 })
      t.equal(bench.eventCount, 3, 'each match has one event, though the first was found twice')
      t.same(bench.restarts, [cause])
      t.equal(bench.done.filter(({ batch: done }) => done === batch).length, 1, 'the slab comes back once')
      t.equal(bench.pool.queuedBytes, 0)
    },
  )
}

t.test('two deaths over one batch: what is undecided then is lost, and the pool goes on', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: faultyThreadPath })
  bench.pool.submit(makeBatch(['/1', '/exit', '/2', attack, '/exit', '/3', attack]))
  bench.pool.submit(makeBatch(['/4', attack]))
  await bench.pool.drained()
  // Decided before the second death: /1 and /2. The match between had its event in the dead worker's hands.
  t.same(bench.tally, { lost: 5, matched: 1, clean: 3 })
  t.equal(bench.done[0]?.result, undefined)
  t.equal(bench.eventCount, 1)
  t.same(bench.restarts, ['exit', 'exit'])
})

t.test('a batch of poison alone is lost without end and without a third try', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: faultyThreadPath })
  bench.pool.submit(makeBatch(['/exit', '/exit', '/exit', '/exit']))
  await bench.pool.drained()
  t.same(bench.tally, { lost: 4 })
  t.same(bench.restarts, ['exit', 'exit'])
})

t.test('while one worker dies the other goes on', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: faultyThreadPath, workers: 2 })
  for (let index = 0; index < 20; index += 1) bench.pool.submit(makeBatch(['/a', index === 5 ? '/exit' : '/b', '/c']))
  await bench.pool.drained()
  t.same(bench.tally, { lost: 1, clean: 59 })
})

t.test('a deadline shorter than a worker’s start does not end the workers that replace a dead one', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: slowFaultyThreadPath, batchDeadlineMs: 600 })
  bench.pool.submit(makeBatch(['/loop', '/after']))
  await bench.pool.drained()
  t.same(bench.tally, { lost: 1, clean: 1 })
  t.same(bench.restarts, ['deadline'])
})

t.test('a worker that fails to get its engine back tries again with the next batch', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: unluckyThreadPath })
  bench.pool.submit(makeBatch(['/exit', '/after']))
  bench.pool.submit(makeBatch(['/next', attack]))
  await bench.pool.drained()
  t.same(bench.tally, { lost: 1, matched: 1, clean: 2 })
  t.same(bench.restarts, ['exit'])
})

t.test('at the end a worker that is stuck is not waited for', async (t) => {
  const bench = await PoolBench.start(t, { threadPath: faultyThreadPath })
  bench.pool.submit(makeBatch(['/1', '/loop', '/2']))
  bench.pool.submit(makeBatch(['/3']))
  await new Promise((resolve) => setTimeout(resolve, 100))
  await bench.pool.close()
  t.same(bench.tally, { lost: 3, clean: 1 })
})
