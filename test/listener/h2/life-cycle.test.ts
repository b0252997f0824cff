// Time-outs, drain and the ends of HTTP/2 connections: nothing that came is lost, nobody is waited for too long.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { waitUntil } from '../../e2e/support/wait-until.js'
import { ListenerBench } from '../support/bench.js'
import { data, endStream, frame, frameType, goaway, headers, preface, requestFields, reset } from './support/frames.js'
import { RawHttp2 } from './support/raw-http2.js'

const post = requestFields('/', [], 'POST')
/** A GOAWAY for streams beyond the last number that there is: what crosses it is served. */
const announcement = [2 ** 31 - 1, 0]

t.test('a stream that its client resets in the body is inspected as aborted', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0), data(1, 'part'))
  await waitUntil('the head to be staged', () => bench.staging.usedBytes > 0 || undefined)
  raw.send(reset(1), headers(3, post, 0), data(3, 'part'))
  await bench.awaitRequests(1)
  raw.send(reset(3, 0))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { body: 'part', flags: 4 },
    { body: 'part', flags: 4 },
  ])
  t.same([bench.receivedCount, bench.staging.usedBytes, bench.listener.connectionCount], [2, 0, 1])
})

t.test('a client that ends or resets its connection leaves aborted requests', async (t) => {
  const bench = await ListenerBench.open(t)
  const [ending, breaking] = [await RawHttp2.open(t, bench), await RawHttp2.open(t, bench)]
  for (const raw of [ending, breaking])
    raw.send(headers(1, post, 0), data(1, 'part'), headers(3, requestFields('/get')))
  await bench.awaitRequests(2)
  ending.client.end()
  breaking.client.socket.resetAndDestroy()
  await bench.awaitNoConnections()
  t.match(bench.requests.slice(2), [
    { body: 'part', flags: 4 },
    { body: 'part', flags: 4 },
  ])
  t.same([bench.receivedCount, bench.staging.usedBytes], [4, 0])
  t.same(ending.answered, [3], 'what was whole is answered before the connection ends')
})

t.test('body-timeout: the stream that stands still is inspected as far as it came; the others go on', async (t) => {
  const bench = await ListenerBench.open(t, { bodyTimeoutMs: 600 })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0), data(1, 'still'), headers(3, post, 0))
  for (let index = 0; index < 12; index += 1) {
    raw.send(data(3, 'b'))
    await sleep(100)
  }
  raw.send(data(3, 'b', endStream))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { body: 'still', flags: 4 },
    { body: 'b'.repeat(13), flags: 0 },
  ])
  t.same([bench.timeouts('body'), bench.answers('408'), bench.answers('204')], [1, 1, 1])
  t.equal(bench.listener.connectionCount, 1)
})

t.test('head-timeout: a preface without settings, a head that does not end, a session that was given up', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 50 })
  const silent = await bench.connect(t)
  silent.socket.write(preface)
  await silent.awaitEnd()
  t.equal(bench.timeouts('head'), 1)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/')))
  await bench.awaitRequests(1)
  raw.send(frame(frameType.headers, endStream, 3).subarray(0, 5))
  await raw.client.awaitEnd()
  t.equal(bench.timeouts('head'), 2)
  // DATA on a stream that was never opened: a fault after which node:http2 stops reading without a word.
  const given = await RawHttp2.open(t, bench)
  given.answerPings()
  given.send(data(7, 'x'))
  await given.client.awaitEnd()
  silent.close()
  raw.client.close()
  given.client.close()
  await bench.awaitNoConnections()
})

t.test('idle-timeout: a GOAWAY, then the end; pings do not put it off', async (t) => {
  const bench = await ListenerBench.open(t, { idleTimeoutMs: 300, headTimeoutMs: 100 })
  const raw = await RawHttp2.open(t, bench)
  raw.answerPings()
  raw.send(headers(1, requestFields('/')))
  const pings = setInterval(() => raw.send(frame(frameType.ping, 0, 0, Buffer.alloc(8))), 40)
  t.teardown(() => clearInterval(pings))
  await raw.client.awaitEnd()
  t.same(raw.goaways.at(-1), [1, 0])
  t.same([bench.timeouts('idle'), bench.timeouts('head')], [1, 0])
})

t.test('while it drains it serves; then streams at work are answered before the connection ends', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 300 })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0))
  await waitUntil('the head to be staged', () => bench.staging.usedBytes > 0 || undefined)
  bench.listener.beginDrain()
  raw.send(headers(3, requestFields('/')))
  await raw.awaitFrames('an answer', ({ answered }) => answered.length === 1)
  t.same(raw.goaways, [])
  await bench.listener.stopAccepting()
  await raw.awaitFrames('the announcement', ({ goaways }) => goaways.length === 1)
  // On its way when the peer was told.
  raw.send(headers(5, requestFields('/crossing')))
  await raw.awaitFrames('the goaway', ({ goaways }) => goaways.length === 2)
  t.same(raw.goaways, [announcement, [5, 0]])
  raw.send(data(1, 'b', endStream))
  await raw.client.awaitEnd()
  t.same(raw.answered, [3, 5, 1])
  t.match(bench.requests, [{ target: '/' }, { target: '/crossing' }, { body: 'b', flags: 0 }])
})

