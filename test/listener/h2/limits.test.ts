// What a hostile or faulty HTTP/2 client can do, and where each of it ends.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { waitUntil } from '../../e2e/support/wait-until.js'
import { ListenerBench } from '../support/bench.js'
import {
  amplifiedField,
  block,
  data,
  endHeaders,
  endStream,
  type Field,
  frame,
  frameType,
  goaway,
  headers,
  opening,
  requestFields,
  reset,
  windowUpdate,
} from './support/frames.js'
import { RawHttp2 } from './support/raw-http2.js'

/** RFC 9113 7. */
const code = { noError: 0, protocolError: 1, refusedStream: 7, enhanceYourCalm: 11 } as const

const small = { headLimitBytes: 1024, targetLimitBytes: 256, headerLimitCount: 10, trailerLimitBytes: 20 }

function manyFields(count: number): Field[] {
  return Array.from({ length: count }, (_, index) => [`x-${index}`, 'v'])
}

t.test('head-limit: the longest head that is whole, and the first that is cut', async (t) => {
  const bench = await ListenerBench.open(t, small)
  const raw = await RawHttp2.open(t, bench)
  // "GET /p" with "host: app.example" and "x: …", a line end before each.
  const fixedBytes = 'GET /p\r\nhost: app.example\r\nx: '.length
  raw.send(headers(1, requestFields('/p', [['x', 'v'.repeat(1024 - fixedBytes)]])))
  raw.send(headers(3, requestFields('/p', [['x', 'v'.repeat(1025 - fixedBytes)]])))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { flags: 0, parseError: 'none' },
    { flags: 2, parseError: 'head_too_large' },
  ])
  t.equal(bench.requests[1]?.headers[1]?.[1].length, 1024 - fixedBytes)
  t.equal(bench.count(CounterId.headsTruncated), 1)
  await raw.awaitFrames('both answers', ({ answered }) => answered.length === 2)
})

t.test('header-limit: what is beyond it is one nameless value, as in HTTP/1', async (t) => {
  const bench = await ListenerBench.open(t, small)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/p', manyFields(9))))
  raw.send(headers(3, requestFields('/p', [...manyFields(9), ['a', '$globals'], ['b', 'c']])))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { flags: 0, parseError: 'none' },
    { flags: 0, parseError: 'too_many_headers' },
  ])
  t.equal(bench.requests[0]?.headers.length, 10)
  t.same(bench.requests[1]?.headers.at(-1), ['', 'a: $globals\r\nb: c'])
})

t.test('target-limit: a longer target is read whole and named', async (t) => {
  const bench = await ListenerBench.open(t, small)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields(`/${'p'.repeat(255)}`)), headers(3, requestFields(`/${'p'.repeat(256)}`)))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { parseError: 'none' },
    { target: `/${'p'.repeat(256)}`, parseError: 'target_too_large', flags: 0 },
  ])
})

t.test('a head of twice the limit is refused with its stream and counted as unparsable', async (t) => {
  const bench = await ListenerBench.open(t, small)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/p', manyFields(21))), headers(3, requestFields('/p', manyFields(22))))
  raw.send(headers(5, requestFields('/last')))
  await bench.awaitRequests(2)
  t.match(bench.requests, [{ target: '/p' }, { target: '/last' }])
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [3, 1])
  await raw.awaitFrames('the reset', ({ resets }) => resets.length === 1)
  t.same(raw.resets, [[3, code.enhanceYourCalm]])
})

t.test('HPACK bomb: 4 KB that unfold to 16 MB', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  const bomb = Buffer.concat([block(requestFields('/bomb')), amplifiedField('x', 'y'.repeat(3900), 4200)])
  raw.send(frame(frameType.headers, endHeaders | endStream, 1, bomb), headers(3, requestFields('/next')))
  await bench.awaitRequests(1)
  t.match(bench.requests, [{ target: '/next' }])
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [2, 1])
  await raw.awaitFrames('the reset', ({ resets }) => resets.length === 1)
  t.same(raw.resets, [[1, code.enhanceYourCalm]])
})

t.test('CONTINUATION flood: the connection ends', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(frame(frameType.headers, endStream, 1, block(requestFields('/p'))))
  for (let index = 0; index < 20; index += 1) raw.send(frame(frameType.continuation, 0, 1, block([['x', 'y']])))
  await raw.client.awaitEnd()
  await bench.awaitNoConnections()
  t.same([bench.rejected('http2'), bench.receivedCount, bench.staging.usedBytes], [1, 0, 0])
})

t.test('rapid reset: each stream is inspected as aborted, and the connection ends', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  for (let id = 1; id < 6000; id += 2) raw.send(headers(id, requestFields(`/${id}`), 0), reset(id))
  await raw.client.awaitEnd()
  await bench.awaitNoConnections()
  t.equal(bench.rejected('http2'), 1)
  t.ok(bench.requests.length >= 1000 && bench.requests.length < 3000, `${bench.requests.length} streams were taken`)
  t.equal(bench.receivedCount, bench.requests.length)
  t.ok(bench.requests.every(({ flags }) => flags === 4))
  t.equal(bench.staging.usedBytes, 0)
})

