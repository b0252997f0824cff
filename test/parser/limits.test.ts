// Each limit: the last value that is accepted and the first that is not, in one chunk and byte by byte.
import t, { type Test } from 'tap'
import { RecordFlag } from '#src/batch/record-layout.js'
import type { ParserLimits } from '#src/parser/limits.js'
import { onlyRequest, type Reading, readChunks } from './support/reading.js'

/** Reads whole and byte by byte; both must be the same. */
function read(t: Test, text: string, limits: Partial<ParserLimits>): Reading {
  const whole = readChunks([text], limits)
  t.same(readChunks([...text], limits), whole, 'byte by byte as whole')
  t.equal(whole.leakedBytes, 0)
  return whole
}

/** A head whose last byte that counts, the end of its last header value, is at `length`. */
function headOf(length: number, method = 'GET'): string {
  const start = `${method} / HTTP/1.1\r\nA: `
  return `${start}${'a'.repeat(length - start.length)}`
}

t.test('head-limit: to the end of the last value; what is longer is cut, inspected and answered 431', async (t) => {
  const limits = { headLimitBytes: 1024 }
  const accepted = read(t, `${headOf(1024)}\r\n\r\n`, limits)
  t.match(onlyRequest(accepted), { parseError: 'none', flags: 0 })
  t.equal(accepted.end, 'open')
  const rejected = read(t, `${headOf(1025)}\r\n\r\nGET /2 HTTP/1.1\r\n\r\n`, limits)
  t.match(onlyRequest(rejected), { target: '/', parseError: 'head_too_large' })
  t.equal(onlyRequest(rejected).flags, RecordFlag.tolerant | RecordFlag.truncated)
  t.equal(rejected.end, 'head-too-large')
})

t.test('head-limit: the tolerant reader accepts as much', async (t) => {
  const limits = { headLimitBytes: 1024 }
  t.match(onlyRequest(read(t, `${headOf(1024, 'FOO')}\r\n\r\n`, limits)), { parseError: 'method' })
  t.match(onlyRequest(read(t, `${headOf(1025, 'FOO')}\r\n\r\n`, limits)), { parseError: 'head_too_large' })
})

t.test('head-limit: bytes behind the cut are inspected as a body', async (t) => {
  const request = onlyRequest(read(t, `${headOf(2000)}\r\nX: $globals\r\n\r\n`, { headLimitBytes: 1024 }))
  t.equal(request.headers[0]?.[1].length, 1024 + 4 - 'GET / HTTP/1.1\r\nA: '.length)
  t.match(request.body, /^a+\r\nX: \$globals\r\n\r\n$/)
})

t.test('head-limit holds for runs of white space, which no callback shows', async (t) => {
  const starts = ['GET / HTTP/1.1\r\nA:', 'GET ', 'OPTIONS / HTTP/1.1\r\nA: b\r\nC:\t']
  for (const start of starts) {
    const reading = read(t, `${start}${' '.repeat(5000)}`, { headLimitBytes: 1024 })
    t.match(JSON.stringify(reading.items), /head_too_large/, JSON.stringify(start))
  }
  const beforeVersion = (length: number): string =>
    `GET /${' '.repeat(length - 'GET /HTTP/1.1'.length)}HTTP/1.1\r\n\r\n`
  t.match(onlyRequest(read(t, beforeVersion(1024), { headLimitBytes: 1024 })), { target: '/', parseError: 'none' })
  t.match(onlyRequest(read(t, beforeVersion(1025), { headLimitBytes: 1024 })), { parseError: 'head_too_large' })
})

t.test('header-limit: one more is kept as a nameless value with the rest of the head, and answered 431', async (t) => {
  for (const method of ['GET', 'FOO']) {
    const head = (count: number): string => `${method} / HTTP/1.1\r\n${'A: a\r\n'.repeat(count)}\r\n`
    const accepted = read(t, head(4), { headerLimitCount: 4 })
    t.equal(onlyRequest(accepted).headers.length, 4)
    t.equal(onlyRequest(accepted).parseError, method === 'GET' ? 'none' : 'method')
    const rejected = read(t, head(6), { headerLimitCount: 4 })
    t.match(onlyRequest(rejected), { parseError: 'too_many_headers' })
    t.same(onlyRequest(rejected).headers.at(-1), ['', 'A: a\r\nA: a\r\n\r\n'])
    t.equal(onlyRequest(rejected).headers.length, 5)
    t.equal(rejected.end, 'head-too-large')
  }
})

