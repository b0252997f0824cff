// The sink behind its real lane and gate, against an agent that writes down what it is sent.
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { DatadogSettings } from '#src/sinks/datadog/datadog-settings.js'
import { DatadogSink } from '#src/sinks/datadog/datadog-sink.js'
import { FanOut } from '#src/sinks/fan-out.js'
import { SinkLane } from '#src/sinks/sink-lane.js'
import type { SinkSpec } from '#src/sinks/sink-spec.js'
import { sampleWork } from '../../verdict/support/event-input.js'
import { newLedger, noAccount } from '../support/no-account.js'
import { Agent, metaOf, metricOf } from './support/agent.js'
import { blockOf, eventWith, requestWith, settingsWith } from './support/events.js'

const limitBytes = 1024 * 1024

async function openSink(t: Test, url: string, changes: Partial<DatadogSettings> = {}): Promise<DatadogSink> {
  const sink = new DatadogSink(url, settingsWith(changes))
  await sink.open()
  t.teardown(() => sink.close())
  return sink
}

async function openLane(t: Test, url: string): Promise<SinkLane> {
  // The shortest pauses there are: retries are the lane's, and tested there.
  return new SinkLane({ sink: await openSink(t, url), limitBytes, notify: () => {}, held: noAccount, random: () => 0 })
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await delay(5)
}

