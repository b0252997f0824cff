import { createHash } from 'node:crypto'
import t from 'tap'
import { headLimitBytes, listOf, type Message, MessageReader } from '#src/doctor/live/message-reader.js'

function read(kind: 'request' | 'answer', text: string, chunkBytes: number): readonly Message[] {
  const messages: Message[] = []
  const reader = new MessageReader(kind, (message) => messages.push(message))
  const bytes = Buffer.from(text)
  for (let start = 0; start < bytes.length; start += chunkBytes) reader.push(bytes.subarray(start, start + chunkBytes))
  reader.end()
  return messages
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

t.test('messages are the same however the stream is cut', async (t) => {
  const text =
    'FOO /é HTTP/1.1\r\nHost: a\r\n\r\n' +
    'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello' +
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n' +
    'GET /last HTTP/1.0\r\n\r\n'
  const whole = read('request', text, text.length)
  t.match(whole, [
    { startLine: /^FOO/, bodyBytes: 0 },
    { bodyBytes: 5, bodyHash: hashOf('hello') },
    { bodyBytes: 5, bodyHash: hashOf('abcde') },
    { startLine: 'GET /last HTTP/1.0', isWhole: true },
  ])
  for (const chunkBytes of [1, 2, 7, 64]) t.strictSame(read('request', text, chunkBytes), whole, `${chunkBytes}`)
})

t.test('a body that is cut off is a message that is not whole', async (t) => {
  t.match(read('request', 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel', 9), [{ bodyBytes: 3, isWhole: false }])
  t.strictSame(read('request', 'GET / HTTP/1.1\r\nHo', 9), [], 'a head that is cut off is nothing')
})

t.test('answers: interim ones are skipped, one without a length lasts until the close', async (t) => {
  const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc'
  t.match(read('answer', text, 5), [{ startLine: /204/ }, { startLine: /200/, bodyBytes: 3, isWhole: true }])
})

t.test('a head without an end and sizes that are none give nothing and hold nothing', async (t) => {
  t.strictSame(read('request', 'x'.repeat(headLimitBytes * 3), 1024), [])
  t.strictSame(read('request', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 10).length, 0)
})

t.test('a list header is read over all its lines', async (t) => {
  t.strictSame(
    listOf(
      [
        ['X-F', 'a, b'],
        ['x-f', ' c,'],
      ],
      'x-f',
    ),
    ['a', 'b', 'c'],
  )
})
