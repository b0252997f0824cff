// When a connection is answered, with what, and whether it lives on.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { temporaryFolder } from '../e2e/support/repository.js'
import { ListenerBench } from './support/bench.js'

const ok = 'HTTP/1.1 204 No Content\r\n\r\n'
const okClosing = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'
const get = 'GET /?x=$globals HTTP/1.1\r\nHost: a\r\n\r\n'
const post = 'POST /p HTTP/1.1\r\nContent-Length: 6\r\n\r\n'
/** Long enough for an answer that must not come to come. */
const quietMs = 60

t.test('204 and the connection lives on, without a header more than needed', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send(get)
  await client.awaitText(ok)
  client.send(get)
  await client.awaitText(ok, 2)
  t.equal(client.received, ok + ok)
  t.notOk(client.isEnded)
  t.equal(bench.answers('204'), 2)
  t.equal(bench.instruments.answerLatencyUs.count, 2)
  t.match(bench.requests, [{ target: '/?x=$globals' }, { target: '/?x=$globals' }])
})

t.test('HTTP/1.0 and Connection: close are answered and closed', async (t) => {
  const bench = await ListenerBench.open(t)
  for (const request of ['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n']) {
    const client = await bench.connect(t)
    client.send(request)
    await client.awaitEnd()
    t.equal(client.received, okClosing)
  }
  t.equal(bench.answers('204'), 2)
})

t.test('no answer before the body has ended, in either mode', async (t) => {
  for (const hijack of [false, true]) {
    const bench = await ListenerBench.open(t, { hijack })
    const client = await bench.connect(t)
    client.send(post)
    await sleep(quietMs)
    client.send('abc')
    await sleep(quietMs)
    t.equal(client.received, '')
    t.notOk(client.isEnded)
    client.send('def')
    if (hijack) await client.awaitEnd()
    else await client.awaitText(ok)
    await bench.awaitRequests(1)
    t.match(bench.requests, [{ body: 'abcdef' }])
  }
})

t.test('hijacked: a FIN without a byte, once the request is whole', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true })
  const client = await bench.connect(t)
  client.send(`${post}abcdef`)
  await client.awaitEnd()
  t.equal(client.received, '')
  t.equal(client.errorCode, undefined, 'no reset')
  t.equal(bench.answers('close'), 1)
  t.equal(bench.answers('204'), 0)
})

t.test('hijacked: requests behind the first in one chunk are inspected too', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true })
  const client = await bench.connect(t)
  client.send(`${get}${get}${post}abc`)
  await client.awaitEnd()
  await bench.awaitRequests(3)
  t.equal(bench.receivedCount, 3)
  t.match(bench.requests[2], { body: 'abc', flags: 4 }, 'the last as aborted')
})

t.test('hijacked: what cannot be framed is closed as well, without a byte', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true, lingerTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab')
  await client.awaitEnd()
  await bench.awaitRequests(1)
  t.equal(client.received, '')
  t.match(bench.requests, [{ body: 'ab', parseError: 'content_length' }])
})

t.test('pipelined requests of one chunk get as many answers, in one write', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send(`${get}${post}abcdef${get}`.repeat(50))
  await client.awaitText(ok, 150)
  t.equal(client.received, ok.repeat(150))
  t.equal(bench.answers('204'), 150)
})

t.test('pipelined requests before one that closes are answered first', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send(`${get}${get}GET / HTTP/1.0\r\n\r\n`)
  await client.awaitEnd()
  t.equal(client.received, ok + ok + okClosing)
})

t.test('pipelined requests before one that cannot be framed are answered first', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send(`${get}${get}POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nrest`)
  await client.awaitEnd()
  t.match(
    client.received,
    new RegExp(`^(${ok}){2}HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$`),
  )
  t.same([bench.answers('204'), bench.answers('400')], [2, 1])
})

t.test('a client that waits for 100 Continue gets it, then the answer', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
  await client.awaitText('HTTP/1.1 100 Continue\r\n\r\n')
  client.send('abc')
  await client.awaitText(ok)
  t.equal(client.received, `HTTP/1.1 100 Continue\r\n\r\n${ok}`)
})

t.test('a client that has closed its side is still answered', async (t) => {
  const bench = await ListenerBench.open(t)
  const whole = await bench.connect(t)
  whole.send(get)
  whole.end()
  await whole.awaitEnd()
  t.match(whole.received, /^HTTP\/1.1 204/)
  const cut = await bench.connect(t)
  cut.send(`${post}abc`)
  cut.end()
  await cut.awaitEnd()
  t.equal(cut.received, okClosing, 'what came is all that will come')
  t.match(bench.requests.at(-1), { body: 'abc', flags: 4 })
  await bench.awaitNoConnections()
})

t.test('a client that closes without a request leaves nothing behind', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.end()
  await client.awaitEnd()
  await bench.awaitNoConnections()
  t.equal(client.received, '')
  t.equal(bench.receivedCount, 0)
})

