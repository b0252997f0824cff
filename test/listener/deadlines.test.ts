// Time-outs: what waits too long is inspected as far as it came, and ends.
import t from 'tap'
import { ListenerBench } from './support/bench.js'

const timeoutAnswer = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

t.test('head-timeout: 408, the part that came is inspected as aborted', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('GET /?x=$globals HTTP/1.1\r\nHost: a\r\n')
  await client.awaitEnd()
  t.equal(client.received, timeoutAnswer)
  t.match(bench.requests, [{ target: '/?x=$globals', flags: 12, parseError: 'head_incomplete' }])
  t.same([bench.timeouts('head'), bench.answers('408'), bench.receivedCount], [1, 1, 1])
})

t.test('head-timeout counts from the first byte: a trickle does not put it off', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 100 })
  const client = await bench.connect(t)
  client.send('GET / HTTP/1.1\r\n')
  const trickle = setInterval(() => client.send('A: a\r\n'), 20)
  t.teardown(() => clearInterval(trickle))
  await client.awaitEnd()
  t.equal(bench.timeouts('head'), 1)
})

t.test('body-timeout: Content-Length without a body, the head is inspected', async (t) => {
  const bench = await ListenerBench.open(t, { bodyTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('POST /?x=$globals HTTP/1.1\r\nContent-Length: 10\r\n\r\n')
  await client.awaitEnd()
  t.equal(client.received, timeoutAnswer)
  t.match(bench.requests, [{ target: '/?x=$globals', body: '', flags: 4, parseError: 'none' }])
  t.same([bench.timeouts('body'), bench.timeouts('head')], [1, 0])
})

t.test('body-timeout is the longest pause: a body that goes on is read to its end', async (t) => {
  const bench = await ListenerBench.open(t, { bodyTimeoutMs: 700 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n')
  for (let index = 0; index < 12; index += 1) {
    client.send('b')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await client.awaitText('204')
  t.equal(bench.timeouts('body'), 0, 'although all together took longer')
})

t.test('idle-timeout: closed without an answer, before and after a request', async (t) => {
  const bench = await ListenerBench.open(t, { idleTimeoutMs: 50 })
  const silent = await bench.connect(t)
  const served = await bench.connect(t)
  served.send('GET / HTTP/1.1\r\n\r\n')
  await served.awaitText('204')
  await silent.awaitEnd()
  await served.awaitEnd()
  t.equal(silent.received, '')
  t.equal(served.received, 'HTTP/1.1 204 No Content\r\n\r\n')
  t.equal(bench.timeouts('idle'), 2)
})

t.test('hijacked, a time-out closes without a byte', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true, headTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('GET / HT')
  await client.awaitEnd()
  t.equal(client.received, '')
  t.match(bench.requests, [{ method: 'GET' }])
})

t.test('a head without a request line that times out is unparsable', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('GET')
  await client.awaitEnd()
  t.equal(client.received, timeoutAnswer)
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [1, 1])
})

t.test('nothing stays staged when connections time out', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 50, bodyTimeoutMs: 50, lingerTimeoutMs: 50 })
  for (const text of ['GET / HT', 'FOO / HT', 'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab', 'GE']) {
    const client = await bench.connect(t)
    client.send(text)
  }
  await bench.awaitNoConnections()
  t.equal(bench.staging.usedBytes, 0)
  t.equal(bench.receivedCount, 4)
})

t.test('a last answer that the peer does not read holds its connection no longer than the linger time', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('GET / HTTP/1.0\r\n\r\n')
  await client.awaitEnd()
  await bench.awaitNoConnections()
  t.notOk(client.socket.writableEnded, 'the peer never closed its side')
})
