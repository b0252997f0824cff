// Copies: what they hold, and that nobody waits for them.
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import type { GatewayOptions } from '#src/gateway/gateway-options.js'
import { isChosen, parseFraction, shareOf } from '#src/gateway/mirror-share.js'
import { comesTrue } from '../e2e/support/wait-until.js'
import { get, rawValues, readBody, send, startBackend, startEcho, startRawBackend } from './support/backend.js'
import { startTestGateway, type TestGateway } from './support/gateway.js'

interface SeenCopy {
  readonly method: string
  readonly url: string
  readonly raw: readonly string[]
  readonly body: string
}

async function startReceiver(
  t: Test,
): Promise<{ readonly port: number; readonly copies: SeenCopy[]; readonly connections: () => number }> {
  const copies: SeenCopy[] = []
  const { port, connectionCount } = await startBackend(t, (request, response) => {
    void readBody(request).then((body) => {
      copies.push({ method: request.method ?? '', url: request.url ?? '', raw: request.rawHeaders, body })
      response.writeHead(204).end()
    })
  })
  return { port, copies, connections: connectionCount }
}

async function startMirroring(
  t: Test,
  receiverPort: number,
  given: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const echo = await startEcho(t)
  return startTestGateway(t, { routes: [`/=${echo.origin}`], mirror: `127.0.0.1:${receiverPort}`, ...given })
}

const copiesOf = ({ metric }: TestGateway, outcome: string): Promise<number> =>
  metric('mirrorwaf_gateway_mirror_copies_total', outcome)

t.test('a copy is what the backend got: target, headers, body', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = await startMirroring(t, receiver.port)
  await send(
    port,
    'POST /a%2e//b?x=$globals HTTP/1.1\r\nHost: app.example\r\nX-A: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n',
  )
  t.ok(await comesTrue(() => receiver.copies.length === 1))
  const [copy] = receiver.copies
  t.match(copy, { method: 'POST', url: '/a%2e//b?x=$globals', body: 'abcd' })
  const raw = copy?.raw ?? []
  t.strictSame(rawValues(raw, 'host'), ['app.example'])
  t.strictSame(rawValues(raw, 'x-a'), ['1', '2'])
  t.strictSame(rawValues(raw, 'x-forwarded-for'), ['127.0.0.1'])
  t.strictSame(rawValues(raw, 'content-length'), ['4'])
  t.strictSame(rawValues(raw, 'x-mirrorwaf-truncated'), [])
})

t.test('the longest body that is copied whole, and the first that is marked as cut', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = await startMirroring(t, receiver.port, { mirrorBodyLimitBytes: 3 })
  const post = (body: string): string =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  await send(port, post('abc'))
  t.ok(await comesTrue(() => receiver.copies.length === 1))
  await send(port, post('abcd'))
  t.ok(await comesTrue(() => receiver.copies.length === 2))
  t.strictSame(
    receiver.copies.map(({ body, raw }) => [
      body,
      rawValues(raw, 'x-mirrorwaf-truncated'),
      rawValues(raw, 'content-length'),
    ]),
    [
      ['abc', [], ['3']],
      ['abc', ['1'], ['3']],
    ],
  )
})

t.test('what a client sent before it left is mirrored and marked', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = await startMirroring(t, receiver.port, { clientTimeoutMs: 100, upstreamTimeoutMs: 50 })
  await send(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab')
  t.ok(await comesTrue(() => receiver.copies.length === 1))
  t.equal(receiver.copies[0]?.body, 'ab')
  t.strictSame(rawValues(receiver.copies[0]?.raw ?? [], 'x-mirrorwaf-truncated'), ['1'])
})

t.test('requests that end at the door are not mirrored', async (t) => {
  const receiver = await startReceiver(t)
  const gateway = await startMirroring(t, receiver.port, { routes: ['/soon/='] })
  t.equal((await get(gateway.port, '/x')).status, 404)
  t.equal((await get(gateway.port, '/soon/x')).status, 501)
  t.equal(await copiesOf(gateway, ''), 0)
})

