import { gunzipSync } from 'node:zlib'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import t, { type Test } from 'tap'
import { toLogRecord } from '#src/sinks/otlp-record.js'
import { OtlpSink } from '#src/sinks/otlp-sink.js'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import type { Sink } from '#src/sinks/sink.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { type Delivery, startHttpCollector } from './support/http-collector.js'
import {
  anyValue,
  attributesOf,
  bytesOfField,
  doubleOfField,
  type Message,
  messagesOf,
  numberOfField,
  readMessage,
  textOfField,
} from './support/protobuf.js'
import { fetchAdmin, startTestReporter } from './support/reporter.js'
import { bareEvent, foldedEvent, fullEvent, linesOfEvents, plainEvent } from './support/sample-events.js'

const identity = { service: 'shop', env: 'test', version: '1.2.3' }

async function openSink(t: Test, text: string): Promise<Sink> {
  const spec = parseSinkSpec(text)
  if (spec.kind !== 'otlp') throw new Error(`not otlp: ${text}`)
  const sink = new OtlpSink(spec, identity)
  await sink.open()
  t.teardown(() => sink.close())
  return sink
}

function decode({ headers, body }: Delivery): Message {
  return readMessage(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
}

t.test('events are log records with the attributes of the semantic conventions', async (t) => {
  const files = t.testdir({ headers: 'Api-Key: k\n' })
  const collector = await startHttpCollector(t)
  collector.answers.push({ status: 200 })
  const sink = await openSink(t, `otlp:${collector.url}?header-file=${files}/headers`)
  t.same(await sink.write(linesOfEvents([fullEvent, foldedEvent])), { kind: 'written' })
  const [delivery] = collector.deliveries
  if (delivery === undefined) throw new Error('nothing was delivered')
  t.match(delivery, { path: '/v1/logs', headers: { 'content-type': 'application/x-protobuf', 'api-key': 'k' } })
  const request = decode(delivery)
  t.strictSame(
    messagesOf(request, 1, 1).map((resource) => attributesOf(resource, 1)),
    [{ 'service.name': 'shop', 'service.version': '1.2.3', 'deployment.environment.name': 'test' }],
  )
  const [full, folded] = messagesOf(request, 1, 2, 2)
  if (full === undefined || folded === undefined) throw new Error('records are missing')
  t.equal(numberOfField(full, 1), BigInt(Date.parse(fullEvent.timestamp)) * 1_000_000n)
  t.equal(numberOfField(full, 2), 21n, 'FATAL')
  t.equal(textOfField(full, 3), 'critical')
  t.match(anyValue(messagesOf(full, 5)[0]), /^SQL injection .* on POST shop.example:8443\/login$/)
  t.equal(textOfField(full, 12), 'mirrorwaf.attack')
  t.equal(Buffer.from(bytesOfField(full, 9)).toString('hex'), '4bf92f3577b34da6a3ce929d0e0e4736')
  t.equal(Buffer.from(bytesOfField(full, 10)).toString('hex'), '00f067aa0ba902b7')
  t.match(attributesOf(full, 6), {
    'log.record.uid': fullEvent.event_id,
    'http.request.method': 'POST',
    'http.request.body.size': 40,
    'url.path': '/login',
    'url.query': 'next=%2Fa%7Cb&id=7',
    'server.address': 'shop.example',
    'server.port': 8443,
    'client.address': '2001:db8::7',
    'network.peer.address': '2001:db8::1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'sqlmap/1.8 (x=y|z)',
    'mirrorwaf.rule.ids': ['sqli|1', 'crs-933-130'],
    'mirrorwaf.flags.truncated': true,
    'mirrorwaf.event.count': 1,
  })
  t.strictSame(
    JSON.parse(String(attributesOf(full, 6)['mirrorwaf.matches'])),
    JSON.parse(JSON.stringify(fullEvent.matches)),
  )
  t.match(attributesOf(folded, 6), { 'mirrorwaf.event.count': 120, 'mirrorwaf.event.folded_by': 'rule_route_client' })
  t.notOk(folded.has(9), 'an event without a trace has none')
})

t.test('trace ids of other makers are written as W3C writes them; what is none is left out', async (t) => {
  const idsOf = (trace_id: string | null, span_id: string | null): readonly (string | undefined)[] => {
    const event: SecurityEvent = { ...plainEvent, request: { ...plainEvent.request, trace_id, span_id } }
    const context = trace.getSpanContext(toLogRecord(event).context ?? ROOT_CONTEXT)
    return [context?.traceId, context?.spanId]
  }
  const datadog = ['0000000000000000112210f47de98115', '000000000000002a']
  t.strictSame(idsOf('1234567890123456789', '42'), datadog)
  const amazon = ['67891233abcdef012345678912345678', '53995c3f42cd8ad8']
  t.strictSame(idsOf('1-67891233-abcdef012345678912345678', '53995c3f42cd8ad8'), amazon)
  for (const [traceId, spanId] of [
    ['1234567890123456789', null],
    [null, '42'],
    ['0', '42'],
    ['18446744073709551616', '42'],
  ] as const) {
    t.strictSame(idsOf(traceId, spanId), [undefined, undefined], `${traceId} ${spanId}`)
  }
})

t.test('a method that no convention names makes no new value', async (t) => {
  t.match(toLogRecord(bareEvent).attributes, {
    'http.request.method': '_OTHER',
    'http.request.method_original': 'BREW',
  })
})

t.test('what may pass is tried again by the lane, what is refused is not', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `otlp:${collector.url}?timeout=300ms`)
  collector.answers.push({ status: 400 })
  t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'failed', reason: 'rejected' })
  collector.answers.push({ status: 503, headers: { 'retry-after': '60' } })
  t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'retry' })
  collector.answers.push({ status: 200 })
  t.same(await sink.write(linesOfEvents([plainEvent])), { kind: 'written' })
  t.equal(
    messagesOf(decode(collector.deliveries.at(-1) ?? { path: '', headers: {}, body: Buffer.alloc(0) }), 1, 2, 2).length,
    1,
  )
  collector.close()
  t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'retry' })
})

