// The end of a listener: nothing that was accepted is lost, nobody is kept waiting.
import t from 'tap'
import { waitUntil } from '../e2e/support/wait-until.js'
import { ListenerBench } from './support/bench.js'
import { Client } from './support/client.js'

const get = 'GET / HTTP/1.1\r\n\r\n'
const okClosing = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'

t.test('while it drains it still accepts and answers, and every answer closes', async (t) => {
  const bench = await ListenerBench.open(t)
  const kept = await bench.connect(t)
  kept.send(get)
  await kept.awaitText('204')
  bench.listener.beginDrain()
  t.notOk(kept.isEnded, 'its next request may be on its way')
  const fresh = await bench.connect(t)
  fresh.send(get)
  kept.send(get)
  await fresh.awaitEnd()
  await kept.awaitEnd()
  t.equal(fresh.received, okClosing)
  t.ok(kept.received.endsWith(okClosing))
  t.equal(bench.receivedCount, 3)
})

t.test('then new connections are refused, idle ones end, one in a request is answered first', async (t) => {
  const bench = await ListenerBench.open(t)
  const idle = await bench.connect(t)
  const busy = await bench.connect(t)
  busy.send('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na')
  idle.send(get)
  await idle.awaitText('204')
  bench.listener.beginDrain()
  await bench.listener.stopAccepting()
  await idle.awaitEnd()
  await t.rejects(Client.connect(bench.addresses[0] ?? ''), { code: 'ECONNREFUSED' })
  t.notOk(busy.isEnded)
  busy.send('bc')
  await busy.awaitEnd()
  t.equal(busy.received, okClosing)
  t.match(bench.requests.at(-1), { body: 'abc', flags: 0 })
})

t.test('an idle peer that does not close its side is not waited for longer than the linger time', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 50 })
  const stubborn = await bench.connect(t)
  stubborn.send(get)
  await stubborn.awaitText('204')
  bench.listener.beginDrain()
  await bench.listener.stopAccepting()
  await bench.awaitNoConnections()
  t.notOk(stubborn.socket.writableEnded)
})

t.test('at the very end requests that were still arriving are handed over as aborted', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na')
  const other = await bench.connect(t)
  other.send('GET /cut')
  await waitUntil('both to be staged', () => bench.staging.usedBytes === 2 * 4096 || undefined)
  bench.listener.closeConnections()
  t.match(bench.requests, [
    { body: 'a', flags: 4 },
    { target: '/cut', flags: 12 },
  ])
  t.equal(bench.listener.connectionCount, 0)
  t.equal(bench.staging.usedBytes, 0)
})