/** A port that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('a block becomes one payload with a trace for each event', async (t) => {
  const agent = await Agent.start(t)
  const sink = await openSink(t, agent.url)
  t.strictSame(await sink.write(blockOf(eventWith(), eventWith())), { kind: 'written' })
  t.equal(agent.payloads.length, 1)
  const [payload] = agent.payloads
  t.match(payload, {
    method: 'POST',
    url: '/v0.4/traces',
    headers: {
      'content-type': 'application/msgpack',
      'x-datadog-trace-count': '2',
      'datadog-meta-lang': 'nodejs',
      'datadog-client-computed-stats': 't',
    },
  })
  const [span] = agent.spans
  t.match(Object.fromEntries(span ?? []), {
    service: 'shop',
    name: 'http.request',
    resource: 'GET /shop',
    type: 'web',
    start: 1767323045678000000n,
    duration: 1290000,
    error: 0,
  })
  t.match(metaOf(span, 'http.url'), 'http://shop.example/shop?x=$globals')
  t.match(metaOf(span, 'appsec.event'), 'true')
  t.match(metricOf(span, '_sampling_priority_v1'), 2)
  t.match(metricOf(span, '_dd.apm.enabled'), 0)
})

t.test('with APM the agent is left to compute statistics', async (t) => {
  const agent = await Agent.start(t)
  const sink = await openSink(t, agent.url, { isStandalone: false })
  await sink.write(blockOf(requestWith()))
  t.notOk('datadog-client-computed-stats' in (agent.payloads[0]?.headers ?? {}))
  t.equal(metricOf(agent.spans[0], '_dd.apm.enabled'), undefined)
})

t.test('what the engine found out is on the span: texts as tags, numbers as metrics', async (t) => {
  const agent = await Agent.start(t)
  const sink = await openSink(t, agent.url, { tags: 'team:a,x:y:z, :no' })
  const work = sampleWork({
    engineUs: 60,
    timeoutCount: 1,
    errorNumber: -2,
    attributes: { '_dd.appsec.fp.http.endpoint': 'http-get-1', '_dd.appsec.s.req.query': [{ x: [8] }], none_alg: 1 },
    cut: { stringLengthBytes: 5000, containerSize: 300, containerDepth: 21 },
  })
  await sink.write(blockOf(eventWith({ work, flags: { truncated: true, aborted: true, timedOut: false } })))
  const [span] = agent.spans
  for (const [name, value] of Object.entries({
    team: 'a',
    x: 'y:z',
    '_dd.appsec.fp.http.endpoint': 'http-get-1',
    '_dd.appsec.s.req.query': '[{"x":[8]}]',
  })) {
    t.equal(metaOf(span, name), value, name)
  }
  for (const [name, value] of Object.entries({
    none_alg: 1,
    '_dd.appsec.waf.duration': 60,
    '_dd.appsec.waf.duration_ext': 90,
    '_dd.appsec.waf.timeouts': 1,
    '_dd.appsec.waf.error': -2,
    '_dd.appsec.truncated.string_length': 5000,
    '_dd.appsec.truncated.container_size': 300,
    '_dd.appsec.truncated.container_depth': 21,
    'mirrorwaf.truncated': 1,
    'mirrorwaf.aborted': 1,
  })) {
    t.equal(metricOf(span, name), value, name)
  }
})

t.test('the engine is announced by the first span that the agent took', async (t) => {
  const agent = await Agent.start(t)
  agent.statuses.push(503)
  const sink = await openSink(t, agent.url)
  const announced = async (): Promise<readonly unknown[]> => {
    agent.payloads.length = 0
    await sink.write(blockOf(requestWith(), requestWith()))
    return agent.spans.map((span) => metaOf(span, '_dd.appsec.waf.version'))
  }
  t.strictSame(await announced(), ['1.30.1', undefined], 'refused')
  t.strictSame(await announced(), ['1.30.1', undefined])
  t.strictSame(await announced(), [undefined, undefined])
})

t.test('the rate that the agent asks for holds from the next payload on', async (t) => {
  const agent = await Agent.start(t)
  agent.answer = '{"rate_by_service":{"service:shop,env:test":0,"service:,env:":1}}'
  const sink = await openSink(t, agent.url, { isStandalone: false })
  await sink.write(blockOf(eventWith(), requestWith()))
  await sink.write(blockOf(requestWith()))
  t.strictSame(
    agent.spans.map((span) => metricOf(span, '_sampling_priority_v1')),
    [2, 1, 0],
  )
})

t.test('an agent that cannot take a payload now gets the same bytes again', async (t) => {
  const agent = await Agent.start(t)
  agent.statuses.push(500, 429)
  const lane = await openLane(t, agent.url)
  lane.offer(blockOf(eventWith(), eventWith()))
  await lane.whenIdle()
  t.equal(agent.payloads.length, 3)
  t.equal(new Set(agent.payloads.map(({ bytes }) => bytes.toString('hex'))).size, 1)
  t.match(lane.totals, { written: 2, queuedBytes: 0, dropped: { write_error: 0, rejected: 0 } })
})

t.test('a payload that the agent does not want is dropped and counted, and the next one goes through', async (t) => {
  const agent = await Agent.start(t)
  agent.statuses.push(413)
  const lane = await openLane(t, agent.url)
  lane.offer(blockOf(eventWith(), eventWith()))
  await lane.whenIdle()
  lane.offer(blockOf(eventWith()))
  await lane.whenIdle()
  t.match(lane.totals, { written: 1, dropped: { rejected: 2, write_error: 0 } })
})

t.test('without an agent events wait in a bounded queue; one that starts later gets them', async (t) => {
  const port = await deadPort()
  const sink = await openSink(t, `http://127.0.0.1:${port}`)
  const block = blockOf(eventWith())
  const notices: string[] = []
  const lane = new SinkLane({
    sink,
    limitBytes: 2 * block.lines.byteLength,
    notify: ({ code }) => notices.push(code),
    held: noAccount,
    random: () => 0,
  })
  for (let count = 0; count < 5; count += 1) lane.offer(block)
  t.match(lane.totals, { written: 0, dropped: { queue_full: 3 } })
  await until(() => notices.length > 0)
  const agent = await Agent.start(t, port)
  await lane.whenIdle()
  t.match(lane.totals, { written: 2, queuedBytes: 0, dropped: { queue_full: 3, write_error: 0 } })
  t.equal(agent.spans.length, 2)
  t.equal(notices.at(-1), 'MWAF_SINK_RECOVERED')
})

t.test('at the end what no agent took is counted', async (t) => {
  const lane = await openLane(t, `http://127.0.0.1:${await deadPort()}`)
  lane.offer(blockOf(eventWith(), eventWith()))
  lane.hurry()
  await lane.close()
  t.match(lane.totals, { written: 0, dropped: { unflushed: 2 } })
})

t.test('a unix socket leads to the agent, also to the one that took its place', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorwaf-')), 'apm.socket')
  const first = await Agent.start(t, path)
  const lane = await openLane(t, `unix://${path}`)
  lane.offer(blockOf(eventWith()))
  await lane.whenIdle()
  t.equal(first.spans.length, 1)
  first.stop()
  const second = await Agent.start(t, path)
  lane.offer(blockOf(eventWith()))
  await lane.whenIdle()
  t.equal(second.spans.length, 1)
})

async function openFanOut(t: Test, spec: SinkSpec): Promise<FanOut> {
  const fanOut = await FanOut.open({
    sinks: [spec],
    queueLimitBytes: limitBytes,
    isColoured: false,
    identity: { service: 'shop', env: 'test', version: '' },
    datadog: settingsWith(),
    notify: () => {},
    ledger: newLedger(),
  })
  t.teardown(() => fanOut.close())
  return fanOut
}

t.test('above the rate events are folded, not lost: the drain sends them with their count', async (t) => {
  const agent = await Agent.start(t)
  const delivery = {
    minSeverity: 'info',
    types: [],
    sampleRatio: 1,
    rate: { eventCount: 2, periodMs: 60_000 },
  } as const
  const fanOut = await openFanOut(t, { kind: 'datadog', url: agent.url, delivery })
  for (let count = 0; count < 10; count += 1) fanOut.accept(blockOf(eventWith()))
  fanOut.accept(blockOf(eventWith({ clientIp: '198.51.100.1' })))
  t.ok(await fanOut.flush(5000))
  const counts = agent.spans.map((span) => metricOf(span, 'mirrorwaf.folded_events') ?? 1)
  t.strictSame(counts, [1, 1, 8, 1])
})

t.test('requests without an event go past the rate, and only to sinks of traces', async (t) => {
  const agent = await Agent.start(t)
  const delivery = {
    minSeverity: 'info',
    types: [],
    sampleRatio: 1,
    rate: { eventCount: 1, periodMs: 60_000 },
  } as const
  const fanOut = await openFanOut(t, { kind: 'datadog', url: agent.url, delivery })
  fanOut.acceptSpans(blockOf(requestWith(), requestWith(), requestWith()))
  t.ok(await fanOut.flush(5000))
  t.equal(agent.spans.length, 3)
  const path = join(mkdtempSync(join(tmpdir(), 'mirrorwaf-')), 'events')
  const toFile = await openFanOut(t, { kind: 'file', path })
  toFile.acceptSpans(blockOf(requestWith()))
  t.match(toFile.totals, [{ written: 0, queuedBytes: 0 }])
})

t.test('an agent whose address is none is refused at start', async (t) => {
  const sink = new DatadogSink('', settingsWith({ agentUrl: 'ftp://agent' }))
  await t.rejects(sink.open(), { code: 'MWAF_SINK_TARGET' })
})
