import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { CoverageMeter, type CoverageNotice } from '#src/observe/coverage/coverage-meter.js'
import { coverageMetrics } from '#src/observe/coverage/coverage-metrics.js'
import { Instruments } from '#src/observe/instruments.js'
import { parseCoverageSource } from '#src/options/kinds/coverage-source.js'
import { outcomeIndex } from '#src/verdict/outcome.js'

interface Scene {
  /** What the gateway says that it counted; `undefined`: it answers an error. */
  requests: number | undefined
  readonly meter: CoverageMeter
  readonly notices: CoverageNotice[]
  /** Copies arrive here and are found clean. */
  receive(count: number): void
  /** Waits until two more rounds have begun and ended. */
  nextRound(): Promise<void>
}

async function setScene(t: Test, kind: 'nginx' | 'prometheus', selector = 'a_total'): Promise<Scene> {
  let ownRequests = 0
  let polls = 0
  const server = createServer((_, response) => {
    ownRequests += 1
    polls += 1
    if (scene.requests === undefined) response.writeHead(500)
    const count = (scene.requests ?? 0) + (kind === 'nginx' ? ownRequests : 0)
    response.end(kind === 'nginx' ? `server accepts handled requests\n 1 1 ${count}\n` : `a_total ${count}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const source = parseCoverageSource(`${kind}=http://127.0.0.1:${port}/#${selector}`)
  const { counters } = new Instruments()
  const notices: CoverageNotice[] = []
  const settings = { sources: source === undefined ? [] : [source], intervalMs: 5 }
  const meter = CoverageMeter.start(settings, counters, (notice) => notices.push(notice))
  t.teardown(() => {
    meter.stop()
    server.closeAllConnections()
    server.close()
  })
  const scene: Scene = {
    requests: 1000,
    meter,
    notices,
    receive(count) {
      counters.add(CounterId.received, count)
      counters.add(CounterId.outcome + outcomeIndex('clean'), count)
    },
    async nextRound() {
      const end = polls + 3
      while (polls < end) await new Promise((resolve) => setTimeout(resolve, 2))
    },
  }
  await scene.nextRound()
  return scene
}

t.test('what was counted before the first answer is no loss', async (t) => {
  const scene = await setScene(t, 'prometheus')
  t.equal(scene.meter.report.shares.ratio, undefined)
  scene.requests = 1010
  scene.receive(9)
  await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, 0.9)
  t.equal(scene.meter.report.shares.parts.never_arrived, 1)
})

t.test('with the share that nginx mirrors named, what it left out is no loss', async (t) => {
  const scene = await setScene(t, 'nginx', 'share=0.1')
  scene.requests = 2000
  scene.receive(90)
  for (let i = 0; i < 5; i += 1) await scene.nextRound()
  const { shares, sources } = scene.meter.report
  t.match(sources, [{ requests: 1000, copies: 100, isEstimate: true }])
  t.match(shares.parts, { not_mirrored: 900, never_arrived: 10, analysed: 90, surplus: 0 })
  t.equal(shares.ratio, 0.09)
  const metrics = coverageMetrics(() => scene.meter.report)
  const read = (name: string) => metrics.find((metric) => metric.name === name)?.read()
  t.match(read('mirrorwaf_mirror_gateway_copies_estimate'), [{ value: 100 }])
  t.strictSame(read('mirrorwaf_mirror_gateway_copies_total'), [], 'an estimate is no count')
})

t.test('nginx counts our own questions as requests; they are taken off', async (t) => {
  const scene = await setScene(t, 'nginx')
  scene.requests = 1020
  scene.receive(20)
  for (let i = 0; i < 5; i += 1) await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, 1)
  t.equal(scene.meter.report.sources[0]?.requests, 20)
})

t.test('a source that is down leaves no ratio; when it is back, the gap is covered', async (t) => {
  const scene = await setScene(t, 'prometheus')
  scene.requests = undefined
  scene.receive(5)
  await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, undefined)
  t.equal(scene.meter.report.sources[0]?.isUp, false)
  scene.requests = 1010
  await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, 0.5)
  t.match(scene.notices, [{ isUp: false, reason: 'it answered 500' }, { isUp: true }])
})

t.test('after a restart of the gateway counting begins anew, and what was measured before stays', async (t) => {
  const scene = await setScene(t, 'prometheus')
  scene.requests = 1010
  scene.receive(5)
  await scene.nextRound()
  scene.requests = 3
  await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, 0.5, 'the span of the restart counts for nothing')
  scene.requests = 13
  scene.receive(10)
  await scene.nextRound()
  t.equal(scene.meter.report.shares.ratio, 0.75)
})

t.test('as metrics: the ratio is absent, not 1, while a source is down', async (t) => {
  const scene = await setScene(t, 'prometheus')
  const metrics = coverageMetrics(() => scene.meter.report)
  const read = (name: string) => metrics.find((metric) => metric.name === name)?.read()
  scene.requests = 1004
  scene.receive(3)
  await scene.nextRound()
  t.strictSame(read('mirrorwaf_mirror_coverage_ratio'), [{ labels: {}, value: 0.75 }])
  scene.requests = undefined
  await scene.nextRound()
  t.strictSame(read('mirrorwaf_mirror_coverage_ratio'), [])
  t.match(read('mirrorwaf_mirror_coverage_source_up'), [{ value: 0 }])
  t.ok(
    read('mirrorwaf_mirror_coverage_requests')?.some(
      ({ labels, value }) => labels['part'] === 'analysed' && value === 3,
    ),
  )
})
