// HTTP/2 requests become the records that the same requests would become over HTTP/1.
import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import t, { type Test } from 'tap'
import { ListenerBench } from '../support/bench.js'
import { createAuthority } from '../support/certificates.js'
import { Client } from '../support/client.js'
import { opening, preface } from './support/frames.js'

interface Answer {
  readonly status: number | undefined
  readonly resetCode: number | undefined
}

interface Message {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: readonly string[]
  readonly trailers?: OutgoingHttpHeaders
}

function openSession(t: Test, bench: ListenerBench): ClientHttp2Session {
  const session = connect(`http://${bench.addresses[0]}`)
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  return session
}

function request(session: ClientHttp2Session, message: Message): Promise<Answer> {
  const { body, headers = {}, trailers } = message
  const stream = session.request(headers, { endStream: body === undefined, waitForTrailers: trailers !== undefined })
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  if (body !== undefined) {
    for (const piece of body) stream.write(piece)
    stream.end()
  }
  let status: number | undefined
  stream.on('response', (answer) => {
    status = answer[':status']
  })
  stream.on('error', () => {})
  stream.resume()
  return new Promise((resolve) => stream.once('close', () => resolve({ status, resetCode: stream.rstCode })))
}

t.test('head, cookies in crumbs, body and trailers are those of the request; the answer is 204', async (t) => {
  const bench = await ListenerBench.open(t)
  const session = openSession(t, bench)
  const answer = await request(session, {
    headers: {
      ':method': 'POST',
      ':path': '/a%2e//b?x=$globals',
      ':authority': 'app.example:8443',
      cookie: ['a=1', 'b=2', 'c=3'],
      'x-one': 'caf\xe9',
      'content-type': 'text/plain',
    },
    body: ['hel', 'lo'],
    trailers: { 'x-after': 'all' },
  })
  t.same(answer, { status: 204, resetCode: 0 })
  t.match(bench.requests, [
    {
      method: 'POST',
      target: '/a%2e//b?x=$globals',
      httpVersion: 20,
      headers: [
        ['host', 'app.example:8443'],
        ['cookie', 'a=1; b=2; c=3'],
        ['x-one', 'caf\xe9'],
        ['content-type', 'text/plain'],
      ],
      trailers: [['x-after', 'all']],
      body: 'hello',
      bodySeenBytes: 5,
      flags: 0,
      parseError: 'none',
    },
  ])
  t.match(bench.peers, ['127.0.0.1 true'])
  t.ok(Math.abs((bench.receivedAtMs[0] ?? 0) - Date.now()) < 5000)
  t.equal(bench.staging.usedBytes, 0)
  t.same([bench.receivedCount, bench.answers('204')], [1, 1])
})

t.test('requests without a body, also with methods of their own', async (t) => {
  const bench = await ListenerBench.open(t)
  const session = openSession(t, bench)
  t.equal((await request(session, { headers: { ':path': '/' } })).status, 204)
  t.equal((await request(session, { headers: { ':method': 'BREW', ':path': '/pot' } })).status, 204)
  t.equal((await request(session, { headers: { ':method': 'OPTIONS', ':path': '*' } })).status, 204)
  t.match(bench.requests, [
    { method: 'GET', target: '/', body: '', flags: 0 },
    { method: 'BREW', target: '/pot' },
    { method: 'OPTIONS', target: '*' },
  ])
})

t.test('CONNECT has the authority for a target', async (t) => {
  const bench = await ListenerBench.open(t)
  const session = openSession(t, bench)
  await request(session, { headers: { ':method': 'CONNECT', ':authority': 'db.example:5432' }, body: [] })
  t.match(bench.requests, [{ method: 'CONNECT', target: 'db.example:5432', headers: [['host', 'db.example:5432']] }])
})

