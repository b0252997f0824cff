import t, { type Test } from 'tap'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import type { Sink } from '#src/sinks/sink.js'
import { syslogHostname } from '#src/sinks/syslog-message.js'
import { SyslogSink } from '#src/sinks/syslog-sink.js'
import { block } from './support/blocks.js'
import { makeCertificates } from './support/certificates.js'
import { bareEvent, fullEvent, linesOfEvents, plainEvent } from './support/sample-events.js'
import { startSyslogReceiver } from './support/syslog-receiver.js'

async function openSink(t: Test, text: string): Promise<Sink> {
  const spec = parseSinkSpec(text)
  if (spec.kind !== 'syslog') throw new Error(`not syslog: ${text}`)
  const sink = new SyslogSink(spec, { facility: spec.facility, hostname: 'host-1', processId: 7 })
  await sink.open()
  t.teardown(() => sink.close())
  return sink
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate)
}

t.test('each event is one framed message, its severity in the priority', async (t) => {
  const receiver = await startSyslogReceiver(t)
  const sink = await openSink(t, `syslog:127.0.0.1:${receiver.port}`)
  t.same(await sink.write(linesOfEvents([plainEvent, fullEvent, bareEvent])), { kind: 'written' })
  await until(() => receiver.messages.length === 3)
  const [first = ''] = receiver.messages
  t.equal(first, `<131>1 ${plainEvent.timestamp} host-1 mirrorwaf 7 event - ${JSON.stringify(plainEvent)}`)
  t.strictSame(
    receiver.messages.map((message) => /^<(\d+)>1 /.exec(message)?.[1]),
    ['131', '130', '133'],
  )
})

t.test('other forms and another facility', async (t) => {
  const receiver = await startSyslogReceiver(t)
  const sink = await openSink(t, `syslog:tcp://127.0.0.1:${receiver.port}?format=cef&facility=13`)
  await sink.write(linesOfEvents([fullEvent]))
  await until(() => receiver.messages.length === 1)
  t.match(receiver.messages[0], /^<106>1 \S+ host-1 mirrorwaf 7 event - CEF:0\|mirrorwaf\|/)
})

t.test('what is no event goes out as it came', async (t) => {
  const receiver = await startSyslogReceiver(t)
  const sink = await openSink(t, `syslog:127.0.0.1:${receiver.port}`)
  await sink.write(block(1))
  await until(() => receiver.messages.length === 1)
  t.match(receiver.messages[0], /event - \{"number":1\}$/)
})

t.test('with nobody there it is tried again; after a break the next write connects anew', async (t) => {
  const first = await startSyslogReceiver(t)
  const { port } = first
  const sink = await openSink(t, `syslog:127.0.0.1:${port}`)
  t.same(await sink.write(block(1)), { kind: 'written' })
  await until(() => first.messages.length === 1)
  first.close()
  // Until the end of the connection is seen, the system takes bytes that nobody reads.
  while ((await sink.write(block(2))).kind === 'written') await new Promise(setImmediate)
  t.match(await sink.write(block(2)), { kind: 'retry' })
  const second = await startSyslogReceiver(t, port)
  t.same(await sink.write(block(3)), { kind: 'written' })
  await until(() => second.messages.length === 1)
})

t.test('a receiver that reads nothing is given up after the time-out', async (t) => {
  const receiver = await startSyslogReceiver(t)
  const sink = await openSink(t, `syslog:127.0.0.1:${receiver.port}?timeout=200ms`)
  await sink.write(block(1))
  await until(() => receiver.messages.length === 1)
  for (const socket of receiver.sockets) socket.pause()
  const large = { lines: Buffer.alloc(1024 * 1024, 'x'), eventCount: 1 }
  let result = await sink.write(large)
  for (let round = 0; round < 40 && result.kind === 'written'; round += 1) result = await sink.write(large)
  t.match(result, { kind: 'retry', detail: /not taken within 200 ms/ })
})

t.test('TLS: an own authority is believed, an unknown one is not', async (t) => {
  const { cert, key, caPath } = makeCertificates(t.testdir())
  const receiver = await startSyslogReceiver(t, 0, { cert, key })
  const knowing = await openSink(t, `syslog:tls://127.0.0.1:${receiver.port}?ca=${caPath}`)
  t.same(await knowing.write(linesOfEvents([plainEvent])), { kind: 'written' })
  await until(() => receiver.messages.length === 1)
  const unknowing = await openSink(t, `syslog:tls://127.0.0.1:${receiver.port}`)
  t.match(await unknowing.write(block(1)), { kind: 'retry', detail: /certificate/ })
  t.equal(receiver.messages.length, 1)
})

t.test('a host name that the header cannot hold is cleaned', async (t) => {
  t.equal(syslogHostname('web 1\n'), 'web1')
  t.equal(syslogHostname(''), '-')
  t.equal(syslogHostname('h'.repeat(300)).length, 255)
})
