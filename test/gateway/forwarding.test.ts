// Seed 003: what reaches the backend, and what comes back.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  get,
  headerValues,
  parseEcho,
  rawValues,
  readBody,
  send,
  startBackend,
  startEcho,
  startRawBackend,
} from './support/backend.js'
import { startTestGateway } from './support/gateway.js'

t.test('003.7 scheme and host change, path and query stay byte for byte', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const target = '/a%2e%2e//b;c=%zz/../d?x=%24globals&y=a+b&&=&z'
  t.equal(parseEcho(await get(port, target)).url, target)
  t.equal(parseEcho(await get(port, `http://app.example${target}`)).url, target, 'an absolute target')
})

t.test(
  '003.8 hop-by-hop headers stay here, also those that Connection names; Host and Authorization arrive',
  async (t) => {
    const echo = await startEcho(t)
    const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
    const answer = await send(
      port,
      [
        'GET / HTTP/1.1',
        'Host: app.example:8443',
        'Authorization: Bearer token',
        'Keep-Alive: timeout=5',
        'TE: trailers',
        'Upgrade: websocket',
        'Proxy-Authorization: secret',
        'X-Private: 1',
        'Connection: close, X-Private, Host, Upgrade',
        '',
        '',
      ].join('\r\n'),
    )
    const { raw } = parseEcho(answer)
    for (const name of ['keep-alive', 'te', 'upgrade', 'proxy-authorization', 'x-private']) {
      t.strictSame(rawValues(raw, name), [], name)
    }
    t.strictSame(rawValues(raw, 'host'), ['app.example:8443'])
    t.strictSame(rawValues(raw, 'authorization'), ['Bearer token'])
    t.strictSame(headerValues(answer.head, 'connection'), ['close'])
  },
)

