// The pool: batches go to workers, what waits is counted, rulesets are swapped under load, the end loses nothing silently.
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { InspectionPool } from '#src/worker/pool.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { makeBatch, PoolBench, smallOptions, unreadyThreadPath } from './support/pool-bench.js'
import { writeRuleset } from './support/small-ruleset.js'

const clean = Array.from({ length: 9 }, (_, index) => `/${index}`)

t.test('batches are inspected, each once, and their slabs come back', async (t) => {
  const bench = await PoolBench.start(t)
  const batches = Array.from({ length: 20 }, () => makeBatch([...clean, '/?x=$globals']))
  for (const batch of batches) bench.pool.submit(batch)
  await bench.pool.drained()
  t.same(bench.tally, { matched: 20, clean: 180 })
  t.equal(bench.eventCount, 20)
  t.equal(new Set(bench.done.map(({ batch }) => batch.slab)).size, 20)
  t.equal(bench.pool.queuedBytes, 0)
  t.same(bench.restarts, [])
})

t.test('an event names the rule that matched', async (t) => {
  const bench = await PoolBench.start(t)
  bench.pool.submit(makeBatch(['/?x=$globals']))
  await bench.pool.drained()
  const [line] = bench.done[0]?.result?.events ?? []
  t.match(JSON.parse(Buffer.from(line ?? []).toString()), { matches: [{ rule: { id: 'test-1' } }], outcome: 'matched' })
})

t.test('bytes of queued and running batches are counted; idleness is told', async (t) => {
  const bench = await PoolBench.start(t)
  t.ok(bench.pool.hasIdleWorker)
  const [first, second] = [makeBatch(clean), makeBatch(clean)]
  bench.pool.submit(first)
  t.notOk(bench.pool.hasIdleWorker)
  bench.pool.submit(second)
  t.equal(bench.pool.queuedBytes, first.slab.buffer.byteLength + second.slab.buffer.byteLength)
  t.equal(bench.idleCount, 0)
  await bench.pool.drained()
  t.equal(bench.pool.queuedBytes, 0)
  t.ok(bench.pool.hasIdleWorker)
  t.equal(bench.idleCount, 1, 'once nothing was left')
})

t.test('two workers share the batches', async (t) => {
  const bench = await PoolBench.start(t, { workers: 2 })
  for (let index = 0; index < 40; index += 1) bench.pool.submit(makeBatch(clean))
  await bench.pool.drained()
  t.same(bench.tally, { clean: 360 })
  t.equal(new Set(bench.done.map(({ result }) => result?.workerId)).size, 2)
})

t.test('a ruleset is swapped while batches run: none is lost, later ones meet the new rules', async (t) => {
  const options = smallOptions(t)
  const bench = await PoolBench.start(t, {}, options)
  const feed = setInterval(() => bench.pool.submit(makeBatch([...clean, '/?x=$globals', '/?x=other-word'])), 2)
  await bench.pool.replace(await readWorkerSettings({ ...options, rules: [writeRuleset(t, 'other-word', 'test-2')] }))
  clearInterval(feed)
  t.equal(bench.replacedCount, 1)
  const before = bench.done.length
  await bench.pool.drained()
  bench.pool.submit(makeBatch(['/?x=$globals', '/?x=other-word']))
  await bench.pool.drained()
  t.ok(before > 1, `${before} batches while the new workers were warmed`)
  const ids = bench.done.map(({ result }) => (result?.ruleHits ?? []).map(({ rule }) => rule).join())
  t.equal(ids[0], 'test-1')
  t.equal(ids.at(-1), 'test-2')
  t.same(bench.tally, { matched: bench.done.length, clean: bench.done.length * 10 - 9 })
  t.same(bench.restarts, [])
})

t.test('rules that do not load leave the old workers at work', async (t) => {
  const options = smallOptions(t)
  const bench = await PoolBench.start(t, {}, options)
  const bad = `${writeRuleset(t, 'x')}`
  writeFileSync(bad, '{"version":"2.2","rules":[{"id":"broken"}]}')
  await t.rejects(bench.pool.replace(await readWorkerSettings({ ...options, rules: [bad] })), {
    code: /^MWAF_RULESET_/,
  })
  t.equal(bench.replacedCount, 0)
  bench.pool.submit(makeBatch(['/?x=$globals']))
  await bench.pool.drained()
  t.same(bench.tally, { matched: 1 })
})

t.test('a start that fails says why by its code, and leaves no threads', async (t) => {
  const options = smallOptions(t)
  const worker = await readWorkerSettings(options)
  const observer = await PoolBench.start(t)
  const start = InspectionPool.start({ ...options, threadPath: unreadyThreadPath }, worker, observer)
  await t.rejects(start, { code: 'MWAF_RULESET_TOO_FEW', details: { loaded: 1, required: 9 } })
  const missing = InspectionPool.start({ ...options, threadPath: '/no/such/thread.js' }, worker, observer)
  await t.rejects(missing, { code: 'MWAF_POOL_START' })
})

t.test('close: what is undecided is counted as lost, and what comes later too', async (t) => {
  const bench = await PoolBench.start(t)
  for (let index = 0; index < 30; index += 1) bench.pool.submit(makeBatch(clean))
  await bench.pool.close()
  t.equal(bench.done.length, 30, 'every batch came back')
  const { clean: cleanCount = 0, lost = 0 } = bench.tally
  t.equal(cleanCount + lost, 270)
  t.ok(lost >= 9 * 28, 'all but what was at hand')
  bench.pool.submit(makeBatch(['/late']))
  t.equal(bench.done.length, 31)
  t.equal(bench.tally.lost, lost + 1)
  t.equal(bench.pool.queuedBytes, 0)
})

t.test('close while a ruleset is being swapped ends the new workers too', async (t) => {
  const options = smallOptions(t)
  const bench = await PoolBench.start(t, {}, options)
  const swap = bench.pool.replace(await readWorkerSettings(options))
  const refused = t.rejects(swap, { code: 'MWAF_POOL_CLOSED' })
  await bench.pool.close()
  await refused
  await waitUntil('threads to end', () => countThreads() === 0 || undefined)
})

/** Worker threads of this process, as the resources that keep it alive. */
function countThreads(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Worker').length
}
