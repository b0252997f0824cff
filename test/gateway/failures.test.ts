// Seed 003: backends that fail, clients that leave, limits that are met. No failure is silent.
import { readdirSync } from 'node:fs'
import { Agent, get as httpGet } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { type ExchangeFault, exchangeFaults } from '#src/gateway/exchange.js'
import { findFreePorts } from '../e2e/support/free-ports.js'
import { comesTrue } from '../e2e/support/wait-until.js'
import { get, headerValues, send, startBackend, startEcho, startRawBackend } from './support/backend.js'
import { startTestGateway, type TestGateway } from './support/gateway.js'

/** 003.16: logged with its kind, and counted. */
async function sawFault({ lines, metric }: TestGateway, kind: string): Promise<boolean> {
  const isLogged = (): boolean =>
    lines.some(({ message, details }) => message === 'MWAF_GATEWAY_EXCHANGE' && details['kind'] === kind)
  return comesTrue(async () => isLogged() && (await metric('mirrorwaf_gateway_faults_total', kind)) === 1)
}

t.test('003.6 a backend that hangs: the client gets 504 when the time is up', async (t) => {
  let isCallOver = false
  const backend = await startBackend(t, (_request, response) => {
    response.once('close', () => {
      isCallOver = true
    })
  })
  // Long enough for a busy machine to connect in: a call that was never begun cannot be ended.
  const gateway = await startTestGateway(t, { routes: [`/=${backend.origin}`], upstreamTimeoutMs: 1000 })
  t.match(await get(gateway.port, '/'), { status: 504, body: 'backend timeout\n' })
  t.ok(await sawFault(gateway, 'backend_timeout'), '003.16')
  t.ok(await comesTrue(() => isCallOver), 'the call to the backend is ended')
})

t.test('003.6 the default is five seconds, as in the seed', async (t) => {
  const { gatewayTable } = await import('#src/gateway/gateway-options.js')
  t.equal(gatewayTable.upstreamTimeoutMs.default(), 5000)
})

t.test('003.6 a backend that cannot be connected to in time is 504', async (t) => {
  // TEST-NET-1: packets to it go nowhere, or it is unreachable from here at once.
  const gateway = await startTestGateway(t, { routes: ['/=http://192.0.2.1:9'], upstreamTimeoutMs: 100 })
  const { status } = await get(gateway.port, '/')
  t.ok(status === 504 || status === 502, String(status))
})

t.test('003.6 an answer that stops in the middle is cut, never ended as if whole', async (t) => {
  const backend = await startBackend(t, (_request, response) => response.write('part'))
  const gateway = await startTestGateway(t, { routes: [`/=${backend.origin}`], upstreamTimeoutMs: 100 })
  const socket = connect(gateway.port, '127.0.0.1')
  let received = ''
  socket.on('data', (piece) => {
    received += piece
  })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve))
  t.match(received, /4\r\npart\r\n$/)
  t.ok(await sawFault(gateway, 'backend_timeout'), '003.16')
})

t.test('003.9 a backend that is down is 502 "backend error"', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const gateway = await startTestGateway(t, { routes: [`/=http://127.0.0.1:${port}`] })
  t.match(await get(gateway.port, '/'), { status: 502, body: 'backend error\n' })
  t.ok(await sawFault(gateway, 'backend_unreachable'), '003.16')
})

t.test('003.9 a backend that closes, or speaks no HTTP, is 502', async (t) => {
  const closing = await startRawBackend(t, (socket) => socket.once('data', () => socket.destroy()))
  const babbling = await startRawBackend(t, (socket) => socket.once('data', () => socket.end('220 mail ready\r\n')))
  const gateway = await startTestGateway(t, { routes: [`/closes/=${closing.origin}`, `/babbles/=${babbling.origin}`] })
  t.equal((await get(gateway.port, '/closes/')).status, 502)
  t.equal(closing.connectionCount(), 2, 'what is safe is sent once more')
  const post = 'POST /closes/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx'
  t.equal((await send(gateway.port, post)).status, 502)
  t.equal(closing.connectionCount(), 3, 'a POST is not')
  t.equal((await get(gateway.port, '/babbles/')).status, 502)
})

