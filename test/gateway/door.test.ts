// Seed 003.15: keys, limits, CORS and logs once, at the door.
import t from 'tap'
import { parseApiKeys } from '#src/gateway/door/api-keys.js'
import { RateLimit, rememberedClientLimit } from '#src/gateway/door/rate-limit.js'
import { get, headerValues, parseEcho, rawValues, send, startBackend, startEcho } from './support/backend.js'
import { startTestGateway } from './support/gateway.js'

const key = 'k'.repeat(16)

t.test('003.15 keys are checked once, here: backends see only who was let in, and no key', async (t) => {
  const echo = await startEcho(t)
  const { keys } = { keys: `${t.testdir({ keys: `# comment\n\nshop ${key}\n` })}/keys` }
  const { port, lines } = await startTestGateway(t, { routes: [`/=${echo.origin}`], keyFile: keys })
  const refused = await get(port, '/')
  t.equal(refused.status, 401)
  t.strictSame(headerValues(refused.head, 'www-authenticate'), ['ApiKey'])
  t.equal((await get(port, '/', `X-Api-Key: ${key}x`)).status, 401)
  t.equal((await get(port, '/', `X-Api-Key: ${key}`, `X-Api-Key: ${key}`)).status, 401, 'two keys are none')
  const passed = await get(port, '/', `X-Api-Key: ${key}`, 'Authorization: Bearer t')
  const { raw } = parseEcho(passed)
  t.strictSame(rawValues(raw, 'x-api-key'), [])
  t.strictSame(rawValues(raw, 'authorization'), ['Bearer t'])
  t.equal(lines.at(-1)?.details['key'], 'shop')
  t.notMatch(JSON.stringify(lines), key)
})

t.test('files of keys that cannot be meant are refused by line, without the key', async (t) => {
  for (const [text, reason] of [
    ['', 'holds no key'],
    ['shop', 'line 1 is not'],
    [`a ${key}\nshop short`, 'line 2 has a key of less than 16'],
    [`a ${key}\nb ${key}`, 'line 2 repeats'],
  ] as const) {
    t.throws(() => parseApiKeys('keys', text), { code: 'MWAF_GATEWAY_KEYS', message: new RegExp(reason) })
  }
  await t.rejects(startTestGateway(t, { keyFile: '/nowhere' }), { code: 'MWAF_GATEWAY_KEYS' })
})

t.test('003.15 a client over its rate is 429 until it has waited', async (t) => {
  const echo = await startEcho(t)
  const { port } = await startTestGateway(t, { routes: [`/=${echo.origin}`], rateLimit: 1, rateBurst: 2 })
  t.equal((await get(port, '/')).status, 200)
  t.equal((await get(port, '/')).status, 200)
  const refused = await get(port, '/')
  t.equal(refused.status, 429)
  t.strictSame(headerValues(refused.head, 'retry-after'), ['1'])
})

t.test('tokens come back with time, up to the burst, for each client alone', async (t) => {
  let nowMs = 0
  const limit = new RateLimit({ perSecond: 2, burst: 3, now: () => nowMs })
  const take = (client: string, count: number): number[] => Array.from({ length: count }, () => limit.take(client))
  t.strictSame(take('1.1.1.1', 4), [0, 0, 0, 1])
  t.equal(limit.take('1.1.1.2'), 0)
  nowMs = 500
  t.strictSame(take('1.1.1.1', 2), [0, 1])
  nowMs = 60_000
  t.strictSame(take('1.1.1.1', 4), [0, 0, 0, 1])
})

t.test('an IPv6 client is its /64', async (t) => {
  const limit = new RateLimit({ perSecond: 1, burst: 1, now: () => 0 })
  t.equal(limit.take('2001:db8::1'), 0)
  t.equal(limit.take('2001:db8:0:0:ffff::2'), 1)
  t.equal(limit.take('2001:db8:0:1::1'), 0)
})

t.test('the table of clients is bounded; the one unseen for longest is forgotten', async (t) => {
  const limit = new RateLimit({ perSecond: 1, burst: 1, now: () => 0 })
  t.equal(limit.take('first'), 0)
  for (let i = 1; i < rememberedClientLimit; i += 1) limit.take(String(i))
  t.equal(limit.take('first'), 1, 'the last that is remembered')
  limit.take('one more')
  t.equal(limit.take('2'), 1)
  t.equal(limit.take('1'), 0, 'the first that is forgotten')
})

t.test('003.15 CORS: preflights are answered here, answers carry one policy', async (t) => {
  const backend = await startBackend(t, (_request, response) => {
    response.writeHead(200, { 'access-control-allow-origin': 'https://own.example' }).end()
  })
  const { port } = await startTestGateway(t, {
    routes: [`/=${backend.origin}`],
    corsOrigins: ['https://app.example'],
    corsCredentials: true,
    keyFile: `${t.testdir({ keys: `shop ${key}\n` })}/keys`,
  })
  const preflight = await send(
    port,
    'OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\nConnection: close\r\n\r\n',
  )
  t.equal(preflight.status, 204)
  t.strictSame(headerValues(preflight.head, 'access-control-allow-origin'), ['https://app.example'])
  t.strictSame(headerValues(preflight.head, 'access-control-allow-methods'), ['PUT'])
  t.strictSame(headerValues(preflight.head, 'access-control-allow-headers'), ['x-a'])
  t.equal(backend.connectionCount(), 0)
  const asked = await get(port, '/', 'Origin: https://app.example', `X-Api-Key: ${key}`)
  t.strictSame(headerValues(asked.head, 'access-control-allow-origin'), ['https://app.example'])
  t.strictSame(headerValues(asked.head, 'access-control-allow-credentials'), ['true'])
  t.strictSame(headerValues(asked.head, 'vary'), ['Origin'])
  const refused = await get(port, '/', 'Origin: https://app.example')
  t.equal(refused.status, 401)
  t.strictSame(headerValues(refused.head, 'access-control-allow-origin'), ['https://app.example'])
  const other = await get(port, '/', 'Origin: https://evil.example', `X-Api-Key: ${key}`)
  t.strictSame(headerValues(other.head, 'access-control-allow-origin'), [])
})

t.test('003.15 one log line for each request, without its query', async (t) => {
  const echo = await startEcho(t)
  const { port, lines } = await startTestGateway(t, { routes: [`/users/=${echo.origin}`] })
  await get(port, '/users/1?token=secret', 'X-Request-Id: r1')
  await get(port, '/nothing')
  const shown = lines.filter(({ message }) => message === 'request').map(({ details }) => details)
  t.match(shown, [
    {
      method: 'GET',
      host: 'app.example',
      path: '/users/1',
      status: 200,
      client: '127.0.0.1',
      route: '/users/',
      request_id: 'r1',
    },
    { path: '/nothing', status: 404, route: '' },
  ])
  t.notMatch(JSON.stringify(lines), 'secret')
})

t.test('the access log can be switched off, and metrics go on', async (t) => {
  const { port, lines, metric } = await startTestGateway(t, { accessLog: false })
  await get(port, '/')
  t.strictSame(lines, [])
  t.equal(await metric('mirrorwaf_gateway_requests_total', 'code="404"'), 1)
  t.equal(await metric('mirrorwaf_gateway_request_duration_seconds_count'), 1)
})
