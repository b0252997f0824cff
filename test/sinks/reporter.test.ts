import { readFileSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { CounterId, LifeState } from '#src/observe/counter-ids.js'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import { startThread } from '#src/sinks/reporting-life.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { block, numbersIn } from './support/blocks.js'
import { fetchAdmin, startTestReporter } from './support/reporter.js'

const loopback = { host: '127.0.0.1', port: 0 }

function event(number: number): Uint8Array {
  return block(number).lines
}

t.test('events reach every sink and rule hits the metrics; readiness follows the shared state', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter, instruments } = await startTestReporter({
    sinks: [{ kind: 'file', path }, { kind: 'none' }, { kind: 'file', path: `${path}.2` }],
    admin: loopback,
  })
  t.teardown(() => reporter.stop())
  reporter.setEngine({ engine: 'libddwaf', version: '1', rulesVersion: '2' })
  reporter.send([event(1), event(2)], [{ rule: 'r', type: 'xss', count: 2 }])
  reporter.send([event(3)], [{ rule: 'r', type: 'xss', count: 1 }])
  const { isComplete } = await reporter.flush(2000)
  t.ok(isComplete)
  for (const file of [path, `${path}.2`]) t.strictSame(numbersIn(readFileSync(file, 'utf8')), [1, 2, 3])
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, 'mirrorwaf_rule_hits_total{rule="r",type="xss"} 3\n')
  t.match(metrics, `mirrorwaf_sink_events_total{sink="file:${path}"} 3\n`)
  t.match(metrics, 'rules_version="2"')
  t.equal((await fetchAdmin(reporter, '/readyz')).status, 503)
  instruments.counters.set(CounterId.lifeState, LifeState.ready)
  t.equal((await fetchAdmin(reporter, '/readyz')).status, 200)
})

t.test('the caller keeps its bytes', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter } = await startTestReporter({ sinks: [{ kind: 'file', path }] })
  t.teardown(() => reporter.stop())
  const shared = Buffer.from(event(1))
  reporter.send([shared])
  shared.fill(0)
  await reporter.flush(2000)
  t.strictSame(numbersIn(readFileSync(path, 'utf8')), [1])
})

t.test('the channel takes its limit in bytes; what is beyond is dropped and counted, hits are kept', async (t) => {
  const { reporter, instruments } = await startTestReporter({
    sinks: [],
    admin: loopback,
    sinkQueueLimitBytes: 64 * 1024,
  })
  t.teardown(() => reporter.stop())
  const large = new Uint8Array(32 * 1024).fill(0x20)
  const dropped = (): number => instruments.counters.get(CounterId.channelDropped)
  // The reporting thread acknowledges only what it has heard, and this turn of the loop does not end in between.
  const hits = [{ rule: 'r', type: 'xss', count: 1 }]
  for (let round = 0; round < 2000 && dropped() === 0; round++) reporter.send([large, large], hits)
  t.ok(dropped() > 0 && dropped() % 2 === 0, `${dropped()} dropped`)
  const sentBefore = dropped()
  await reporter.flush(2000)
  reporter.send([large], hits)
  await reporter.flush(2000)
  t.equal(dropped(), sentBefore, 'room again')
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, `mirrorwaf_sink_dropped_total{sink="all",reason="channel_full"} ${sentBefore}\n`)
})

t.test('one event of the largest size always fits, whatever the limit', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter } = await startTestReporter({ sinks: [{ kind: 'file', path }], sinkQueueLimitBytes: 1 })
  t.teardown(() => reporter.stop())
  const largest = Buffer.alloc(64 * 1024, 'x')
  largest[largest.length - 1] = 0x0a
  reporter.send([largest])
  await reporter.flush(2000)
  t.equal(readFileSync(path).byteLength, largest.byteLength)
})

t.test('reopen follows a rotated file', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter } = await startTestReporter({ sinks: [{ kind: 'file', path }] })
  t.teardown(() => reporter.stop())
  reporter.send([event(1)])
  await reporter.flush(2000)
  renameSync(path, `${path}.1`)
  reporter.reopen()
  reporter.send([event(2)])
  await reporter.flush(2000)
  t.strictSame(numbersIn(readFileSync(path, 'utf8')), [2])
})