t.test('many streams of one connection at once', async (t) => {
  const bench = await ListenerBench.open(t)
  const session = openSession(t, bench)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      request(session, { headers: { ':method': 'POST', ':path': `/${index}` }, body: [`body of ${index}`] }),
    ),
  )
  t.ok(answers.every(({ status }) => status === 204))
  t.equal(bench.receivedCount, 100)
  for (const { target, body } of bench.requests) t.equal(body, `body of ${target.slice(1)}`)
  t.equal(bench.listener.connectionCount, 1)
})

t.test('hijacked: the stream is reset after its body, and the connection lives on', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true })
  const session = openSession(t, bench)
  const answers = [
    await request(session, { headers: { ':path': '/a' } }),
    await request(session, { headers: { ':method': 'POST', ':path': '/b' }, body: ['hello'] }),
  ]
  t.same(answers, Array(2).fill({ status: undefined, resetCode: constants.NGHTTP2_CANCEL }))
  t.match(bench.requests, [{ target: '/a' }, { body: 'hello', flags: 0 }])
  t.same([bench.answers('close'), bench.answers('204'), bench.listener.connectionCount], [2, 0, 1])
})

t.test('a client that waits for 100 Continue is told to go on', async (t) => {
  const bench = await ListenerBench.open(t)
  const session = openSession(t, bench)
  const stream = session.request({ ':method': 'POST', ':path': '/', expect: '100-continue' }, { endStream: false })
  await new Promise<void>((resolve) => stream.once('continue', resolve))
  stream.end('the body')
  await bench.awaitRequests(1)
  t.match(bench.requests, [{ body: 'the body' }])
})

t.test('the preface may come in pieces of any size', async (t) => {
  const bench = await ListenerBench.open(t)
  for (let cut = 1; cut < preface.length; cut += 1) {
    const client = await bench.connect(t)
    client.socket.write(opening.subarray(0, cut))
    await new Promise((resolve) => setTimeout(resolve, 2))
    client.socket.write(opening.subarray(cut))
    // Type 4: the settings of the server.
    await client.awaitText('\x04\0\0\0\0\0')
    client.close()
  }
  t.same([bench.rejected('http2'), bench.receivedCount], [0, 0])
})

t.test('behind an HTTP/1 request the preface is no preface', async (t) => {
  const bench = await ListenerBench.open(t)
  const client = await bench.connect(t)
  client.send('GET / HTTP/1.1\r\n\r\n')
  await client.awaitText('204')
  client.socket.write(opening)
  await client.awaitEnd()
  t.equal(bench.rejected('http2'), 1)
  t.equal(bench.receivedCount, 1)
})

t.test('over TLS by ALPN, and by the preface alone; HTTP/1 as before', async (t) => {
  const authority = createAuthority('test authority')
  const bench = await ListenerBench.open(t, { tls: { ...authority.issue('receiver'), clientCa: '' } })
  const address = bench.addresses[0] ?? ''
  const session = connect(`https://${address}`, { ca: authority.cert })
  t.teardown(() => session.destroy())
  t.equal((await request(session, { headers: { ':path': '/alpn' } })).status, 204)
  t.equal(session.alpnProtocol, 'h2')
  const old = await Client.connectTls(address, { ca: authority.cert, ALPNProtocols: ['http/1.1'] })
  old.send('GET /old HTTP/1.1\r\n\r\n')
  await old.awaitText('204 No Content')
  const plain = await Client.connectTls(address, { ca: authority.cert })
  plain.socket.write(opening)
  await plain.awaitText('\x04\0\0\0\0\0')
  t.match(bench.requests, [
    { target: '/alpn', httpVersion: 20 },
    { target: '/old', httpVersion: 11 },
  ])
  old.close()
  plain.close()
})

t.test('peers are checked as for HTTP/1', async (t) => {
  const bench = await ListenerBench.open(t, { peers: ['192.0.2.0/24'] })
  const client = await bench.connect(t)
  client.socket.write(opening)
  await client.awaitEnd()
  t.equal(bench.rejected('peer'), 1)
})