t.test('003.8 Host is the backend’s own when that is asked for', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`], host: 'backend' })
  const { raw } = parseEcho(await get(port, '/'))
  t.strictSame(rawValues(raw, 'host'), [`127.0.0.1:${echo.port}`])
  t.strictSame(rawValues(raw, 'x-forwarded-host'), ['app.example'])
})

t.test('repeated headers and bytes above 127 arrive as they were sent', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const { raw } = parseEcho(await get(port, '/', 'X-A: 1', 'x-a: \xe9', 'Cookie: a=1', 'Cookie: b=2'))
  t.strictSame(rawValues(raw, 'x-a'), ['1', '\xe9'])
  t.ok(raw.includes('X-A') && raw.includes('x-a'), 'case stays')
  t.strictSame(rawValues(raw, 'cookie'), ['a=1', 'b=2'])
})

t.test('forwarding headers of strangers are replaced, those of a trusted proxy added to', async (t) => {
  const echo = await startEcho(t)
  const lies = [
    'X-Forwarded-For: 9.9.9.9',
    'Forwarded: for=9.9.9.9',
    'X-Forwarded-Proto: https',
    'X-Mirrorwaf-Truncated: 1',
  ]
  const stranger = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const alone = parseEcho(await get(stranger.port, '/', ...lies)).raw
  t.strictSame(rawValues(alone, 'x-forwarded-for'), ['127.0.0.1'])
  t.strictSame(rawValues(alone, 'x-forwarded-proto'), ['http'])
  t.strictSame(rawValues(alone, 'forwarded'), [])
  t.strictSame(rawValues(alone, 'x-mirrorwaf-truncated'), [])
  const trusting = await startTestGateway(t, { routes: [`/=${echo.origin}`], trustedProxies: ['127.0.0.0/8'] })
  const added = parseEcho(await get(trusting.port, '/', ...lies)).raw
  t.strictSame(rawValues(added, 'x-forwarded-for'), ['9.9.9.9, 127.0.0.1'])
  t.strictSame(rawValues(added, 'x-forwarded-proto'), ['https'])
})

t.test('a fit request id is kept, another replaced; both sides see the same', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const kept = await get(port, '/', 'X-Request-Id: abc-1')
  t.strictSame(rawValues(parseEcho(kept).raw, 'x-request-id'), ['abc-1'])
  t.strictSame(headerValues(kept.head, 'x-request-id'), ['abc-1'])
  const replaced = await get(port, '/', `X-Request-Id: ${'a'.repeat(129)}`)
  const [id] = rawValues(parseEcho(replaced).raw, 'x-request-id')
  t.match(id, /^[0-9a-f-]{36}$/)
  t.strictSame(headerValues(replaced.head, 'x-request-id'), [id])
})

t.test('003.10 answers come back with every header, repeated ones too, and a status before the body', async (t) => {
  const backend = await startRawBackend(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 207 Odd Words\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Hop: 1\r\nConnection: X-Hop\r\n')
      socket.end('X-Byte: \xe9\r\nContent-Length: 2\r\n\r\nhi', 'latin1')
    })
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const { head, body } = await get(port, '/')
  t.match(head, /^HTTP\/1\.1 207 Odd Words\r\n/)
  t.strictSame(headerValues(head, 'set-cookie'), ['a=1', 'b=2'])
  t.strictSame(headerValues(head, 'x-byte'), ['\xe9'])
  t.strictSame(headerValues(head, 'x-hop'), [])
  t.equal(body, 'hi')
})

t.test('003.10 the body is streamed: its first piece arrives before the last is written', async (t) => {
  const backend = await startBackend(t, (_request, response) => {
    response.write('first')
    setTimeout(() => response.end('last'), 300)
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  const reader = answer.body?.getReader()
  const first = await reader?.read()
  t.equal(Buffer.from(first?.value ?? []).toString(), 'first')
  await reader?.cancel()
})

t.test('003.11 status and headers go out once; a backend that sets none means 200', async (t) => {
  const backend = await startBackend(t, (_request, response) => response.end('ok'))
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const { status, head } = await get(port, '/')
  t.equal(status, 200)
  t.equal(headerValues(head, 'date').length, 1)
  t.equal(headerValues(head, 'content-length').length, 1)
})

t.test('003.11 after the first byte nothing changes the status: an answer that breaks is cut', async (t) => {
  const backend = await startRawBackend(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 201 Created\r\nContent-Length: 100\r\nX-A: 1\r\n\r\npart', () => socket.destroy())
    })
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const { status, head, body } = await get(port, '/')
  t.equal(status, 201)
  t.strictSame(headerValues(head, 'x-a'), ['1'])
  t.equal(body, 'part', 'no second answer follows')
})

t.test('answers without a body stay without one', async (t) => {
  const backend = await startBackend(t, (request, response) => {
    if (request.url === '/304') response.writeHead(304, { etag: '"a"' }).end()
    else if (request.url === '/204') response.writeHead(204).end()
    else response.writeHead(200, { 'content-length': 5 }).end()
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  t.match(await get(port, '/304'), { status: 304, body: '' })
  t.match(await get(port, '/204'), { status: 204, body: '' })
  const head = await send(port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  t.strictSame(headerValues(head.head, 'content-length'), ['5'])
  t.equal(head.body, '')
})

t.test('request bodies go through, with a length and in chunks', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  const sized = parseEcho(await send(port, `${head}Content-Length: 4\r\n\r\na\xff\0b`))
  t.equal(sized.body, 'a\xff\0b')
  t.strictSame(rawValues(sized.raw, 'content-length'), ['4'])
  const chunked = parseEcho(await send(port, `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`))
  t.equal(chunked.body, 'abc')
  const empty = parseEcho(await send(port, `${head}Content-Length: 0\r\n\r\n`))
  t.strictSame(rawValues(empty.raw, 'content-length'), ['0'])
  t.equal(parseEcho(await send(port, `${head.replace('POST', 'GET')}Content-Length: 1\r\n\r\nx`)).body, 'x')
})

t.test('Expect: 100-continue is answered here and not passed on', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  let received = ''
  socket.on('data', (piece: string) => {
    received += piece
    if (received.endsWith('100 Continue\r\n\r\n')) socket.write('body')
  })
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve))
  t.match(received, /"body":"body"/)
  t.notMatch(received, /Expect/)
})

t.test('a slow backend holds the client up: memory stays bounded', async (t) => {
  let pause = true
  let readBytes = 0
  const backend = await startRawBackend(t, (socket) => {
    socket.pause()
    const timer = setInterval(() => {
      if (pause) return
      clearInterval(timer)
      socket.on('data', (chunk) => {
        readBytes += chunk.length
      })
      socket.resume()
    }, 10)
    t.teardown(() => clearInterval(timer))
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`], bodyLimitBytes: 1 << 30 })
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const total = 64 << 20
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`)
  const piece = Buffer.alloc(1 << 20)
  let sentBytes = 0
  const pump = (): void => {
    while (sentBytes < total) {
      sentBytes += piece.length
      if (!socket.write(piece)) break
    }
  }
  socket.on('drain', pump)
  pump()
  await sleep(300)
  t.ok(sentBytes < total / 2, `${sentBytes} bytes left the client`)
  pause = false
  const endMs = performance.now() + 5000
  while (readBytes < total && performance.now() < endMs) await sleep(20)
  t.ok(readBytes >= total, `${readBytes} bytes arrived`)
})

t.test('a slow client holds the backend up', async (t) => {
  let writtenBytes = 0
  const total = 64 << 20
  const piece = Buffer.alloc(1 << 20)
  const backend = await startBackend(t, (_request, response) => {
    const pump = (): void => {
      while (writtenBytes < total) {
        writtenBytes += piece.length
        if (!response.write(piece)) return
      }
      response.end()
    }
    response.on('drain', pump)
    pump()
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  socket.pause()
  await sleep(300)
  t.ok(writtenBytes < total / 2, `${writtenBytes} bytes left the backend`)
  let readBytes = 0
  socket.on('data', (chunk) => {
    readBytes += chunk.length
  })
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
  t.ok(readBytes > total)
})

t.test('a body read by the backend in pieces is whole', async (t) => {
  const backend = await startBackend(t, (request, response) => {
    void readBody(request).then((body) => response.end(String(body.length)))
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: Buffer.alloc(3_000_001) })
  t.equal(await answer.text(), '3000001')
})