t.test('a full disk is a counted drop that the operator is told of, and the other sink goes on', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter, notices } = await startTestReporter({
    sinks: [
      { kind: 'file', path: '/dev/full' },
      { kind: 'file', path },
    ],
  })
  reporter.send([event(1)])
  reporter.send([event(2)])
  t.equal((await reporter.flush(100)).isComplete, false, 'the second waits for the retry')
  const totals = await reporter.stop()
  t.match(totals, [
    { name: 'file:/dev/full', written: 0, dropped: { write_error: 1, unflushed: 1 } },
    { name: `file:${path}`, written: 2, dropped: { write_error: 0, unflushed: 0 } },
  ])
  t.match(notices, [
    { level: 'warn', code: 'MWAF_SINK_WRITE', details: { target: 'file:/dev/full', reason: /ENOSPC/ } },
  ])
})

t.test('a start that fails says why by code and leaves no thread', async (t) => {
  await t.rejects(startTestReporter({ sinks: [{ kind: 'file', path: '/no/such/directory' }] }), {
    code: 'MWAF_SINK_TARGET',
    details: { target: 'file:/no/such/directory' },
  })
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  t.teardown(() => holder.close())
  const taken = holder.address()
  if (taken === null || typeof taken === 'string') throw new Error('no port')
  await t.rejects(startTestReporter({ admin: { host: '127.0.0.1', port: taken.port } }), {
    code: 'MWAF_LISTENER_ADDRESS',
    details: { option: '--admin' },
  })
})

t.test('a thread that could open only some of its parts is gone when the start has failed', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  t.teardown(() => holder.close())
  const taken = holder.address()
  if (taken === null || typeof taken === 'string') throw new Error('no port')
  const threads: Worker[] = []
  const start = startTestReporter({
    admin: { host: '127.0.0.1', port: taken.port },
    // Asks again and again, and so would keep the thread alive.
    coverage: {
      sources: [{ kind: 'nginx', url: 'http://127.0.0.1:1/', selector: '', share: undefined, label: 'nginx' }],
      intervalMs: 1000,
    },
    startThread: (data) => {
      const thread = new Worker(new URL('../../../dist/sinks/reporter-thread.js', import.meta.url), {
        workerData: data,
      })
      threads.push(thread)
      return thread
    },
  })
  await t.rejects(start, { code: 'MWAF_LISTENER_ADDRESS' })
  t.strictSame(
    threads.map(({ threadId }) => threadId),
    [-1],
  )
})

t.test('the admin port takes IPv4 and IPv6 by default', async (t) => {
  const { reporter } = await startTestReporter({ admin: { host: '::', port: 0 } })
  t.teardown(() => reporter.stop())
  t.equal((await fetchAdmin(reporter, '/')).status, 200)
})

t.test('after stop the thread has ended: events are counted as dropped, flush and stop settle', async (t) => {
  const { reporter, failures, instruments } = await startTestReporter({ admin: loopback })
  await reporter.stop()
  await delay(50)
  reporter.send([event(1)])
  t.equal(instruments.counters.get(CounterId.channelDropped), 1)
  t.strictSame(await reporter.stop(), [])
  t.strictSame((await reporter.flush(10)).isComplete, false)
  t.strictSame(failures, [])
  await t.rejects(fetchAdmin(reporter, '/'))
})

t.test('a thread that dies is started again: same port, files go on, what was lost is counted', async (t) => {
  const path = join(t.testdir(), 'events.jsonl')
  const threads: Worker[] = []
  const { reporter, failures, instruments } = await startTestReporter({
    sinks: [{ kind: 'file', path }],
    admin: loopback,
    startThread: (data) => {
      const thread = new Worker(new URL('../../../dist/sinks/reporter-thread.js', import.meta.url), {
        workerData: data,
      })
      threads.push(thread)
      return thread
    },
  })
  t.teardown(() => reporter.stop())
  reporter.setEngine({ engine: 'libddwaf', version: '1', rulesVersion: 'r7' })
  reporter.send([event(1)])
  await reporter.flush(2000)
  await threads[0]?.terminate()
  reporter.send([event(2), event(3)], [{ rule: 'r', type: 'xss', count: 2 }])
  t.equal(instruments.counters.get(CounterId.channelDropped), 2, 'events without a thread are counted')
  t.notOk((await reporter.flush(10)).isComplete)
  while ((await fetchAdmin(reporter, '/').catch(() => undefined)) === undefined) await delay(10)
  await delay(10)
  reporter.send([event(4)])
  t.ok((await reporter.flush(2000)).isComplete)
  t.strictSame(numbersIn(readFileSync(path, 'utf8')), [1, 4])
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, 'mirrorwaf_reporter_restarts_total 1\n')
  t.match(metrics, 'mirrorwaf_rule_hits_total{rule="r",type="xss"} 2\n', 'hits waited')
  t.match(metrics, 'rules_version="r7"')
  t.match(failures, [{ code: 'MWAF_REPORTER_FAILED' }])
  t.equal(threads.length, 2)
})