t.test('a client that resets in a body leaves an aborted request', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send(`${post}abc`)
  await sleep(quietMs)
  client.socket.resetAndDestroy()
  await bench.awaitRequests(1)
  t.match(bench.requests, [{ body: 'abc', flags: 4 }])
  await bench.awaitNoConnections()
  t.equal(bench.staging.usedBytes, 0)
})

t.test('lost framing: 400, and what still comes is read until the sender ends', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 5000 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n')
  await client.awaitText('400 Bad Request')
  client.send('and ', 'the ')
  await sleep(quietMs)
  client.send('rest')
  client.end()
  await bench.awaitRequests(1)
  t.match(bench.requests, [{ body: 'ZZ\r\nand the rest', parseError: 'chunk' }])
  t.equal(client.errorCode, undefined, 'not reset while it was sending')
  t.equal(bench.answers('204'), 0)
  t.equal(bench.receivedCount, 1)
  await bench.awaitNoConnections()
})

t.test('lost framing: a sender that does not end is ended', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ')
  await bench.awaitRequests(1)
  await bench.awaitNoConnections()
  t.match(bench.requests, [{ body: 'ZZ' }])
})

t.test('a head over its limit: 431, inspected, counted', async (t) => {
  const bench = await ListenerBench.open(t, { headLimitBytes: 1024, lingerTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send(`GET /?x=$globals HTTP/1.1\r\nA: ${'a'.repeat(5000)}\r\n\r\n`)
  await client.awaitEnd()
  t.equal(
    client.received,
    'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  )
  await bench.awaitRequests(1)
  t.match(bench.requests, [{ target: '/?x=$globals', parseError: 'head_too_large' }])
  t.equal(bench.answers('431'), 1)
  t.equal(bench.count(CounterId.headsTruncated), 1)
})

t.test('no request line: 400, unparsable', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send('hello\r\n\r\n')
  await client.awaitEnd()
  t.match(client.received, /^HTTP\/1.1 400 /)
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [1, 1])
})

t.test('a body over the limit and a queue that is full are answered 204 as well', async (t) => {
  const overLong = await ListenerBench.open(t, { bodyLimitBytes: 5 })
  const client = await overLong.connect(t)
  client.send(`${post}abcdef`)
  await client.awaitEnd()
  t.equal(client.received, okClosing)
  t.equal(overLong.count(CounterId.bodiesTruncated), 1)
  const full = await ListenerBench.open(t, { isQueueFull: true })
  const other = await full.connect(t)
  other.send(get)
  await other.awaitText(ok)
  t.equal(full.outcomes('shed'), 1)
})

t.test('in-flight-limit: a body that finds no room is read, dropped, counted as shed and answered 204', async (t) => {
  const bench = await ListenerBench.open(t, { inFlightLimitBytes: 4096 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nContent-Length: 10000\r\n\r\n')
  for (let index = 0; index < 10; index += 1) {
    client.send('b'.repeat(1000))
    await sleep(2)
  }
  await client.awaitText(ok)
  t.same([bench.receivedCount, bench.outcomes('shed'), bench.staging.usedBytes], [1, 1, 0])
  client.send(get)
  await client.awaitText(ok, 2)
  t.match(bench.requests, [{ method: 'GET' }])
})

t.test('a request that is shed and then refused gets one answer', async (t) => {
  const bench = await ListenerBench.open(t, { inFlightLimitBytes: 0, lingerTimeoutMs: 50 })
  const client = await bench.connect(t)
  client.send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
  await sleep(quietMs)
  client.send('ZZ')
  await client.awaitEnd()
  await bench.awaitNoConnections()
  t.match(client.received, /^HTTP\/1.1 400 /)
  t.equal(client.received.split('HTTP/1.1').length - 1, 1)
  t.same([bench.receivedCount, bench.outcomes('shed')], [1, 1])
})

t.test('a peer that reads no answers is closed when too many wait', async (t) => {
  // A unix socket: its buffers are small, so that few answers fill them.
  const bench = await ListenerBench.open(t, {}, [`unix:${temporaryFolder(t)}/socket`])
  const client = await bench.connect(t)
  client.socket.pause()
  const flood = 'GET / HTTP/1.1\r\n\r\n'.repeat(1000)
  const sender = setInterval(() => client.send(flood), 1)
  t.teardown(() => clearInterval(sender))
  await bench.awaitNoConnections()
  const unanswered = bench.receivedCount - bench.answers('204')
  t.ok(unanswered === 0 || unanswered === 1, `${unanswered}: at most the one that was cut by the end`)
})

t.test('the time of arrival is the wall clock’s', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  const beforeMs = Date.now()
  client.send(get)
  await client.awaitText(ok)
  const [at = 0] = bench.receivedAtMs
  t.ok(at >= beforeMs - 300 && at <= Date.now() + 300, `${at} near ${beforeMs}`)
})
