// What gateways send every day, and what they may send by the standard.
import t from 'tap'
import { RecordFlag } from '#src/batch/record-layout.js'
import { onlyRequest, ReaderBench, readChunks, readWhole, requestsOf } from './support/reading.js'

t.test('a request is read with method, target, version, headers in order', async (t) => {
  const reading = readWhole('GET /p?x=1 HTTP/1.1\r\nhost: app.example\r\nX: 1\r\nx: 2\r\n\r\n')
  t.same(onlyRequest(reading), {
    method: 'GET',
    target: '/p?x=1',
    httpVersion: 11,
    headers: [
      ['host', 'app.example'],
      ['X', '1'],
      ['x', '2'],
    ],
    trailers: [],
    body: '',
    bodySeenBytes: 0,
    flags: 0,
    parseError: 'none',
  })
  t.equal(reading.end, 'open')
})

t.test('HTTP/1.1 stays open, HTTP/1.0 and Connection: close end the connection', async (t) => {
  t.equal(readWhole('GET / HTTP/1.1\r\n\r\n').end, 'open')
  t.equal(readWhole('GET / HTTP/1.0\r\n\r\n').end, 'close')
  t.equal(onlyRequest(readWhole('GET / HTTP/1.0\r\n\r\n')).httpVersion, 10)
  t.equal(readWhole('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n').end, 'close')
  t.equal(readWhole('GET / HTTP/1.1\r\nConnection: foo, Close\r\n\r\n').end, 'close')
})

t.test('nothing is read behind a request that ends the connection, and its bytes are counted', async (t) => {
  const bench = new ReaderBench()
  const next = 'GET /2 HTTP/1.1\r\n\r\n'
  bench.feed([`GET /1 HTTP/1.1\r\nConnection: close\r\n\r\n${next}`])
  t.equal(bench.reader.unreadBytes, next.length)
  t.equal(requestsOf(bench.finish()).length, 1)
})

t.test('pipelined requests come out in order', async (t) => {
  const reading = readWhole(
    'GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET GET /3 HTTP/1.1\r\n\r\n',
  )
  t.same(
    requestsOf(reading).map(({ method, target, body }) => [method, target, body]),
    [
      ['GET', '/1', ''],
      ['POST', '/2', 'GET '],
      ['GET', '/3', ''],
    ],
  )
})

t.test('a chunked body comes without its framing, with its trailers', async (t) => {
  const request = onlyRequest(
    readWhole(
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT1: a\r\nT2:\r\nT3: c\r\n\r\n',
    ),
  )
  t.equal(request.body, 'abcde')
  t.equal(request.bodySeenBytes, 5)
  t.same(request.trailers, [
    ['T1', 'a'],
    ['T2', ''],
    ['T3', 'c'],
  ])
})

t.test('64 KiB of one-byte chunks in one chunk of the socket are all kept', async (t) => {
  const head = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
  const pieceCount = Math.floor((64 * 1024 - head.length - 5) / 6)
  const request = onlyRequest(readWhole(`${head}${'1\r\nx\r\n'.repeat(pieceCount)}0\r\n\r\n`))
  t.equal(request.body, 'x'.repeat(pieceCount))
})

t.test('a trailer cannot end the connection: the next request is another client’s', async (t) => {
  const first = 'POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\n'
  const second = 'GET /?x=$globals HTTP/1.1\r\n\r\n'
  for (const chunks of [[first + second], [first, second]]) {
    const reading = readChunks(chunks)
    t.same(
      requestsOf(reading).map(({ target }) => target),
      ['/1', '/?x=$globals'],
    )
    t.equal(reading.end, 'open')
  }
})

t.test('targets: absolute form, for the server, for CONNECT', async (t) => {
  t.equal(onlyRequest(readWhole('GET http://h:1/p?q HTTP/1.1\r\n\r\n')).target, 'http://h:1/p?q')
  t.equal(onlyRequest(readWhole('OPTIONS * HTTP/1.1\r\n\r\n')).target, '*')
  const connect = readWhole('CONNECT h:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n')
  t.match(onlyRequest(connect), { method: 'CONNECT', target: 'h:443', body: '' }, 'the head only')
  t.equal(connect.end, 'close', 'a mirror is no tunnel')
})

