import { createServer, type RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { countsIn, readGatewayCounts, responseLimitBytes } from '#src/observe/coverage/gateway-counts.js'
import { type CoverageSource, parseCoverageSource } from '#src/options/kinds/coverage-source.js'

function source(text: string): CoverageSource {
  const parsed = parseCoverageSource(text)
  if (parsed === undefined) throw new Error(`no source: ${text}`)
  return parsed
}

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
}

t.test(
  'Envoy: copies are those sent, refused by a breaker, and without a connection; the admin page does not count',
  async (t) => {
    const lines = [
      'cluster.mirror.upstream_rq_pending_failure_eject: 3',
      'cluster.mirror.upstream_rq_pending_overflow: 2',
      'cluster.mirror.upstream_rq_total: 70',
      'http.admin.downstream_rq_total: 9',
      'http.a.downstream_rq_total: 60',
      'http.b.downstream_rq_total: 40',
    ]
    const envoy = source('envoy=http://h#mirror')
    t.strictSame(countsIn(envoy, lines.join('\n')), { requests: 100, copies: 75 })
    t.equal(countsIn(envoy, 'http.a.downstream_rq_total: 60\n'), undefined, 'no such cluster')
  },
)

t.test('nginx: the requests of stub_status; copies it does not count', async (t) => {
  const text = 'Active connections: 2 \nserver accepts handled requests\n 5 5 31 \nReading: 0 Writing: 1 Waiting: 1 \n'
  t.strictSame(countsIn(source('nginx=http://h'), text), { requests: 31, copies: undefined })
  t.equal(countsIn(source('nginx=http://h'), '<html>'), undefined)
})

t.test('our gateway: requests with a route, and copies whatever became of them', async (t) => {
  const text = [
    '# HELP mirrorwaf_gateway_requests_total Requests',
    'mirrorwaf_gateway_requests_total{route="/a",code="200"} 7',
    'mirrorwaf_gateway_requests_total{route="/b",code="502"} 2',
    'mirrorwaf_gateway_requests_total{route="",code="404"} 100',
    'mirrorwaf_gateway_mirror_copies_total{outcome="answered"} 5',
    'mirrorwaf_gateway_mirror_copies_total{outcome="queue_full"} 1',
  ].join('\n')
  t.strictSame(countsIn(source('gateway=http://h'), text), { requests: 9, copies: 6 })
})

t.test('any page of metrics: the sum of one metric, by its labels', async (t) => {
  const text = 'a_total{b="c",d="x\\"}"} 1\na_total{b="c"} 2 1700000000\na_total{b="e"} 4\na_total_more 8\n'
  t.equal(countsIn(source('prometheus=http://h/#a_total'), text)?.requests, 7)
  t.equal(countsIn(source('prometheus=http://h/#a_total{b="c"}'), text)?.requests, 3)
  t.equal(countsIn(source('prometheus=http://h/#missing'), text), undefined)
})

t.test('an answer up to the limit is read, one byte more is refused', async (t) => {
  const head = 'a_total 5\n'
  for (const [byteCount, isRead] of [
    [responseLimitBytes, true],
    [responseLimitBytes + 1, false],
  ] as const) {
    const url = await serve(t, (_, response) => response.end(head + '#'.repeat(byteCount - head.length)))
    const read = readGatewayCounts(source(`prometheus=${url}#a_total`), 5_000)
    if (isRead) t.strictSame(await read, { requests: 5, copies: undefined })
    else await t.rejects(read, /longer than/)
  }
})

t.test('silence, an error and a redirect are failures', async (t) => {
  const silent = await serve(t, () => {})
  await t.rejects(readGatewayCounts(source(`nginx=${silent}`), 50), /abort|timeout/i)
  const refusing = await serve(t, (_, response) => response.writeHead(503).end())
  await t.rejects(readGatewayCounts(source(`nginx=${refusing}`), 5_000), /503/)
  const moved = await serve(t, (_, response) => response.writeHead(302, { location: refusing }).end())
  await t.rejects(readGatewayCounts(source(`nginx=${moved}`), 5_000), /fetch failed/)
})

t.test('Envoy is asked for the few counters that are needed', async (t) => {
  let asked = ''
  const url = await serve(t, (request, response) => {
    asked = request.url ?? ''
    response.end('cluster.a.b.upstream_rq_total: 1\n')
  })
  await readGatewayCounts(source(`envoy=${url}#a.b`), 5_000)
  const { pathname, searchParams } = new URL(asked, url)
  t.equal(pathname, '/stats')
  t.match('cluster.a.b.upstream_rq_total', new RegExp(searchParams.get('filter') ?? ''))
  t.notMatch('cluster.axb.upstream_rq_total', new RegExp(searchParams.get('filter') ?? ''))
})
