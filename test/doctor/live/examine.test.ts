// The examination of our own gateway, in this process; other gateways are examined in test/e2e/doctor.test.ts.
import { createServer as createTcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { type Examination, examine } from '#src/doctor/live/examine.js'
import type { GatewayOptions } from '#src/gateway/gateway-options.js'
import { startBackend } from '../../gateway/support/backend.js'
import { startTestGateway } from '../../gateway/support/gateway.js'

async function findFreePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function examineOwn(t: Test, options: Partial<GatewayOptions>): Promise<Examination> {
  const backend = await startBackend(t, (request, response) => request.resume().on('end', () => response.end('ok')))
  const receiver = await findFreePort()
  const gateway = await startTestGateway(t, {
    routes: [`/=${backend.origin}`],
    mirror: `127.0.0.1:${receiver}`,
    ...options,
  })
  return examine(
    {
      gateway: new URL(`http://127.0.0.1:${gateway.port}`),
      receive: { kind: 'tcp', host: '127.0.0.1', port: receiver },
      host: '',
      path: '/',
      bodyBytes: 50_000,
      timeoutMs: 200,
      kind: 'auto',
    },
    () => {},
  )
}

function codes({ findings }: Examination): readonly string[] {
  return findings.map(({ severity, code }) => `${severity} ${code}`)
}

t.test('a gateway in good order: what it refuses, and where the client stands in the chain', async (t) => {
  t.strictSame(codes(await examineOwn(t, {})), ['info trusted-hops', 'info gateway-refuses'])
})

t.test('bodies that are cut and say so are a warning', async (t) => {
  const found = codes(await examineOwn(t, { mirrorBodyLimitBytes: 10_000 }))
  t.strictSame(
    found.filter((code) => code.endsWith('body-cut')),
    ['warning body-cut', 'warning body-cut'],
  )
})

t.test('the backend’s own address as host', async (t) => {
  t.ok(codes(await examineOwn(t, { host: 'backend' })).includes('warning host-numeric'))
})

t.test('without a single copy nothing else is looked at', async (t) => {
  const examination = await examineOwn(t, { mirrorPercent: 0 })
  t.strictSame(codes(examination), ['serious lost-copies'])
  t.equal(examination.sentCount, 20)
})

t.test('an address that is taken is said with the way out', async (t) => {
  const backend = await startBackend(t, (_, response) => response.end())
  const taken = { kind: 'tcp', host: '127.0.0.1', port: backend.port } as const
  const settings = {
    gateway: new URL(backend.origin),
    receive: taken,
    host: '',
    path: '/',
    bodyBytes: 1,
    timeoutMs: 50,
  }
  await t.rejects(
    examine({ ...settings, kind: 'auto' }, () => {}),
    { code: 'MWAF_LISTENER_ADDRESS', message: /stop the receiver/ },
  )
})