t.test('a client that now and then resets a stream keeps its connection', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  for (let id = 1; id < 200; id += 2) raw.send(headers(id, requestFields('/'), 0), reset(id))
  raw.send(headers(201, requestFields('/last')))
  await raw.awaitFrames('the last answer', ({ answered }) => answered.includes(201))
  t.equal(bench.receivedCount, 101)
  t.equal(bench.listener.connectionCount, 1)
})

t.test('PING flood and SETTINGS flood, acknowledgements taken or not: the connection ends', async (t) => {
  const floods = [frame(frameType.ping, 0, 0, Buffer.alloc(8)), frame(frameType.settings, 0, 0)]
  for (const flood of floods) {
    const bench = await ListenerBench.open(t)
    const burst = await RawHttp2.open(t, bench)
    burst.send(...Array<Buffer>(3000).fill(flood))
    await burst.client.awaitEnd()
    const steady = await RawHttp2.open(t, bench)
    for (let round = 0; round < 11 && !steady.client.isEnded; round += 1) {
      const seenCount = steady.frames.length
      steady.send(...Array<Buffer>(100).fill(flood))
      await waitUntil(
        'acknowledgements',
        () => steady.frames.length >= seenCount + 50 || steady.client.isEnded || undefined,
      )
    }
    await steady.client.awaitEnd()
    await bench.awaitNoConnections()
    t.same([bench.rejected('http2'), bench.receivedCount], [2, 0])
  }
})

t.test(
  'floods of frames that carry nothing end the connection; the request under way is inspected as aborted',
  async (t) => {
    const paddingOnly = Buffer.concat([Buffer.from([200]), Buffer.alloc(200)])
    const floods = {
      'WINDOW_UPDATE of the connection': windowUpdate(0),
      'WINDOW_UPDATE of a stream': windowUpdate(1),
      'WINDOW_UPDATE of a stream that has ended': windowUpdate(3),
      PRIORITY: frame(frameType.priority, 0, 1, Buffer.from([0, 0, 0, 0, 16])),
      'empty DATA': data(1, ''),
      'padding alone': frame(frameType.data, 0x8, 1, paddingOnly),
      'frames of a kind that nobody knows': frame(0x50, 0, 0),
      GOAWAY: goaway(code.noError),
    }
    for (const [name, flood] of Object.entries(floods)) {
      const bench = await ListenerBench.open(t)
      const raw = await RawHttp2.open(t, bench)
      raw.send(headers(1, requestFields('/', [], 'POST'), 0), data(1, 'part'), headers(3, requestFields('/3')))
      await bench.awaitRequests(1)
      raw.send(Buffer.concat(Array<Buffer>(Math.ceil((1.5 * 1024 * 1024) / flood.length)).fill(flood)))
      await raw.client.awaitEnd()
      await bench.awaitNoConnections()
      t.same([bench.rejected('http2'), bench.receivedCount, bench.staging.usedBytes], [1, 2, 0], name)
      t.match(bench.requests, [{ target: '/3' }, { body: 'part', flags: 4 }], name)
    }
  },
)

t.test('a client that updates windows with each request keeps its connection', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  const around = Array<Buffer>(60).fill(windowUpdate(0))
  // 60 of 13 bytes each: 780 bytes a request, 1.9 MB in all.
  for (let id = 1; id < 5000; id += 2) {
    raw.send(headers(id, requestFields('/')), ...around)
    if (id % 100 === 99) await bench.awaitRequests((id + 1) / 2)
  }
  await sleep(1200)
  t.same([bench.receivedCount, bench.rejected('http2'), bench.listener.connectionCount], [2500, 0, 1])
})

t.test('stream cap: of streams beyond it none is opened; those within it are served', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  for (let index = 0; index < 140; index += 1)
    raw.send(headers(index * 2 + 1, requestFields(`/${index}`, [], 'POST'), 0))
  await raw.awaitFrames('12 refusals', ({ resets }) => resets.length === 12)
  t.ok(raw.resets.every(([, reason]) => reason === code.refusedStream))
  t.equal(bench.staging.usedBytes, 128 * 4096)
  for (let index = 0; index < 128; index += 1) raw.send(data(index * 2 + 1, 'b', endStream))
  await raw.awaitFrames('128 answers', ({ answered }) => answered.length === 128)
  raw.send(headers(281, requestFields('/after')))
  await raw.awaitFrames('the last answer', ({ answered }) => answered.includes(281))
  t.same([bench.receivedCount, bench.requests.length, bench.outcomes('unparsable')], [141, 129, 12])
  t.equal(bench.staging.usedBytes, 0)
})

t.test('numbers of streams that are left out do not count for more than the bytes that came', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(2 ** 30 + 1, requestFields('/')))
  await bench.awaitRequests(1)
  t.ok(bench.receivedCount < 20, `${bench.receivedCount} were counted`)
})

