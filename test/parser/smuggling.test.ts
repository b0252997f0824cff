// Shapes by which two readers come to disagree where a request ends: inspected, flagged, and nothing behind them is a request.
import t from 'tap'
import { onlyRequest, readChunks, readWhole, requestsOf } from './support/reading.js'

const smuggled = 'GET /smuggled?x=$globals HTTP/1.1\r\nHost: a\r\n\r\n'

/** What is wrong with the framing: header lines, body, expected parse error. */
const shapes: Readonly<Record<string, readonly [headers: string, body: string, error: string]>> = {
  'length, then encoding': ['Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nG', 'length_and_encoding'],
  'encoding, then length': ['Transfer-Encoding: chunked\r\nContent-Length: 3', 'abc', 'length_and_encoding'],
  'two different lengths': ['Content-Length: 3\r\nContent-Length: 9', 'abc', 'content_length'],
  'two equal lengths': ['Content-Length: 3\r\nContent-Length: 3', 'abc', 'content_length'],
  'lengths in a list': ['Content-Length: 3, 3', 'abc', 'content_length'],
  'a signed length': ['Content-Length: +3', 'abc', 'content_length'],
  'a negative length': ['Content-Length: -3', 'abc', 'content_length'],
  'a hexadecimal length': ['Content-Length: 0x3', 'abc', 'content_length'],
  'a length with a space in it': ['Content-Length: 3 3', 'abc', 'content_length'],
  'an empty length': ['Content-Length:', 'abc', 'content_length'],
  'a length beyond 64 bits': ['Content-Length: 99999999999999999999999', 'abc', 'content_length'],
  'a space before the colon': ['Content-Length : 3', 'abc', 'header_name'],
  'a space before the name': [' Content-Length: 3', 'abc', 'header_name'],
  'a folded length': ['X: 1\r\n Content-Length: 3', 'abc', 'header_value'],
  'gzip as the last encoding': ['Transfer-Encoding: gzip', 'abc', 'transfer_encoding'],
  'an empty encoding': ['Transfer-Encoding:', '0\r\n\r\n', 'transfer_encoding'],
  'an encoding of white space': ['tRANSFER-eNCODING: \t ', '0\r\n\r\n', 'transfer_encoding'],
  'an empty encoding and a length': ['Content-Length: 3\r\nTransfer-Encoding:', 'abc', 'length_and_encoding'],
  'chunked, but not last': ['Transfer-Encoding: chunked, gzip', 'abc', 'transfer_encoding'],
  'chunked twice': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '3\r\nabc\r\n', 'transfer_encoding'],
  'chunked, then identity': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', 'abc', 'transfer_encoding'],
  'chunked in quotes': ['Transfer-Encoding: "chunked"', 'abc', 'transfer_encoding'],
  'chunked behind a vertical tab': ['Transfer-Encoding: \x0bchunked', 'abc', 'header_value'],
  'encoding before a colon with a space': ['Transfer-Encoding : chunked', '0\r\n\r\n', 'header_name'],
  'a folded encoding': ['Transfer-Encoding:\r\n chunked', '0\r\n\r\n', 'header_value'],
  'encoding behind a bare line feed': ['X: 1\nTransfer-Encoding: chunked', '0\r\n\r\n', 'line_ending'],
}

for (const [name, [headers, body, error]] of Object.entries(shapes)) {
  t.test(`${name}: all bytes are inspected as this request's`, async (t) => {
    const head = `POST /first HTTP/1.1\r\n${headers}\r\n\r\n`
    for (const chunks of [[head + body + smuggled], [head, body, smuggled], [...(head + body + smuggled)]]) {
      const reading = readChunks(chunks)
      t.match(onlyRequest(reading), { method: 'POST', target: '/first', body: body + smuggled, parseError: error })
      t.equal(reading.end, 'bad-request')
      t.equal(reading.leakedBytes, 0)
    }
  })
}

const chunkFaults: Readonly<Record<string, readonly [sent: string, kept: string, error: string]>> = {
  'a size that is no number': ['ZZ\r\n', 'ZZ\r\n', 'chunk'],
  'a size in 0x': ['0x3\r\nabc\r\n', 'x3\r\nabc\r\n', 'chunk'],
  'a size beyond 64 bits': [`${'F'.repeat(17)}\r\n`, '\r\n', 'chunk'],
  'a size with a space': ['3 \r\nabc\r\n', '\r\nabc\r\n', 'chunk'],
  'a bare line feed behind the size': ['3\nabc\r\n', 'abc\r\n', 'line_ending'],
  'more bytes than the size': ['3\r\nabcd\r\n', 'abcd\r\n', 'chunk'],
  'a trailer of Content-Length': ['0\r\nContent-Length: 3\r\n\r\n', ' 3\r\n\r\n', 'content_length'],
  'a trailer of Transfer-Encoding': ['0\r\nTransfer-Encoding: gzip\r\n\r\n', 'zip\r\n\r\n', 'transfer_encoding'],
}

for (const [name, [sent, kept, error]] of Object.entries(chunkFaults)) {
  t.test(`${name}: framing is lost there, the bytes from there on are inspected`, async (t) => {
    const head = 'POST /first HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n'
    for (const chunks of [[head + sent + smuggled], [head, sent, smuggled], [...(head + sent + smuggled)]]) {
      const reading = readChunks(chunks)
      t.match(onlyRequest(reading), { target: '/first', body: `OK${kept}${smuggled}`, parseError: error })
      t.equal(reading.end, 'bad-request')
    }
  })
}

t.test('a trailer name that is refused half-way is inspected up to there as a name, behind it as body', async (t) => {
  const text = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: a\r\n$glob@ls: 1\r\n\r\n'
  for (const chunks of [[text], [...text]]) {
    t.match(onlyRequest(readChunks(chunks)), {
      trailers: [
        ['A', 'a'],
        ['$glob', ''],
      ],
      body: '@ls: 1\r\n\r\n',
      parseError: 'header_name',
    })
  }
})

t.test('what is odd but framed for all the same is no reason to close', async (t) => {
  const cases = ['Content-Length: 3 ', 'Content-Length:\t3', 'content-LENGTH: 003', 'Transfer-Encoding: gzip, chunked']
  for (const header of cases) {
    const body = header.startsWith('T') ? '3\r\nabc\r\n0\r\n\r\n' : 'abc'
    const reading = readWhole(`POST / HTTP/1.1\r\n${header}\r\n\r\n${body}GET /2 HTTP/1.1\r\n\r\n`)
    t.match(requestsOf(reading), [{ body: 'abc', parseError: 'none' }, { target: '/2' }], header)
    t.equal(reading.end, 'open')
  }
})

t.test('bytes behind a lost framing are kept when one chunk is longer than the parser takes at once', async (t) => {
  const tail = 'z'.repeat(200_000)
  const reading = readWhole(`POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ${tail}`)
  t.equal(onlyRequest(reading).body, `ZZ${tail}`)
})
