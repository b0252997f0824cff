import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { type AdminServer, startAdminServer } from '#src/observe/admin-server.js'
import { CounterId, LifeState } from '#src/observe/counter-ids.js'
import { allocateCounters, SharedCounters } from '#src/observe/shared-counters.js'

async function startServer(
  t: Test,
  renderMetrics: () => Promise<string> = async () => 'metrics\n',
): Promise<{ server: AdminServer; counters: SharedCounters; url: string }> {
  const counters = new SharedCounters(allocateCounters())
  const server = await startAdminServer({
    address: { host: '127.0.0.1', port: 0 },
    counters,
    metricsContentType: 'text/plain; version=0.0.4',
    renderMetrics,
  })
  t.teardown(() => server.close())
  return { server, counters, url: `http://127.0.0.1:${server.address.port}` }
}

t.test('every path but two answers 200 with status ok, whatever the method and body', async (t) => {
  const { url } = await startServer(t)
  for (const path of ['/', '/healthz', '/ready', '/readyz/', '/metrics/x', '/?x=$globals', '//..%2f', '/METRICS']) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await fetch(url + path, { method, ...(method === 'POST' ? { body: 'x'.repeat(100_000) } : {}) })
      t.equal(response.status, 200, `${method} ${path}`)
      t.equal(response.headers.get('content-type'), 'application/json')
      t.equal(await response.text(), '{"status":"ok"}')
    }
  }
})

t.test('readyz is 503 until ready and while draining; health stays', async (t) => {
  const { url, counters } = await startServer(t)
  for (const [state, status, word] of [
    [LifeState.starting, 503, 'starting'],
    [LifeState.ready, 200, 'ready'],
    [LifeState.draining, 503, 'draining'],
  ] as const) {
    counters.set(CounterId.lifeState, state)
    const response = await fetch(`${url}/readyz?verbose`)
    t.strictSame([response.status, await response.json()], [status, { status: word }])
    t.equal((await fetch(`${url}/healthz`)).status, 200)
  }
})

t.test('metrics come with their content type, and a fault in them is said', async (t) => {
  const { url } = await startServer(t)
  const response = await fetch(`${url}/metrics?name=x`)
  t.strictSame(
    [response.status, response.headers.get('content-type'), await response.text()],
    [200, 'text/plain; version=0.0.4', 'metrics\n'],
  )
  const broken = await startServer(t, () => Promise.reject(new Error('broken')))
  const failed = await fetch(`${broken.url}/metrics`)
  t.strictSame([failed.status, await failed.text()], [500, 'the metrics cannot be shown: broken\n'])
})

t.test('a taken port is refused with the address and the option', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  t.teardown(() => holder.close())
  const taken = holder.address()
  if (taken === null || typeof taken === 'string') throw new Error('no port')
  const settings = {
    address: { host: '127.0.0.1', port: taken.port },
    counters: new SharedCounters(allocateCounters()),
    metricsContentType: '',
    renderMetrics: async () => '',
  }
  await t.rejects(startAdminServer(settings), {
    code: 'MWAF_LISTENER_ADDRESS',
    details: { address: `127.0.0.1:${taken.port}`, option: '--admin', reason: /EADDRINUSE/ },
  })
  await t.rejects(startAdminServer({ ...settings, address: { host: '2001:db8::1', port: 1 } }), {
    code: 'MWAF_LISTENER_ADDRESS',
    details: { address: '[2001:db8::1]:1' },
  })
})

t.test('closing ends kept connections at once', async (t) => {
  const { server, url } = await startServer(t)
  await (await fetch(url)).text()
  await server.close()
  await t.rejects(fetch(url))
})
