import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { type LoopSampler, startLoopSampler } from '#src/observe/loop-sampler.js'
import { allocateCounters, SharedCounters } from '#src/observe/shared-counters.js'

function start(t: Test): { counters: SharedCounters; sampler: LoopSampler } {
  const counters = new SharedCounters(allocateCounters())
  const sampler = startLoopSampler(counters)
  t.teardown(() => sampler.stop())
  return { counters, sampler }
}

function block(durationMs: number): void {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs);
}

t.test('a stall of the loop shows as delay, and is forgotten after its period', async (t) => {
  const { counters, sampler } = start(t)
  await delay(50)
  block(120)
  await delay(30)
  sampler.sample()
  const stallUs = counters.get(CounterId.loopDelayMaxUs)
  t.ok(stallUs > 90_000, `${stallUs}`)
  t.ok(counters.get(CounterId.loopDelayP50Us) < stallUs)
  sampler.sample()
  t.equal(counters.get(CounterId.loopDelayMaxUs), 0)
})

t.test('busy time becomes a share of what the workers could have done, at most 1', async (t) => {
  const { counters, sampler } = start(t)
  counters.set(CounterId.workers, 2)
  const startMs = performance.now()
  await delay(50)
  counters.add(CounterId.workerBusyUs, 40_000)
  sampler.sample()
  const expected = 40 / (2 * (performance.now() - startMs))
  t.ok(Math.abs(counters.get(CounterId.workerBusyRatio) - expected) < expected / 4)
  await delay(5)
  counters.add(CounterId.workerBusyUs, 10_000_000)
  sampler.sample()
  t.equal(counters.get(CounterId.workerBusyRatio), 1)
})

t.test('garbage collections are counted with their time', async (t) => {
  const { counters } = start(t)
  for (let round = 0; round < 100 && counters.get(CounterId.gcCount) === 0; round++) {
    let kept: object[] = []
    for (let index = 0; index < 50_000; index++) kept.push({ index })
    kept = []
    await delay(1)
  }
  t.ok(counters.get(CounterId.gcCount) > 0)
  t.ok(counters.get(CounterId.gcUs) > 0)
})