t.test('then idle connections end within the linger time, also when their peers do not', async (t) => {
  const bench = await ListenerBench.open(t, { lingerTimeoutMs: 100 })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/')))
  await bench.awaitRequests(1)
  bench.listener.beginDrain()
  await bench.listener.stopAccepting()
  await bench.awaitNoConnections()
  t.notOk(raw.client.socket.writableEnded)
})

t.test('at the very end requests that were still arriving are handed over as aborted', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0), data(1, 'part'))
  await waitUntil('the body to be staged', () => bench.staging.usedBytes > 0 || undefined)
  await sleep(20)
  bench.listener.closeConnections()
  t.match(bench.requests, [{ body: 'part', flags: 4 }])
  t.same([bench.listener.connectionCount, bench.staging.usedBytes], [0, 0])
})

t.test(
  'a GOAWAY of the peer loses nothing: what it opens afterwards is served, and then the connection ends',
  async (t) => {
    const bench = await ListenerBench.open(t, { lingerTimeoutMs: 200 })
    const raw = await RawHttp2.open(t, bench)
    raw.send(headers(1, post, 0), data(1, 'first'), goaway(0), headers(3, requestFields('/3')), headers(5, post, 0))
    await bench.awaitRequests(1)
    raw.send(data(1, ' half', endStream), data(5, 'fifth', endStream), headers(7, requestFields('/7')))
    await raw.client.awaitEnd()
    t.same(raw.answered.toSorted(), [1, 3, 5, 7])
    t.same(raw.resets, [])
    t.same(bench.requests.map(({ target, body, flags }) => [target, body, flags]).toSorted(), [
      ['/', 'fifth', 0],
      ['/', 'first half', 0],
      ['/3', '', 0],
      ['/7', '', 0],
    ])
    t.equal(bench.receivedCount, 4)
  },
)

t.test('a GOAWAY with an error ends the connection: what came before it is inspected, as far as it came', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0), data(1, 'part'))
  await waitUntil('the body to be staged', () => bench.staging.usedBytes > 0 || undefined)
  await sleep(20)
  raw.send(headers(3, requestFields('/3')), headers(5, post, 0), data(5, 'late'), goaway(2))
  await raw.client.awaitEnd()
  await bench.awaitNoConnections()
  t.match(bench.requests, [
    { target: '/3', flags: 0 },
    { body: 'part', flags: 4 },
    { body: 'late', flags: 4 },
  ])
  t.same([bench.receivedCount, bench.staging.usedBytes], [3, 0])
})

t.test('connection-max-age: after the next answer the connection ends', async (t) => {
  const bench = await ListenerBench.open(t, { connectionMaxAgeMs: 200, lingerTimeoutMs: 100 })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/')))
  await raw.awaitFrames('an answer', ({ answered }) => answered.length === 1)
  await sleep(250)
  t.same(raw.goaways, [])
  raw.send(headers(3, requestFields('/')))
  await raw.awaitFrames('the announcement', ({ goaways }) => goaways.length === 1)
  raw.send(headers(5, requestFields('/crossing')))
  await raw.client.awaitEnd()
  t.same(raw.goaways.slice(0, 2), [announcement, [5, 0]])
  t.same(raw.answered, [1, 3, 5])
  t.equal(bench.timeouts('max_age'), 1)
})

t.test('connection-limit: an idle connection makes room, one with an open stream does not', async (t) => {
  const bench = await ListenerBench.open(t, { connectionLimitCount: 2 })
  const [busy, idle] = [await RawHttp2.open(t, bench), await RawHttp2.open(t, bench)]
  busy.send(headers(1, post, 0))
  idle.send(headers(1, requestFields('/')))
  await bench.awaitRequests(1)
  await sleep(1100)
  const late = await RawHttp2.open(t, bench)
  late.send(headers(1, requestFields('/late')))
  await idle.client.awaitEnd()
  await late.awaitFrames('an answer', ({ answered }) => answered.length === 1)
  t.notOk(busy.client.isEnded)
  t.equal(bench.listener.connectionCount, 2)
})

t.test('hijacked, a time-out resets the stream', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true, bodyTimeoutMs: 50 })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, post, 0), data(1, 'part'))
  await raw.awaitFrames('the reset', ({ resets }) => resets.length === 1)
  t.match(bench.requests, [{ body: 'part', flags: 4 }])
  t.same(raw.answered, [])
})
