// What needs no broker; test/e2e/kafka.test.ts has one.
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { KafkaSink } from '#src/sinks/kafka-sink.js'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import type { Sink } from '#src/sinks/sink.js'
import { linesOfEvents, plainEvent } from './support/sample-events.js'

async function openSink(t: Test, text: string): Promise<Sink> {
  const spec = parseSinkSpec(text)
  if (spec.kind !== 'kafka') throw new Error(`not kafka: ${text}`)
  const sink = new KafkaSink(spec)
  await sink.open()
  t.teardown(() => sink.close())
  return sink
}

/** A port that takes connections and says nothing. */
async function startSilentServer(t: Test): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

t.test('a broker that is not there is asked again later, and why is said', async (t) => {
  const sink = await openSink(t, 'kafka:127.0.0.1:1/t?timeout=500ms')
  const result = await sink.write(linesOfEvents([plainEvent]))
  t.match(result, { kind: 'retry', detail: /ECONNREFUSED|127\.0\.0\.1:1/ })
})

t.test('a broker that says nothing is given up after the time-out', async (t) => {
  const sink = await openSink(t, `kafka:127.0.0.1:${await startSilentServer(t)}/t?timeout=300ms`)
  t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'retry' })
})

t.test('a broker behind TLS that says nothing is given up, by name and by address', async (t) => {
  const port = await startSilentServer(t)
  for (const host of ['127.0.0.1', 'localhost']) {
    const sink = await openSink(t, `kafka:${host}:${port}/t?tls=on&timeout=300ms`)
    t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'retry' }, host)
  }
})

t.test('after close nothing is sent', async (t) => {
  const sink = await openSink(t, 'kafka:127.0.0.1:1/t')
  await sink.close()
  t.match(await sink.write(linesOfEvents([plainEvent])), { kind: 'retry', detail: /closed/ })
})

t.test('a password file that cannot be read is refused at start', async (t) => {
  const opened = openSink(t, 'kafka:127.0.0.1:1/t?sasl=plain&user=u&password-file=/no/such/file')
  await t.rejects(opened, { code: 'MWAF_SINK_TARGET', details: { reason: /ENOENT/ } })
})
