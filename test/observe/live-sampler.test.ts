import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { keptSamples, LiveSampler } from '#src/observe/live-sampler.js'

t.test('a sample tells of its own second alone', async (t) => {
  const instruments = new Instruments()
  instruments.counters.add(CounterId.received, 1000)
  instruments.answerLatencyUs.record(9000)
  const sampler = new LiveSampler(instruments, 0)
  instruments.counters.add(CounterId.received, 50)
  instruments.counters.add(CounterId.outcome, 20)
  instruments.counters.set(CounterId.queueBytes, 7)
  for (let index = 0; index < 100; index++) instruments.answerLatencyUs.record(100)
  const first = sampler.sample(500, 1)
  t.match(first, {
    atMs: 1,
    receivedPerSecond: 100,
    answerP50Us: 100,
    answerP99Us: 100,
    verdictP99Us: 0,
    queueBytes: 7,
  })
  t.equal(Math.max(...first.outcomesPerSecond), 40)
  t.match(sampler.sample(1500, 2), { receivedPerSecond: 0, answerP50Us: 0, answerP99Us: 0, queueBytes: 7 })
})

t.test('samples of five minutes are kept', async (t) => {
  const sampler = new LiveSampler(new Instruments(), 0)
  for (let second = 1; second <= keptSamples + 1; second++) sampler.sample(second * 1000, second)
  t.equal(sampler.samples.length, keptSamples)
  t.equal(sampler.samples[0]?.atMs, 2)
})
