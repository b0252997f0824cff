// What llhttp refuses is read all the same: a parser error is no way past the rules.
import t from 'tap'
import { RecordFlag } from '#src/batch/record-layout.js'
import { onlyRequest, readChunks, readWhole, requestsOf } from './support/reading.js'

const attack = '/?x=$globals'

t.test('an unknown method is read with target and headers, and closes', async (t) => {
  for (const method of ['FOO', 'get', 'G\xe9T', 'PROXY', 'PROPFINDER', 'A'.repeat(500)]) {
    const reading = readWhole(`${method} ${attack} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.match(onlyRequest(reading), { method, target: attack, httpVersion: 11, headers: [['Host', 'a']] })
    t.match(onlyRequest(reading), { flags: RecordFlag.tolerant, parseError: 'method' })
    t.equal(reading.end, 'close')
  }
})

t.test('any byte may stand in a target', async (t) => {
  for (const target of ['/?x=\xc3\xa9', '/\0', '/\x7f', '/a b c', '/ HTTP/1.0 x', '/a\tb']) {
    const request = onlyRequest(readWhole(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`))
    t.match(request, { method: 'GET', target, httpVersion: 11, headers: [['Host', 'a']] })
    t.equal(request.flags, RecordFlag.tolerant, JSON.stringify(target))
    t.not(request.parseError, 'none')
  }
})

t.test('odd header names and values are kept and named for what they are', async (t) => {
  const cases: readonly (readonly [line: string, name: string, value: string, error: string])[] = [
    ['X@Y: $globals', 'X@Y', '$globals', 'header_name'],
    ['\xe9: v', '\xe9', 'v', 'header_name'],
    ['A\0B: v', 'A\0B', 'v', 'header_name'],
    ['Name : v', 'Name', 'v', 'header_name'],
    [': v', '', 'v', 'header_name'],
    ['no colon $globals', '', 'no colon $globals', 'header_name'],
    ['A: a\0b', 'A', 'a\0b', 'header_value'],
    ['A: a\x01', 'A', 'a\x01', 'header_value'],
    ['A: a\rB: b', 'A', 'a\rB: b', 'header_value'],
  ]
  for (const [line, name, value, error] of cases) {
    const request = onlyRequest(readWhole(`GET / HTTP/1.1\r\n${line}\r\nLast: 1\r\n\r\n`))
    t.same(
      request.headers,
      [
        [name, value],
        ['Last', '1'],
      ],
      JSON.stringify(line),
    )
    t.equal(request.parseError, error, JSON.stringify(line))
  }
})

t.test('a folded line belongs to the header above, whose span holds the line end too', async (t) => {
  const request = onlyRequest(readWhole('GET / HTTP/1.1\r\nA: a\r\n\t$globals\r\nB: b\r\n\r\n'))
  t.same(request.headers, [
    ['A', 'a\r\n\t$globals'],
    ['B', 'b'],
  ])
  t.equal(request.parseError, 'header_value')
})

t.test('headers behind a line of white space are read: it does not end the head', async (t) => {
  const request = onlyRequest(readWhole(`FOO / HTTP/1.1\r\nA: a\r\n \t\r\nX: $globals\r\n\r\n`))
  t.same(request.headers.at(-1), ['X', '$globals'])
})

t.test('a head whose lines all end in bare line feeds is read, with its body, and closes', async (t) => {
  const reading = readWhole('POST / HTTP/1.1\nA: a\nContent-Length: 5\n\nhello')
  t.match(onlyRequest(reading), { headers: [['A', 'a'], {}], body: 'hello', parseError: 'line_ending' })
  t.equal(reading.end, 'close')
})

t.test('of a head with both line ends, what follows is inspected: another reader may see headers there', async (t) => {
  const reading = readWhole('GET / HTTP/1.1\r\nA: a\nB: b\n\nX: $globals\r\n\r\n')
  t.match(onlyRequest(reading), {
    headers: [
      ['A', 'a'],
      ['B', 'b'],
    ],
    body: 'X: $globals\r\n\r\n',
    parseError: 'line_ending',
  })
  t.equal(reading.end, 'bad-request')
})