t.test('target-limit: a longer target is inspected whole, flagged, and closes', async (t) => {
  const head = (length: number): string => `GET /${'t'.repeat(length - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`
  const accepted = read(t, head(300), { targetLimitBytes: 300 })
  t.match(onlyRequest(accepted), { parseError: 'none' })
  const rejected = read(t, head(301), { targetLimitBytes: 300 })
  t.match(onlyRequest(rejected), {
    parseError: 'target_too_large',
    flags: RecordFlag.tolerant,
    headers: [['Host', 'a']],
  })
  t.equal(onlyRequest(rejected).target.length, 301)
  t.equal(rejected.end, 'close')
})

t.test('trailer-limit: what is over it is cut, and the request ends there', async (t) => {
  const chunked = (trailers: string): string =>
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n${trailers}\r\n`
  const limits = { trailerLimitBytes: 10 }
  const accepted = read(t, chunked('abc: 12\r\nde: 345\r\n'), limits)
  t.match(onlyRequest(accepted), { flags: 0, parseError: 'none' })
  t.same(onlyRequest(accepted).trailers, [
    ['abc', '12'],
    ['de', '345'],
  ])
  const rejected = read(t, `${chunked('abc: 12\r\nde: 3456\r\n')}GET /2 HTTP/1.1\r\n\r\n`, limits)
  t.match(onlyRequest(rejected), { body: 'OK', flags: RecordFlag.truncated, parseError: 'trailer_too_large' })
  t.same(onlyRequest(rejected).trailers, [
    ['abc', '12'],
    ['de', '345'],
  ])
  t.equal(rejected.end, 'close')
  t.match(onlyRequest(read(t, chunked('a: 1\r\n'), { trailerLimitBytes: 0 })), { parseError: 'trailer_too_large' })
})

t.test('trailers count against the limit of headers too', async (t) => {
  const chunked = (count: number): string =>
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'a: 1\r\n'.repeat(count)}\r\n`
  t.match(onlyRequest(read(t, chunked(3), { headerLimitCount: 3 })), { parseError: 'none' })
  t.match(onlyRequest(read(t, chunked(4), { headerLimitCount: 3 })), { parseError: 'trailer_too_large' })
})

t.test('body-inspect-limit: what follows is read, counted and dropped', async (t) => {
  const post = (length: number): string => `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${'b'.repeat(length)}`
  const limits = { bodyInspectLimitBytes: 100 }
  const accepted = onlyRequest(read(t, post(100), limits))
  t.match(accepted, { bodySeenBytes: 100, flags: 0 })
  const cut = read(t, post(101), limits)
  t.match(onlyRequest(cut), { body: 'b'.repeat(100), bodySeenBytes: 101, flags: RecordFlag.truncated })
  t.equal(cut.end, 'open', 'the connection goes on')
  t.match(onlyRequest(read(t, post(7), { bodyInspectLimitBytes: 0 })), { body: '', bodySeenBytes: 7 })
})

t.test('body-limit: one byte more ends the request, which is inspected up to the limit', async (t) => {
  const post = (length: number): string => `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${'b'.repeat(length)}`
  const limits = { bodyLimitBytes: 100 }
  const accepted = read(t, `${post(100)}GET /2 HTTP/1.1\r\n\r\n`, limits)
  t.match(accepted.items, [{ bodySeenBytes: 100, flags: 0 }, { target: '/2' }])
  const rejected = read(t, `${post(101)}GET /2 HTTP/1.1\r\n\r\n`, limits)
  t.match(onlyRequest(rejected), { body: 'b'.repeat(100), flags: RecordFlag.truncated })
  t.equal(rejected.end, 'close')
  t.match(read(t, post(1), { bodyLimitBytes: 0 }), { items: [{ body: '' }], end: 'close' })
})

t.test('body-limit: a body that never ends is answered when it is over', async (t) => {
  const head = 'POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n'
  const reading = readChunks([head, 'b'.repeat(60), 'b'.repeat(60), 'b'.repeat(60)], { bodyLimitBytes: 100 })
  t.match(onlyRequest(reading), { body: 'b'.repeat(100), bodySeenBytes: 120, flags: RecordFlag.truncated })
  t.equal(reading.end, 'close')
})
