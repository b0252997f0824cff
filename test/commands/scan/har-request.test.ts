// HAR requests into HTTP/1.1 bytes.
import t from 'tap'
import { harRequestToRaw } from '#src/commands/scan/har-request.js'

const rawOf = (request: unknown): string => harRequestToRaw(request).toString('utf8')

t.test('method, target, host and headers', async (t) => {
  const headers = [
    { name: 'Accept', value: '*/*' },
    { name: 'X-Twice', value: '1' },
    { name: 'X-Twice', value: '2' },
  ]
  t.equal(
    rawOf({ method: 'GET', url: 'https://app.example:8443/a/../b?x=%24globals&y=1#frag', headers }),
    'GET /a/../b?x=%24globals&y=1 HTTP/1.1\r\nHost: app.example:8443\r\nAccept: */*\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n',
  )
})

t.test('a recorded host wins, pseudo-headers and framing headers go', async (t) => {
  const headers = [
    { name: ':authority', value: 'a' },
    { name: 'host', value: 'recorded' },
    { name: 'Content-Length', value: '99' },
    { name: 'transfer-encoding', value: 'chunked' },
    { name: 'Connection', value: 'close' },
    { name: 'Expect', value: '100-continue' },
  ]
  t.equal(rawOf({ method: 'GET', url: 'http://u:p@h/', headers }), 'GET / HTTP/1.1\r\nhost: recorded\r\n\r\n')
})

t.test('odd URLs', async (t) => {
  const lineOf = (url: string): string | undefined => rawOf({ method: 'GET', url, headers: [] }).split('\r\n')[0]
  t.equal(lineOf('http://h'), 'GET / HTTP/1.1')
  t.equal(lineOf('http://h?x=1'), 'GET /?x=1 HTTP/1.1')
  t.equal(lineOf('/only/path'), 'GET /only/path HTTP/1.1')
  t.equal(lineOf('http://h/a b\r\nX: y'), 'GET /a%20b%0D%0AX:%20y HTTP/1.1')
  t.equal(lineOf('http://h/é'), 'GET /é HTTP/1.1')
  t.equal(lineOf('http://h/?u=http://x/#f'), 'GET /?u=http://x/ HTTP/1.1')
})

t.test('a body as text is framed by its bytes and gets its type', async (t) => {
  t.equal(
    rawOf({
      method: 'POST',
      url: 'http://h/',
      headers: [],
      postData: { mimeType: 'application/json', text: '{"é":1}' },
    }),
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"é":1}',
  )
})

t.test('a recorded content type is kept, and a base64 body decoded', async (t) => {
  const headers = [{ name: 'content-type', value: 'a/b' }]
  const postData = { mimeType: 'c/d', text: 'AP8=', encoding: 'base64' }
  const raw = harRequestToRaw({ method: 'POST', url: 'http://h/', headers, postData })
  t.match(raw.toString('latin1'), /content-type: a\/b\r\nContent-Length: 2\r\n\r\n\x00\xff$/)
})

t.test('params without text become a form', async (t) => {
  const params = [
    { name: 'a b', value: '1&2' },
    { name: 'c', value: '$globals' },
  ]
  const postData = { mimeType: 'application/x-www-form-urlencoded', params }
  const lone = { mimeType: '', params: [{ name: '\ud800', value: '' }] }
  t.match(rawOf({ postData: lone }), /%EF%BF%BD=$/)
  t.match(
    rawOf({ method: 'POST', url: 'http://h/', headers: [], postData }),
    /Content-Length: 24\r\n\r\na%20b=1%262&c=%24globals$/,
  )
})

t.test('params of a multipart body become one, with a boundary that no value holds', async (t) => {
  const params = [
    { name: 'f"ile', value: 'x mirrorwaf-scan y', fileName: 'a\r\n.txt', contentType: 'text/plain' },
    { name: 'c', value: '1' },
  ]
  const headers = [{ name: 'Content-Type', value: 'multipart/form-data; boundary=recorded' }]
  const raw = rawOf({
    method: 'POST',
    url: 'http://h/',
    headers,
    postData: { mimeType: 'multipart/form-data', params },
  })
  t.notMatch(raw, /boundary=recorded/)
  t.match(raw, /Content-Type: multipart\/form-data; boundary=mirrorwaf-scan-\r\n/)
  t.match(
    raw,
    /--mirrorwaf-scan-\r\nContent-Disposition: form-data; name="f%22ile"; filename="a%0D%0A\.txt"\r\nContent-Type: text\/plain\r\n\r\nx mirrorwaf-scan y\r\n/,
  )
  t.match(raw, /\r\n--mirrorwaf-scan---\r\n$/)
})

t.test('no recorded part can end the head or begin another request', async (t) => {
  const headers = [
    { name: 'A\r\nB', value: '1\r\n\r\nGET /2 HTTP/1.1' },
    { name: '', value: 'x' },
    { name: 'C:D', value: '2' },
  ]
  t.equal(
    rawOf({ method: 'G E\r\nT', url: 'http://h/', headers }),
    'GET / HTTP/1.1\r\nHost: h\r\nAB: 1    GET /2 HTTP/1.1\r\nCD: 2\r\n\r\n',
  )
})

t.test('whatever is missing is empty', async (t) => {
  t.equal(rawOf({}), 'GET / HTTP/1.1\r\nHost: \r\n\r\n')
  t.equal(rawOf(null), 'GET / HTTP/1.1\r\nHost: \r\n\r\n')
  t.equal(rawOf({ postData: {} }), 'GET / HTTP/1.1\r\nHost: \r\n\r\n')
  t.match(rawOf({ postData: { text: '' } }), /Content-Length: 0\r\n\r\n$/)
})
