// A child's reporter against a primary that takes what it wants, when it wants.
import t, { type Test } from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { ForwardingReporter } from '#src/processes/forwarding-reporter.js'
import type { FromChild } from '#src/processes/messages.js'

const limitBytes = 128 * 1024

interface Rig {
  readonly reporter: ForwardingReporter
  readonly instruments: Instruments
  readonly sent: FromChild[]
  /** The system takes all that was sent so far. */
  take(): void
}

function createRig(t: Test): Rig {
  const sent: FromChild[] = []
  let waiting: (() => void)[] = []
  const instruments = new Instruments()
  const post = (message: FromChild, onTaken: () => void): void => {
    sent.push(message)
    waiting.push(onTaken)
  }
  const reporter = new ForwardingReporter({ post }, instruments, limitBytes)
  const take = (): void => {
    for (const onTaken of waiting.splice(0)) onTaken()
    waiting = []
  }
  t.teardown(async () => {
    const stopped = reporter.stop()
    take()
    await stopped
  })
  return { reporter, instruments, sent, take }
}

function reportsIn(sent: readonly FromChild[]): { events: number; hits: number; received: number }[] {
  return sent.flatMap((message) => {
    if (message.kind !== 'report') return []
    const { events, ruleHits, counters } = message.report
    return [{ events: events.length, hits: ruleHits.length, received: counters[CounterId.received] ?? -1 }]
  })
}

t.test('events go with the counters of the same moment', async (t) => {
  const { reporter, instruments, sent } = createRig(t)
  instruments.counters.add(CounterId.received, 3)
  reporter.send([new Uint8Array(10), new Uint8Array(10)], [{ rule: 'r', type: 'xss', count: 2 }])
  instruments.counters.add(CounterId.received, 1)
  t.strictSame(reportsIn(sent), [{ events: 2, hits: 1, received: 3 }])
})

t.test('the limit holds to the byte; what is over it is counted, and room comes back', async (t) => {
  const { reporter, instruments, sent, take } = createRig(t)
  reporter.send([new Uint8Array(limitBytes - 1), new Uint8Array(1)])
  t.equal(instruments.counters.get(CounterId.channelDropped), 0)
  reporter.send([new Uint8Array(1), new Uint8Array(1)])
  t.equal(instruments.counters.get(CounterId.channelDropped), 2)
  take()
  reporter.send([new Uint8Array(limitBytes), new Uint8Array(1)])
  t.equal(instruments.counters.get(CounterId.channelDropped), 3)
  t.strictSame(
    reportsIn(sent).map(({ events }) => events),
    [2, 1],
  )
})

t.test('hits of dropped events wait for the next report', async (t) => {
  const { reporter, sent, take } = createRig(t)
  reporter.send([new Uint8Array(limitBytes)])
  reporter.send([new Uint8Array(1)], [{ rule: 'r', type: 'xss', count: 1 }])
  t.equal(reportsIn(sent).length, 1)
  take()
  await reporter.flush(1000)
  t.strictSame(reportsIn(sent).at(-1), { events: 0, hits: 1, received: 0 })
})

t.test('flush waits until all is taken, and says when it was not', async (t) => {
  const { reporter, take } = createRig(t)
  t.ok((await reporter.flush(1000)).isComplete)
  reporter.send([new Uint8Array(1)])
  t.notOk((await reporter.flush(1)).isComplete)
  const flushed = reporter.flush(10_000)
  take()
  t.ok((await flushed).isComplete)
})

t.test('a primary that takes nothing gets no second set of numbers', async (t) => {
  const { sent, take } = createRig(t)
  const countNumbers = (): number => sent.filter(({ kind }) => kind === 'numbers').length
  await new Promise((resolve) => setTimeout(resolve, 350))
  t.equal(countNumbers(), 1)
  take()
  await new Promise((resolve) => setTimeout(resolve, 250))
  t.equal(countNumbers(), 2)
})

t.test('the last numbers hold histograms and what the process used', async (t) => {
  const { reporter, instruments, sent, take } = createRig(t)
  instruments.answerLatencyUs.record(7)
  const stopped = reporter.stop()
  take()
  await stopped
  const last = sent.at(-1)
  if (last?.kind !== 'numbers') throw new Error('the last message holds no numbers')
  t.ok((last.numbers.counters[CounterId.childResidentBytes] ?? 0) > 1e6)
  t.ok((last.numbers.counters[CounterId.childCpuUs] ?? 0) > 0)
  t.equal(last.numbers.histograms?.answerLatencyUs[7], 1)
})

t.test('requests without an event take half of the room, and are counted apart', async (t) => {
  const { reporter, instruments, sent } = createRig(t)
  reporter.sendSpans([new Uint8Array(limitBytes / 2), new Uint8Array(1)])
  t.equal(instruments.counters.get(CounterId.spansDropped), 1)
  reporter.send([new Uint8Array(limitBytes / 2)])
  t.equal(instruments.counters.get(CounterId.channelDropped), 0)
  const reports = sent.flatMap((message) => (message.kind === 'report' ? [message.report] : []))
  t.strictSame(
    reports.map(({ events, spans }) => [events.length, spans.length]),
    [
      [0, 1],
      [1, 0],
    ],
  )
})
