// Access log lines into requests.
import t from 'tap'
import { logLineToRequest, unescapeLogText } from '#src/commands/scan/access-log.js'

function rawOf(line: string): string | undefined {
  const request = logLineToRequest(line)
  return typeof request === 'object' ? request.raw.toString('latin1') : request
}

const prefix = '203.0.113.7 - - [10/Oct/2026:13:55:36 +0000]'

t.test('a combined line gives request line, referer, user agent and peer', async (t) => {
  const line = `203.0.113.7 - alice [10/Oct/2026:13:55:36 +0000] "GET /a?x=1 HTTP/1.1" 200 2326 "http://r/" "Mozilla/5.0"`
  const request = logLineToRequest(line)
  t.match(request, { peer: '203.0.113.7' })
  t.equal(rawOf(line), 'GET /a?x=1 HTTP/1.1\r\nReferer: http://r/\r\nUser-Agent: Mozilla/5.0\r\n\r\n')
})

t.test('a common line, absent fields, further fields, and a virtual host in front', async (t) => {
  t.equal(rawOf(`${prefix} "GET / HTTP/1.0" 200 -`), 'GET / HTTP/1.0\r\n\r\n')
  t.equal(rawOf(`${prefix} "GET / HTTP/1.1" 200 0 "-" "-"`), 'GET / HTTP/1.1\r\n\r\n')
  t.equal(
    rawOf(`${prefix} "GET / HTTP/1.1" 200 0 "-" "ua" "10.0.0.1" 0.003`),
    'GET / HTTP/1.1\r\nUser-Agent: ua\r\n\r\n',
  )
  t.match(logLineToRequest(`app.example:443 ::1 - - [x] "GET / HTTP/1.1" 200 0 "-" "-"`), { peer: '::1' })
  t.equal(
    rawOf(`app.example:443 ::1 - - [x] "GET / HTTP/1.1" 200 0`),
    'GET / HTTP/1.1\r\nHost: app.example:443\r\n\r\n',
  )
})

t.test('escapes of nginx and Apache are undone', async (t) => {
  t.equal(unescapeLogText('a\\"b\\\\c\\x22\\x3C\\n\\t'), 'a"b\\c"<\n\t')
  t.equal(unescapeLogText('\\q \\xZZ \\'), '\\q \\xZZ \\', 'what is no escape stays')
  t.equal(unescapeLogText('\\\\x41'), '\\x41', 'an escaped backslash escapes nothing')
  t.equal(
    rawOf(`${prefix} "GET /?a=\\x22\\xC3\\xA9 HTTP/1.1" 200 0 "-" "a \\"b\\""`),
    'GET /?a="\xc3\xa9 HTTP/1.1\r\nUser-Agent: a "b"\r\n\r\n',
  )
})

t.test('decoded line breaks do not make a second request', async (t) => {
  t.equal(
    rawOf(`${prefix} "GET /\\x0d\\x0aX: y HTTP/1.1" 400 0 "-" "u\\r\\n\\r\\nGET /"`),
    'GET /  X: y HTTP/1.1\r\nUser-Agent: u    GET /\r\n\r\n',
  )
})

t.test('HTTP/2 and HTTP/3 requests become what a gateway would send', async (t) => {
  for (const version of ['2.0', '2', '3.0', '3'])
    t.equal(rawOf(`${prefix} "GET / HTTP/${version}" 200 0`), 'GET / HTTP/1.1\r\n\r\n')
  t.equal(rawOf(`${prefix} "GET /HTTP/2.0" 200 0`), 'GET /HTTP/2.0\r\n\r\n')
})

t.test('bytes of something else than HTTP are handed on as they came', async (t) => {
  t.equal(rawOf(`${prefix} "\\x16\\x03\\x01" 400 150 "-" "-"`), '\x16\x03\x01\r\n\r\n')
})

t.test('a line without a request and a line of another format', async (t) => {
  t.equal(logLineToRequest(`${prefix} "-" 408 0 "-" "-"`), 'no-request')
  t.equal(logLineToRequest(`${prefix} "" 400 0 "-" "-"`), 'no-request')
  for (const line of ['', 'hello', 'GET / HTTP/1.1', `${prefix} "GET / HTTP/1.1`, `${prefix} GET / 200 0`]) {
    t.equal(logLineToRequest(line), undefined, line)
  }
})

t.test('a hostile line takes no time to refuse', async (t) => {
  t.equal(logLineToRequest(`${prefix} "${'\\'.repeat(200_001)}`), undefined)
  t.equal(logLineToRequest(`${'a '.repeat(100_000)}`), undefined)
  t.equal(logLineToRequest(`${prefix} "${'\\"'.repeat(100_000)}" x`), undefined)
})
