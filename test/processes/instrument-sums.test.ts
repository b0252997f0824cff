// The primary's numbers as sums over children that come and go.
import t from 'tap'
import { CounterId, counterSlots } from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { familyMetrics, scalarMetrics } from '#src/observe/metric-catalogue.js'
import { gaugeFolds, InstrumentSums, primaryNumbers } from '#src/processes/instrument-sums.js'
import type { ChildNumbers } from '#src/processes/messages.js'
import { outcomeIndex } from '#src/verdict/outcome.js'

const lost = CounterId.outcome + outcomeIndex('lost')
const clean = CounterId.outcome + outcomeIndex('clean')

function countersWith(values: Readonly<Record<number, number>>): ChildNumbers {
  const counters = new Float64Array(counterSlots)
  for (const [index, value] of Object.entries(values)) counters[Number(index)] = value
  return { counters, histograms: undefined }
}

function copy(memory: SharedArrayBuffer): Float64Array {
  return Float64Array.from(new Float64Array(memory))
}

t.test('counters are totals of each child: a newer one takes the place of the older', async (t) => {
  const total = new Instruments()
  const sums = new InstrumentSums(total)
  const [one, two] = [sums.addPart(), sums.addPart()]
  sums.update(one, countersWith({ [CounterId.received]: 5 }))
  sums.update(two, countersWith({ [CounterId.received]: 7 }))
  sums.update(one, countersWith({ [CounterId.received]: 6 }))
  t.equal(total.counters.get(CounterId.received), 13)
})

t.test('what the primary counts itself stays', async (t) => {
  const total = new Instruments()
  total.counters.add(CounterId.channelDropped, 3)
  total.counters.set(CounterId.startedAtMs, 99)
  const sums = new InstrumentSums(total)
  sums.update(sums.addPart(), countersWith({ [CounterId.channelDropped]: 4, [CounterId.startedAtMs]: 1 }))
  t.equal(total.counters.get(CounterId.channelDropped), 7)
  t.equal(total.counters.get(CounterId.startedAtMs), 99)
})

t.test('an ended child leaves its counters, takes its gauges along, and what it had in hand is lost', async (t) => {
  const total = new Instruments()
  const sums = new InstrumentSums(total)
  const [one, two] = [sums.addPart(), sums.addPart()]
  sums.update(one, countersWith({ [CounterId.received]: 10, [clean]: 6, [lost]: 1, [CounterId.connectionsOpen]: 4 }))
  sums.update(two, countersWith({ [CounterId.received]: 2, [clean]: 2, [CounterId.connectionsOpen]: 3 }))
  t.equal(total.counters.get(CounterId.connectionsOpen), 7)
  t.equal(sums.retire(one), 3)
  t.equal(total.counters.get(CounterId.received), 12)
  t.equal(total.counters.get(lost), 4)
  t.equal(total.counters.get(clean), 8)
  t.equal(total.counters.get(CounterId.connectionsOpen), 3)
  t.equal(sums.retire(two), 0)
  t.equal(total.counters.get(CounterId.connectionsOpen), 0)
})

t.test('gauges are added, averaged or the largest, each as it means', async (t) => {
  const total = new Instruments()
  const sums = new InstrumentSums(total)
  const [busy, delay, rules] = [CounterId.workerBusyRatio, CounterId.loopDelayMaxUs, CounterId.rulesLoaded]
  sums.update(sums.addPart(), countersWith({ [busy]: 0.5, [delay]: 20, [rules]: 215, [CounterId.workers]: 3 }))
  sums.update(sums.addPart(), countersWith({ [busy]: 1, [delay]: 10, [rules]: 215, [CounterId.workers]: 2 }))
  t.equal(total.counters.get(busy), 0.75)
  t.equal(total.counters.get(delay), 20)
  t.equal(total.counters.get(rules), 215)
  t.equal(total.counters.get(CounterId.workers), 5)
})

t.test('every gauge of the catalogue is folded or the primary’s own, and no counter is', async (t) => {
  const scalars = scalarMetrics.map(({ kind, index }) => ({ kind, index }))
  const members = familyMetrics.flatMap(({ kind, members }) => members.map(([, index]) => ({ kind, index })))
  for (const { kind, index } of [...scalars, ...members]) {
    t.equal(gaugeFolds.has(index) || primaryNumbers.has(index), kind === 'gauge', `index ${index}`)
  }
})

t.test('histograms of all children are in one, also after an end', async (t) => {
  const total = new Instruments()
  const sums = new InstrumentSums(total)
  for (const value of [100, 900]) {
    const child = new Instruments()
    const part = sums.addPart()
    for (let round = 0; round < 2; round++) {
      child.answerLatencyUs.record(value)
      child.batchRequests.record(1)
      const { answerLatency, verdictLatency, batchRequests } = child.memory
      const histograms = {
        answerLatencyUs: copy(answerLatency),
        verdictLatencyUs: copy(verdictLatency),
        batchRequests: copy(batchRequests),
      }
      sums.update(part, { counters: new Float64Array(counterSlots), histograms })
    }
    sums.retire(part)
  }
  t.equal(total.answerLatencyUs.count, 4)
  t.equal(total.answerLatencyUs.sum, 2000)
  t.equal(total.answerLatencyUs.max, 900)
  t.equal(total.verdictLatencyUs.count, 0)
  t.equal(total.batchRequests.count, 4)
})