t.test('events on their way when the thread dies are counted; stop ends the tries', async (t) => {
  let startCount = 0
  const threads: Worker[] = []
  const { reporter, instruments } = await startTestReporter({
    startThread: (data) => {
      startCount += 1
      const url = new URL(
        `../../../dist/sinks/${startCount === 1 ? 'reporter-thread' : 'no-such-file'}.js`,
        import.meta.url,
      )
      const thread = new Worker(url, { workerData: data })
      threads.push(thread)
      return thread
    },
  })
  const ended = threads[0]?.terminate()
  // Posted before the thread can hear them, and it never will.
  reporter.send([event(1), event(2)])
  await ended
  t.equal(instruments.counters.get(CounterId.channelDropped), 2)
  while (startCount < 3) await delay(10)
  t.strictSame(await reporter.stop(), [])
  const triesAtStop = startCount
  await delay(600)
  t.equal(startCount, triesAtStop)
})

t.test('spans on their way when the thread dies are counted', async (t) => {
  const threads: Worker[] = []
  const { reporter, instruments } = await startTestReporter({
    startThread: (data) => {
      const thread = startThread(data)
      threads.push(thread)
      return thread
    },
  })
  t.teardown(() => reporter.stop())
  const ended = threads[0]?.terminate()
  reporter.sendSpans([event(1), event(2), event(3)])
  await ended
  t.equal(instruments.counters.get(CounterId.spansDropped), 3)
  t.equal(instruments.counters.get(CounterId.channelDropped), 0)
})

t.test('what the thread held for a target that takes nothing is counted when it dies, and said', async (t) => {
  const threads: Worker[] = []
  const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  t.teardown(() => silent.close())
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const path = join(t.testdir(), 'events.jsonl')
  const { reporter, notices } = await startTestReporter({
    sinks: [{ kind: 'file', path }, parseSinkSpec(`http://127.0.0.1:${port}/?timeout=1m`)],
    admin: loopback,
    startThread: (data) => {
      const thread = startThread(data)
      threads.push(thread)
      return thread
    },
  })
  t.teardown(() => reporter.stop())
  reporter.send([event(1), event(2)])
  reporter.send([event(3)])
  while (!readFileSync(path, 'utf8').includes('3')) await delay(5)
  await delay(50)
  await threads[0]?.terminate()
  await waitUntil('the thread to be back', () => fetchAdmin(reporter, '/').catch(() => undefined))
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, `mirrorwaf_sink_dropped_total{sink="file:${path}",reason="lost"} 0\n`)
  t.match(metrics, `mirrorwaf_sink_dropped_total{sink="http:http://127.0.0.1:${port}/",reason="lost"} 3\n`)
  t.match(notices.at(-1), { level: 'error', code: 'MWAF_REPORTER_LOSS', details: { events: 3, history: 0 } })
})

t.test('requests without an event take half of the channel at most, and are counted apart', async (t) => {
  const limitBytes = 128 * 1024
  const { reporter, instruments } = await startTestReporter({ sinkQueueLimitBytes: limitBytes })
  t.teardown(() => reporter.stop())
  const { counters } = instruments
  // Four quarters of which two fit; the reporting thread acknowledges none of them before this turn of the loop ends.
  const quarter = new Uint8Array(limitBytes / 4).fill(0x20)
  for (let round = 0; round < 500 && counters.get(CounterId.spansDropped) === 0; round++) {
    reporter.sendSpans([quarter, quarter, quarter, quarter])
  }
  t.ok(counters.get(CounterId.spansDropped) >= 1)
  t.equal(counters.get(CounterId.channelDropped), 0)
  reporter.send([quarter])
  t.equal(counters.get(CounterId.channelDropped), 0, 'an event has room where no further request has')
})