t.test('request lines with other white space, without a version, with only a version', async (t) => {
  t.match(onlyRequest(readWhole('GET\t/\tHTTP/1.1\r\n\r\n')), { method: 'GET', target: '/', httpVersion: 11 })
  t.match(onlyRequest(readWhole(' GET / HTTP/1.1 \r\n\r\n')), { method: 'GET', target: '/', httpVersion: 11 })
  t.match(onlyRequest(readWhole(`GET ${attack}\r\n\r\n`)), { method: 'GET', target: attack })
  t.match(onlyRequest(readWhole('FOO HTTP/1.1\r\n\r\n')), { method: 'FOO', target: 'HTTP/1.1', httpVersion: 0 })
  t.match(onlyRequest(readWhole('GET / HTTP/1.7\r\n\r\n')), { httpVersion: 17, parseError: 'version' })
  t.match(onlyRequest(readWhole('GET / HTTPS/1.1\r\n\r\n')), { target: '/ HTTPS/1.1', httpVersion: 0 })
})

t.test('only what has no request line is unparsable', async (t) => {
  for (const text of ['hello\r\n\r\n', '\0\0\0\r\n\r\n', 'GET\r\n\r\n', '{"a":1}\n\n']) {
    const reading = readWhole(text)
    t.match(reading.items, [/^unparsable: /], JSON.stringify(text))
    t.equal(reading.end, 'bad-request')
  }
  t.same(readWhole('GET').items, ['unparsable: head_incomplete'])
})

t.test('the body of a refused head is framed by llhttp: by length or in chunks, with trailers', async (t) => {
  const byLength = readWhole('FOO / HTTP/1.1\r\nX: 1\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\n\r\n')
  t.match(onlyRequest(byLength), { body: 'hello', bodySeenBytes: 5 })
  t.equal(byLength.end, 'close', 'and nothing behind it is believed')
  const inChunks = readWhole(
    'GET /\xe9 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nT: $globals\r\n\r\n',
  )
  t.match(onlyRequest(inChunks), { body: 'hello', trailers: [['T', '$globals']], parseError: 'target' })
})

t.test('a body that does not fit its framing behind a refused head is inspected as it is', async (t) => {
  const reading = readWhole('FOO / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!!GET /?x=$globals')
  t.match(onlyRequest(reading), { body: 'hello!!GET /?x=$globals', parseError: 'chunk' })
  t.equal(reading.end, 'bad-request')
})

t.test('a large body in the chunk of a refused head does not make its head too large', async (t) => {
  const body = 'b'.repeat(5000)
  const text = `FOO / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  t.match(onlyRequest(readChunks([text], { headLimitBytes: 1024 })), { body, parseError: 'method' })
})

t.test('bytes of other protocols are told by their first bytes, and are no requests', async (t) => {
  const cases: readonly (readonly [text: string, end: string])[] = [
    ['\x16\x03\x01\x02\0', 'foreign tls'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'foreign http2'],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n', 'foreign proxy_protocol'],
    ['PROXY TCP6 ::1 ::1 1 2\r\n', 'foreign proxy_protocol'],
    ['PROXY UNKNOWN\r\n', 'foreign proxy_protocol'],
    ['\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c', 'foreign proxy_protocol'],
  ]
  for (const [text, end] of cases) {
    t.match(readWhole(text), { items: [], end, leakedBytes: 0 }, JSON.stringify(text))
    t.match(readChunks([...text]), { items: [], end, leakedBytes: 0 }, `${JSON.stringify(text)} byte by byte`)
  }
})

t.test('foreign bytes behind a request end the connection too', async (t) => {
  const reading = readWhole('GET / HTTP/1.1\r\n\r\n\x16\x03\x01')
  t.equal(requestsOf(reading).length, 1)
  t.equal(reading.end, 'foreign tls')
})