t.test('malformed heads are refused, counted as unparsable, and their connection lives on', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(
    headers(1, requestFields('/', [['X-Upper', 'a']])),
    headers(3, requestFields('/', [['connection', 'close']])),
    headers(5, [[':method', 'GET']]),
    headers(7, requestFields('/last')),
    headers(9, requestFields('/\x01')),
  )
  await bench.awaitRequests(1)
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [4, 3])
  raw.client.end()
  await bench.awaitNoConnections()
  t.same([bench.receivedCount, bench.outcomes('unparsable')], [5, 4], 'the last one is counted at the end')
})

t.test('frames that break the protocol end the connection', async (t) => {
  const bench = await ListenerBench.open(t)
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/', [], 'POST'), 0), data(1, 'part'))
  await waitUntil('the head to be staged', () => bench.staging.usedBytes > 0 || undefined)
  await sleep(20)
  raw.send(data(0, 'no stream'))
  await raw.client.awaitEnd()
  await bench.awaitNoConnections()
  t.equal(raw.goaways.at(-1)?.[1], code.protocolError)
  t.equal(bench.rejected('http2'), 1)
  t.match(bench.requests, [{ body: 'part', flags: 4 }])
})

t.test('a preface that goes wrong', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')
  await client.awaitEnd()
  await bench.awaitNoConnections()
  t.equal(bench.rejected('http2'), 1)
})

t.test('body-inspect-limit and body-limit: cut, answered, and then not read on', async (t) => {
  const bench = await ListenerBench.open(t, { bodyInspectLimitBytes: 100, bodyLimitBytes: 5000 })
  const raw = await RawHttp2.open(t, bench)
  const post = requestFields('/', [], 'POST')
  raw.send(headers(1, post, 0), data(1, 'b'.repeat(5000), endStream))
  raw.send(headers(3, post, 0), data(3, 'b'.repeat(5000)), data(3, 'b'))
  await raw.awaitFrames('two answers', ({ answered, resets }) => answered.length === 2 && resets.length === 1)
  t.same(raw.resets, [[3, code.noError]])
  t.same(bench.requests.map(({ bodySeenBytes }) => bodySeenBytes).sort(), [5000, 5001])
  for (const request of bench.requests) t.match(request, { body: 'b'.repeat(100), flags: 2 })
})

t.test('in-flight-limit: what finds no room is shed at once and answered', async (t) => {
  const bench = await ListenerBench.open(t, { inFlightLimitBytes: 2 * 4096 })
  const raw = await RawHttp2.open(t, bench)
  const post = requestFields('/', [], 'POST')
  raw.send(headers(1, post, 0), headers(3, post, 0), headers(5, post, 0))
  await raw.awaitFrames('an answer', ({ answered }) => answered.length === 1)
  t.same(raw.answered, [5])
  raw.send(data(1, 'b'.repeat(8000)))
  await raw.awaitFrames('another', ({ answered }) => answered.length === 2)
  raw.send(data(3, 'b', endStream))
  await bench.awaitRequests(1)
  t.same([bench.receivedCount, bench.outcomes('shed'), bench.staging.usedBytes], [3, 2, 0])
  t.match(bench.requests, [{ body: 'b', flags: 0 }])
})

t.test('a client that waits for 100 Continue and is shed gets its answer', async (t) => {
  const bench = await ListenerBench.open(t, { inFlightLimitBytes: 4096 })
  const raw = await RawHttp2.open(t, bench)
  const post = requestFields('/', [['expect', '100-continue']], 'POST')
  raw.send(headers(1, post, 0), headers(3, post, 0))
  await raw.awaitFrames('an answer each', ({ answered }) => answered.length === 2)
  t.equal(bench.outcomes('shed'), 1)
  raw.send(data(1, 'b', endStream))
  await bench.awaitRequests(1)
})

t.test('trailer-limit: what fits is kept', async (t) => {
  const bench = await ListenerBench.open(t, small)
  const raw = await RawHttp2.open(t, bench)
  const post = requestFields('/', [], 'POST')
  raw.send(headers(1, post, 0), headers(1, [['x-trailer', 'v'.repeat(11)]]))
  raw.send(headers(3, post, 0), headers(3, [['x-trailer', 'v'.repeat(12)]]))
  await bench.awaitRequests(2)
  t.match(bench.requests, [
    { trailers: [['x-trailer', 'v'.repeat(11)]], parseError: 'none', flags: 0 },
    { trailers: [['x-trailer', 'v'.repeat(11)]], parseError: 'trailer_too_large', flags: 2 },
  ])
})

t.test('a full queue sheds, and answers', async (t) => {
  const bench = await ListenerBench.open(t, { isQueueFull: true })
  const raw = await RawHttp2.open(t, bench)
  raw.send(headers(1, requestFields('/')), headers(3, requestFields('/', [], 'POST'), 0), data(3, 'b', endStream))
  await raw.awaitFrames('two answers', ({ answered }) => answered.length === 2)
  t.same([bench.receivedCount, bench.outcomes('shed')], [2, 2])
})

t.test('an opening without anything more holds nothing', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.socket.write(opening)
  await client.awaitText('\x04\0\0\0\0\0')
  t.equal(bench.staging.usedBytes, 0)
})