t.test('003.13 a client that leaves ends the call to the backend', async (t) => {
  let isCallOver = false
  const backend = await startBackend(t, (_request, response) => {
    response.once('close', () => {
      isCallOver = true
    })
  })
  const gateway = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.ok(await comesTrue(() => backend.openCount() === 1))
  socket.destroy()
  t.ok(await comesTrue(() => isCallOver))
  t.ok(await sawFault(gateway, 'client_gone'), '003.16')
})

t.test('a client that stops in its body is 408; one that stops reading is cut', async (t) => {
  const much = Buffer.alloc(64 << 20)
  const backend = await startBackend(t, (request, response) => {
    if (request.method === 'GET') response.end(much)
  })
  const gateway = await startTestGateway(t, {
    routes: [`/=${backend.origin}`],
    clientTimeoutMs: 800,
    upstreamTimeoutMs: 500,
  })
  const stopped = await send(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx')
  t.equal(stopped.status, 408)
  t.ok(await sawFault(gateway, 'client_timeout'), '003.16')
  const socket = connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.ok(await comesTrue(async () => (await gateway.metric('mirrorwaf_gateway_faults_total', 'client_timeout')) === 2))
})

t.test('003.16 each way to fail is logged with its kind and counted', async (t) => {
  const [port = 0] = await findFreePorts(1)
  const closing = await startRawBackend(t, (socket) => socket.once('data', () => socket.destroy()))
  const hanging = await startBackend(t, () => {})
  const gateway = await startTestGateway(t, {
    routes: [`/down/=http://127.0.0.1:${port}`, `/closes/=${closing.origin}`, `/hangs/=${hanging.origin}`],
    upstreamTimeoutMs: 1000,
    clientTimeoutMs: 500,
    bodyLimitBytes: 3,
  })
  const post = (length: number): string =>
    `POST /hangs/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`
  const ways: Readonly<Record<ExchangeFault, () => Promise<unknown>>> = {
    backend_unreachable: () => get(gateway.port, '/down/'),
    backend_failed: () => get(gateway.port, '/closes/'),
    backend_timeout: () => get(gateway.port, '/hangs/'),
    client_timeout: () => send(gateway.port, post(2)),
    client_gone: async () =>
      connect(gateway.port, '127.0.0.1').end('GET /hangs/ HTTP/1.1\r\nHost: a\r\n\r\n').destroySoon(),
    body_too_large: () => send(gateway.port, `${post(4)}abcd`),
  }
  for (const kind of exchangeFaults) {
    await ways[kind]()
    t.ok(await sawFault(gateway, kind), kind)
  }
})

t.test('the last accepted body, and the first that is too large, with a length and in chunks', async (t) => {
  const echo = await startEcho(t)
  const gateway = await startTestGateway(t, { routes: [`/=${echo.origin}`], bodyLimitBytes: 3 })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`
  t.equal((await send(gateway.port, `${head}Content-Length: 3\r\n\r\nabc`)).status, 200)
  t.equal((await send(gateway.port, `${head}Content-Length: 4\r\n\r\nabcd`)).status, 413)
  t.equal((await send(gateway.port, `${chunked}3\r\nabc\r\n0\r\n\r\n`)).status, 200)
  t.equal((await send(gateway.port, `${chunked}3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`)).status, 413)
  t.equal(await gateway.metric('mirrorwaf_gateway_faults_total', 'body_too_large'), 2)
})

t.test('a backend that answers before the body has ended is heard', async (t) => {
  const backend = await startBackend(t, (_request, response) => {
    response.writeHead(403, { connection: 'close' }).end('no')
  })
  const { port } = await startTestGateway(t, { routes: [`/=${backend.origin}`] })
  const answer = await send(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx')
  t.match(answer, { status: 403, body: 'no' })
  t.strictSame(headerValues(answer.head, 'connection'), ['close'])
})

t.test('003.5 one client for all requests: a few kept connections, safe under concurrency', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`], upstreamConnectionLimitCount: 4 })
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  t.teardown(() => agent.destroy())
  const statuses = await Promise.all(Array.from({ length: 200 }, (_, index) => getWith(agent, port, `/${index}`)))
  t.ok(statuses.every((status) => status === 200))
  t.ok(echo.connectionCount() <= 4, `${echo.connectionCount()} connections`)
})

