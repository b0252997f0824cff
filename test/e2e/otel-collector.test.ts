// Events and metrics through a real OpenTelemetry Collector, read back from its file exporter.
import t from 'tap'
import { listOf, recordOf, textOf } from '#src/json-shape.js'
import { buildCollector, OtelCollector } from './support/otel-collector.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { waitUntil } from './support/wait-until.js'

// The first run builds the collector.
t.setTimeout(900_000)

const go = findProgram('go')

/** Everything under one name, however deep: OTLP nests resources, scopes and records. */
function findAll(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => findAll(item, name))
  return Object.entries(recordOf(value)).flatMap(([key, inner]) =>
    key === name ? listOf(inner) : findAll(inner, name),
  )
}

/** Attributes as names and plain values. */
function attributesOf(record: unknown): Readonly<Record<string, unknown>> {
  const pairs = listOf(recordOf(record)['attributes']).map((attribute) => {
    const { key, value } = recordOf(attribute)
    return [textOf(key), Object.values(recordOf(value))[0]] as const
  })
  return Object.fromEntries(pairs)
}

t.test('a collector takes every event with its attributes and trace, and the metrics', { skip: go.skip }, async (t) => {
  const collector = await OtelCollector.start(t, buildCollector(go.path))
  const receiver = await Receiver.start(t, {
    args: ['--events', `otlp:${collector.url}?interval=500ms`, '--service', 'shop', '--env', 'test'],
  })
  const client = RawClient.connect(receiver.port)
  for (let index = 0; index < 20; index += 1) {
    const headers = ['traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'User-Agent: test/1']
    await client.send(requestText({ target: `/shop?x=$globals&case=${index}`, headers }))
  }
  client.close()
  await receiver.awaitAccounted(20)

  const records = await waitUntil('all log records', () => {
    const found = findAll(collector.read('logs'), 'logRecords')
    return found.length >= 20 ? found : undefined
  })
  t.equal(records.length, 20, 'none twice')
  const events = receiver.events()
  t.strictSame(
    records.map((record) => attributesOf(record)['log.record.uid']).sort(),
    events.map(({ event_id }) => event_id).sort(),
  )
  for (const record of records) {
    t.match(record, {
      eventName: 'mirrorwaf.attack',
      severityText: String,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
    })
    t.match(attributesOf(record), {
      'url.path': '/shop',
      'http.request.method': 'GET',
      'user_agent.original': 'test/1',
    })
  }
  const resource = recordOf(findAll(collector.read('logs'), 'resourceLogs')[0])['resource']
  t.match(attributesOf(resource), { 'service.name': 'shop', 'deployment.environment.name': 'test' })

  const received = await waitUntil('the metric of what was received', () => {
    const metrics = findAll(collector.read('metrics'), 'metrics').map(recordOf)
    const named = metrics.filter(({ name }) => name === 'mirrorwaf_requests_received_total')
    return named.find((metric) => Number(recordOf(findAll(metric, 'dataPoints')[0])['asDouble']) === 20)
  })
  t.match(received, { sum: { isMonotonic: true, aggregationTemporality: 2 } })
  const histograms = findAll(collector.read('metrics'), 'metrics').map(recordOf)
  const latency = histograms.find(({ name }) => name === 'mirrorwaf_answer_latency_seconds')
  t.ok(recordOf(latency)['histogram'])
})
