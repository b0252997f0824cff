// Mirrored requests from a node:http server that belongs to somebody else.
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { RecordFacts } from '#src/batch/record-writer.js'
import { type Slab, SlabPool } from '#src/batch/slab.js'
import { createHttpListener } from '#src/listener/http-request-source.js'
import type { ParserLimits } from '#src/parser/limits.js'
import type { RequestAssembly } from '#src/parser/request-assembly.js'
import { Staging } from '#src/parser/staging.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { CollectingConsumer, generousLimits } from '../parser/support/reading.js'
import { Client } from './support/client.js'

interface Source {
  readonly staging: Staging
  readonly consumer: CollectingConsumer
  readonly facts: RecordFacts[]
  connect(): Promise<Client>
}

async function openSource(
  t: Test,
  hijack: boolean,
  limits: Partial<ParserLimits> = {},
  inFlightLimitBytes = 1 << 20,
): Promise<Source> {
  const slabs = new SlabPool(1 << 20)
  const consumer = new CollectingConsumer(slabs)
  const staging = new Staging({ ...generousLimits, ...limits }, slabs, inFlightLimitBytes)
  const facts: RecordFacts[] = []
  const target = {
    staging,
    wallClockMs: (monotonicMs: number) => performance.timeOrigin + monotonicMs,
    onStagedRequest: (assembly: RequestAssembly, given: RecordFacts, slab: Slab) => {
      facts.push({ ...given })
      consumer.onStagedRequest(assembly, given, slab)
    },
    onShedRequest: () => consumer.onShedRequest(),
  }
  const server = createServer(createHttpListener(target, hijack))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => closeServer(server))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return { staging, consumer, facts, connect: () => Client.connect(`127.0.0.1:${port}`) }
}

function closeServer(server: Server): void {
  server.closeAllConnections()
  server.close()
}

async function awaitItems(source: Source, count: number): Promise<void> {
  await waitUntil(`${count} requests`, () => source.consumer.items.length >= count || undefined)
}

t.test('a request is the same record as over a socket of ours, answered 204', async (t) => {
  const source = await openSource(t, false)
  const client = await source.connect()
  client.send('POST /p?x=$globals HTTP/1.1\r\nHost: a\r\nX: \xe9\r\nx: 2\r\nContent-Length: 5\r\n\r\nhello')
  await client.awaitText('204 No Content')
  await awaitItems(source, 1)
  client.close()
  t.match(source.consumer.items, [
    {
      method: 'POST',
      httpVersion: 11,
      headers: [
        ['Host', 'a'],
        ['X', '\xe9'],
        ['x', '2'],
        ['Content-Length', '5'],
      ],
      body: 'hello',
      bodySeenBytes: 5,
      flags: 0,
      parseError: 'none',
    },
  ])
  const [facts] = source.facts
  t.equal(facts?.peer.toString(), '127.0.0.1')
  t.ok((facts?.peerPort ?? 0) > 0)
  t.ok(Math.abs((facts?.receivedAtMs ?? 0) - Date.now()) < 5000)
  t.equal(source.staging.usedBytes, 0)
})

t.test('hijacked: closed without an answer, and the peer is still known', async (t) => {
  const source = await openSource(t, true)
  const client = await source.connect()
  client.send('POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
  await client.awaitEnd()
  await awaitItems(source, 1)
  t.equal(client.received, '')
  t.match(source.consumer.items, [{ body: 'hello', flags: 0 }])
  t.equal(source.facts[0]?.peer.toString(), '127.0.0.1')
})

t.test('no answer before the body has ended', async (t) => {
  const source = await openSource(t, false)
  const client = await source.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel')
  await sleep(60)
  t.equal(client.received, '')
  client.send('lo')
  await client.awaitText('204')
  client.close()
})

t.test('a client that goes away in the body leaves an aborted request', async (t) => {
  const source = await openSource(t, false)
  const client = await source.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel')
  await sleep(60)
  client.close()
  await awaitItems(source, 1)
  t.match(source.consumer.items, [{ body: 'hel', flags: 4 }])
  t.equal(source.staging.usedBytes, 0)
})

t.test('limits hold: a long body is cut, one that finds no room is shed, both are answered', async (t) => {
  const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n${'b'.repeat(9000)}`
  const cut = await openSource(t, false, { bodyInspectLimitBytes: 100 })
  const shed = await openSource(t, false, {}, 4096)
  for (const source of [cut, shed]) {
    const client = await source.connect()
    client.send(text)
    await client.awaitText('204')
    await awaitItems(source, 1)
    client.close()
    t.equal(source.staging.usedBytes, 0)
  }
  t.match(cut.consumer.items, [{ body: 'b'.repeat(100), bodySeenBytes: 9000, flags: 2 }])
  t.same(shed.consumer.items, ['shed'])
})