t.test('003.12 10,000 requests leave no descriptor behind', async (t) => {
  const backend = await startBackend(t, (request, response) => response.end(request.url))
  const { port } = await startTestGateway(t, {
    routes: [`/=${backend.origin}`],
    upstreamConnectionLimitCount: 8,
    accessLog: false,
  })
  const run = async (count: number): Promise<void> => {
    // Pipelined requests are all on their way at once: blocks, so that none waits longer for a connection than it may.
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let sent = 0; sent < count / 8; sent += 25) await sendPipelined(port, 25)
      }),
    )
  }
  await run(200)
  const before = openDescriptorCount()
  await run(10_000)
  t.ok(openDescriptorCount() <= before + 2, `${before} before, ${openDescriptorCount()} after`)
  t.ok(backend.connectionCount() <= 8)
})

t.test('the last request that is let in at once, and the first that is too many', async (t) => {
  const backend = await startBackend(t, (_request, response) => setTimeout(() => response.end(), 500))
  const gateway = await startTestGateway(t, { routes: [`/=${backend.origin}`], requestLimitCount: 2 })
  const statuses = await Promise.all([1, 2, 3].map(async () => (await get(gateway.port, '/')).status))
  t.strictSame(statuses.toSorted(), [200, 200, 503])
  t.equal(await gateway.metric('mirrorwaf_gateway_refusals_total', 'overloaded'), 1)
  t.equal((await get(gateway.port, '/')).status, 200, 'room comes back')
})

t.test('bytes that are no request are answered and counted', async (t) => {
  const gateway = await startTestGateway(t, {})
  t.equal((await send(gateway.port, 'nonsense\r\n\r\n')).status, 400)
  t.equal((await send(gateway.port, `GET / HTTP/1.1\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`)).status, 431)
  t.equal((await send(gateway.port, 'GET / HTTP/1.1\r\n\r\n')).status, 400, 'no Host')
  const smuggled = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  t.equal((await send(gateway.port, smuggled)).status, 400)
})

t.test('drain: what is here finishes, nothing new is let in', async (t) => {
  const backend = await startBackend(t, (_request, response) => setTimeout(() => response.end('late'), 200))
  const { gateway, port } = await startTestGateway(t, { routes: [`/=${backend.origin}`], drainTimeoutMs: 5000 })
  const answer = get(port, '/')
  t.ok(await comesTrue(() => backend.openCount() === 1))
  const stopped = gateway.stop()
  t.match(await answer, { status: 200, body: 'late' })
  await stopped
  await t.rejects(get(port, '/'), { code: 'ECONNREFUSED' })
})

function getWith(agent: Agent, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpGet({ agent, port, host: '127.0.0.1', path }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    request.once('error', reject)
  })
}

/** So many GETs on one connection, which ends with the last answer. */
function sendPipelined(port: number, count: number): Promise<void> {
  const ask = 'GET /x HTTP/1.1\r\nHost: a\r\n'
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${`${ask}\r\n`.repeat(count - 1)}${ask}Connection: close\r\n\r\n`)
    })
    let received = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece
    })
    socket.once('error', reject)
    socket.once('close', () => {
      const statuses = received.match(/HTTP\/1\.1 \d+/g) ?? []
      const answered = statuses.filter((status) => status.endsWith(' 200')).length
      const others = [...new Set(statuses)].join(', ')
      if (answered === count) resolve()
      else reject(new Error(`${answered} of ${count}; ${others}; the last: ${received.slice(-300)}`))
    })
  })
}

function openDescriptorCount(): number {
  return readdirSync('/proc/self/fd').length
}
