// A body that is not what it claims to be: named in its event, counted in the metric, with or without a match.
import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { createLog } from '#src/observe/log.js'
import { startPipeline } from '#src/pipeline.js'
import { bodyFaults } from '#src/request/body/body-fault.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { Client } from '../listener/support/client.js'
import { smallOptions } from '../worker/support/pool-bench.js'

t.test('faults of bodies reach event and metric', async (t) => {
  const options = smallOptions(t, { listen: ['127.0.0.1:0'], admin: 'off', events: ['none'], drainDelayMs: 0 })
  const events: SecurityEvent[] = []
  const pipeline = await startPipeline(options, {
    log: createLog({ level: 'silent' }),
    onEvent: (line) => events.push(JSON.parse(Buffer.from(line).toString())),
  })
  t.teardown(() => pipeline.stop())
  const client = await Client.connect(pipeline.info.listening[0] ?? '')
  const requests = [
    { target: '/?x=$globals', body: '{"a":' },
    { target: '/', body: '{"a":' },
    { target: '/?x=$globals', body: '{"a":1}' },
  ]
  for (const { target, body } of requests) {
    client.send(
      `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
  const { counters } = pipeline.instruments
  const faultCount = (): number => counters.get(CounterId.bodyFault + bodyFaults.indexOf('json_cut'))
  await waitUntil(
    'two faults and two events',
    () => (faultCount() === 2 && events.length === 2) || undefined,
    () => `${faultCount()} faults, ${events.length} events`,
  )
  t.strictSame(
    events.map(({ request }) => request.body.fault),
    ['json_cut', null],
  )
  const others = bodyFaults.filter((kind) => kind !== 'json_cut')
  t.ok(others.every((kind) => counters.get(CounterId.bodyFault + bodyFaults.indexOf(kind)) === 0))
})