t.test('the metrics of /metrics go to the collector under their names, the last ones at the end', async (t) => {
  const collector = await startHttpCollector(t)
  const { reporter, instruments } = await startTestReporter({
    sinks: [parseSinkSpec(`otlp:${collector.url}?interval=100ms&gzip=off`)],
    admin: { host: '127.0.0.1', port: 0 },
    identity,
  })
  instruments.counters.add(0, 7)
  instruments.answerLatencyUs.record(60)
  instruments.answerLatencyUs.record(3000)
  reporter.send([linesOfEvents([plainEvent]).lines], [{ rule: 'r-1', type: 'xss', count: 3 }])
  await reporter.flush(2000)
  const scraped = await (await fetchAdmin(reporter, '/metrics')).text()
  await reporter.stop()
  const pushes = collector.deliveries.filter(({ path }) => path === '/v1/metrics')
  const last = pushes.at(-1)
  if (last === undefined) throw new Error('no metrics came')
  const metrics = messagesOf(decode(last), 1, 2, 2)
  const names = metrics.map((metric) => textOfField(metric, 1))
  const typed = [...scraped.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
  t.strictSame([...names].sort(), typed.sort(), 'the same metrics')
  const metricOf = (name: string): Message => metrics.find((metric) => textOfField(metric, 1) === name) ?? new Map()
  const [received] = messagesOf(metricOf('mirrorwaf_requests_received_total'), 7)
  t.equal(doubleOfField(messagesOf(received ?? new Map(), 1)[0] ?? new Map(), 4), 7)
  t.equal(numberOfField(received ?? new Map(), 2), 2n, 'cumulative')
  t.equal(numberOfField(received ?? new Map(), 3), 1n, 'monotonic')
  const [hits] = messagesOf(metricOf('mirrorwaf_rule_hits_total'), 7, 1)
  t.strictSame(attributesOf(hits ?? new Map(), 7), { rule: 'r-1', type: 'xss' })
  const [latency] = messagesOf(metricOf('mirrorwaf_answer_latency_seconds'), 9, 1)
  t.equal(numberOfField(latency ?? new Map(), 4), 2n, 'two observations')
  t.equal(textOfField(metricOf('mirrorwaf_answer_latency_seconds'), 3), 's')
  t.match(
    messagesOf(decode(last), 1, 1).map((resource) => attributesOf(resource, 1)),
    [{ 'service.name': 'shop' }],
  )
})