t.test('an upgrade is read as any request, and the connection goes on', async (t) => {
  const upgrade = 'POST /u HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc'
  const reading = readWhole(`${upgrade}GET /next HTTP/1.1\r\n\r\n`)
  t.match(requestsOf(reading), [
    { target: '/u', body: 'abc', flags: RecordFlag.upgrade },
    { target: '/next', flags: 0 },
  ])
  t.equal(reading.end, 'open')
})

t.test('a client that waits for 100 Continue is told to go on, once, when the body is missing', async (t) => {
  const head = 'POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n'
  t.match(readChunks([head, 'a', 'bc']).items, ['continue', { body: 'abc' }])
  t.match(readChunks([head.slice(0, 20), head.slice(20), 'abc']).items, ['continue', { body: 'abc' }])
  t.match(readChunks([`${head}abc`]).items, [{ body: 'abc' }])
  t.match(readChunks([`${head}a`, 'bc']).items, [{ body: 'abc' }])
  const refused = head.replace('POST', 'FOO')
  t.match(readChunks([refused, 'abc']).items, ['continue', { method: 'FOO', body: 'abc' }], 'the tolerant reader too')
})

t.test('no interim answer for other expectations and for HTTP/1.0', async (t) => {
  const head = 'POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'
  t.match(readChunks([head.replace('HTTP/1.1', 'HTTP/1.0'), 'abc']).items, [{ body: 'abc' }])
  t.match(readChunks([head.replace('100-continue', '200-ok'), 'abc']).items, [{ body: 'abc' }])
  t.match(readChunks(['POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n', 'abc']).items, [{ body: 'abc' }])
})

t.test('a sender that stops in the head or in the body leaves an aborted request', async (t) => {
  const inHead = onlyRequest(readWhole('GET /?x=$globals HTTP/1.1\r\nHost: a\r\nCoo'))
  t.match(inHead, { method: 'GET', target: '/?x=$globals', parseError: 'head_incomplete' })
  t.equal(inHead.flags, RecordFlag.aborted | RecordFlag.tolerant)
  t.same(inHead.headers, [
    ['Host', 'a'],
    ['', 'Coo'],
  ])
  const inLine = onlyRequest(readWhole('GET /?x=$globals'))
  t.match(inLine, { method: 'GET', target: '/?x=$globals', parseError: 'head_incomplete' })
  const inBody = onlyRequest(readWhole('POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf'))
  t.match(inBody, { body: 'half', bodySeenBytes: 4, flags: RecordFlag.aborted, parseError: 'none' })
  const noBody = onlyRequest(readWhole('POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n'))
  t.match(noBody, { body: '', flags: RecordFlag.aborted })
})

t.test('line ends alone are no request', async (t) => {
  const bench = new ReaderBench()
  bench.feed(['\r\n', '\r\n\n'])
  t.notOk(bench.reader.isInRequest)
  t.same(bench.finish().items, [])
})

t.test('a reader tells where it is', async (t) => {
  const bench = new ReaderBench()
  const states: [boolean, boolean, number][] = []
  for (const chunk of ['GE', 'T / HTTP/1.1\r\nContent-Length: 4\r\n', '\r\n', 'ab', 'cd', 'FO', 'O /']) {
    bench.feed([chunk])
    states.push([bench.reader.isInRequest, bench.reader.isInBody, bench.reader.bodySeenBytes])
  }
  t.same(states, [
    [true, false, 0],
    [true, false, 0],
    [true, true, 0],
    [true, true, 2],
    [false, false, 0],
    [true, false, 0],
    [true, false, 0],
  ])
  bench.finish()
})

t.test('finish and dispose may be repeated, in any order', async (t) => {
  const bench = new ReaderBench()
  bench.feed(['POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf'])
  bench.reader.finish()
  t.equal(bench.finish().items.length, 1)
  bench.reader.dispose()
  bench.reader.finish()
  t.equal(bench.consumer.items.length, 1)
})

t.test('a reader that is disposed of in the middle gives its bytes back', async (t) => {
  for (const text of ['GET / HT', 'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf', 'FOO / HT']) {
    const bench = new ReaderBench()
    bench.feed([text])
    t.ok(bench.staging.usedBytes > 0, 'something is staged')
    bench.reader.dispose()
    t.equal(bench.staging.usedBytes, 0)
    t.same(bench.consumer.items, [])
  }
})