t.test('copies go over a few kept connections', async (t) => {
  const receiver = await startReceiver(t)
  const { port } = await startMirroring(t, receiver.port, { mirrorConnectionLimitCount: 2 })
  await Promise.all(Array.from({ length: 50 }, (_, index) => get(port, `/${index}`)))
  t.ok(await comesTrue(() => receiver.copies.length === 50))
  t.ok(receiver.connections() <= 2)
})

t.test(
  'a receiver that is down: clients notice nothing, the log says it once, copies go when it is back',
  async (t) => {
    const held = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => held.once('listening', resolve))
    const address = held.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => held.close(resolve))
    const gateway = await startMirroring(t, port)
    for (let i = 0; i < 20; i += 1) t.equal((await get(gateway.port, `/${i}`)).status, 200)
    t.ok(await comesTrue(async () => (await copiesOf(gateway, 'unreachable')) > 0))
    t.equal(gateway.lines.filter(({ message }) => message === 'MWAF_GATEWAY_MIRROR').length, 1)
    const seen: string[] = []
    const back = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (piece) => {
        seen.push(String(piece))
        socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      })
    }).listen(port, '127.0.0.1')
    t.teardown(() => back.close())
    t.ok(await comesTrue(() => seen.length > 0), 'what waited is sent')
    t.ok(await comesTrue(() => gateway.lines.some(({ message }) => message === 'copies reach the receiver again')))
  },
)

t.test('a receiver that never answers: its time ends, the queue stays bounded, clients notice nothing', async (t) => {
  const silent = await startRawBackend(t, () => {})
  const gateway = await startMirroring(t, silent.port, { mirrorQueueLimitBytes: 64 * 1024, mirrorTimeoutMs: 300 })
  const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await get(gateway.port, '/')).status))
  t.ok(statuses.every((status) => status === 200))
  t.ok((await gateway.metric('mirrorwaf_gateway_mirror_held_bytes')) <= 64 * 1024)
  t.ok((await copiesOf(gateway, 'queue_full')) > 0)
  t.ok(await comesTrue(async () => (await copiesOf(gateway, 'timed_out')) > 0))
})

t.test('a receiver that closes without an answer changes nothing for clients and is counted', async (t) => {
  const closing = await startRawBackend(t, (socket) => socket.once('data', () => socket.destroy()))
  const gateway = await startMirroring(t, closing.port)
  for (let i = 0; i < 10; i += 1) t.equal((await get(gateway.port, '/')).status, 200)
  t.ok(await comesTrue(async () => (await copiesOf(gateway, 'closed')) === 10))
  t.equal(gateway.lines.filter(({ level }) => level === 'warn').length, 0)
})

t.test('a share by percent or fraction, never both', async (t) => {
  t.strictSame(
    [0, 0.249, 0.25, 0.99].map((random) => isChosen(shareOf(25, ''), random)),
    [true, true, false, false],
  )
  t.notOk(isChosen(shareOf(0, ''), 0))
  t.ok(isChosen(shareOf(100, ''), 0.999_999))
  t.strictSame(
    [0.000_9, 0.001].map((random) => isChosen(shareOf(100, '1/1000'), random)),
    [true, false],
  )
  for (const text of ['1/0', '3/2', 'x', '1', '-1/2', '1/2/3']) t.equal(parseFraction(text), undefined, text)
  await t.rejects(startTestGateway(t, { mirrorPercent: 10, mirrorFraction: '1/10' }), { code: 'MWAF_OPTIONS_VALUE' })
})

t.test('stopping sends what waits', async (t) => {
  const receiver = await startReceiver(t)
  const { gateway, port } = await startMirroring(t, receiver.port, { mirrorConnectionLimitCount: 1 })
  await Promise.all(Array.from({ length: 20 }, () => get(port, '/')))
  await gateway.stop()
  t.equal(receiver.copies.length, 20)
})
