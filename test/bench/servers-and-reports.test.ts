import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readArguments } from '#bench/cli/script.js'
import { BenchError, benchErrorCatalogue } from '#bench/errors.js'
import { parseMetrics, sumSamples } from '#bench/measure/metrics-text.js'
import { renderBarChart } from '#bench/report/bar-chart.js'
import { formatInterval, formatNumber, formatTable } from '#bench/report/format.js'
import { renderLineChart } from '#bench/report/line-chart.js'
import { roundUp } from '#bench/report/svg.js'
import { scenarios, selectScenarios } from '#bench/scenarios.js'
import { findFreePort, startChild } from '#bench/servers/child.js'
import { receiverServer } from '#bench/servers/ours.js'
import { isGoRecentEnough } from '#bench/servers/peer-build.js'
import { startRecordingAgent } from '#bench/servers/recording-agent.js'

t.test('metrics are summed by name and labels', async (t) => {
  const samples = parseMetrics(
    '# HELP a_total text\na_total{outcome="clean",x="a\\"}"} 3\na_total{outcome="shed"} 4\nb_seconds 0.5\n\nnonsense\n',
  )
  t.equal(sumSamples(samples, 'a_total'), 7)
  t.equal(sumSamples(samples, 'a_total', { outcome: 'shed' }), 4)
  t.equal(sumSamples(samples, 'b_seconds'), 0.5)
  t.equal(sumSamples(samples, 'c'), 0)
})

t.test('the yardstick needs Go 1.25: last refused and first accepted', async (t) => {
  t.equal(isGoRecentEnough('go version go1.24.13 linux/amd64'), false)
  t.equal(isGoRecentEnough('go version go1.25.0 linux/amd64'), true)
  t.equal(isGoRecentEnough('go version go2.0 linux/amd64'), true)
  t.equal(isGoRecentEnough('none'), false)
})

t.test('the recording agent counts spans with an attack', async (t) => {
  const agent = await startRecordingAgent()
  t.teardown(() => agent.stop())
  const tag = Buffer.from('\xacappsec.event', 'latin1')
  const body = Buffer.concat([
    Buffer.from('\x92\x81', 'latin1'),
    tag,
    Buffer.from('appsec.event without its length'),
    tag,
  ])
  await fetch(`${agent.url}/v0.4/traces`, { method: 'PUT', body })
  await fetch(`${agent.url}/telemetry/proxy/api/v2/apmtelemetry`, { method: 'POST', body: tag })
  t.equal(agent.countEvents(), 2)
  const info: unknown = await (await fetch(`${agent.url}/info`)).json()
  t.match(info, { client_drop_p0s: true })
})

t.test('a server that ends instead of getting ready is a coded error with its output', async (t) => {
  const command = [process.execPath, '-e', 'console.error("no luck"); process.exit(3)'] as const
  const start = startChild({ name: 'broken', command, core: undefined }, async () => false)
  await t.rejects(start, { code: 'MWAF_BENCH_SERVER_START', message: /broken .*code 3.*no luck/s })
})

t.test('stopping a server waits until it is gone', async (t) => {
  const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)'] as const
  const child = await startChild({ name: 'idle', command, core: undefined }, async () => true)
  await child.stop()
  t.throws(() => process.kill(child.pid, 0), { code: 'ESRCH' })
  await t.resolves(child.stop(), 'and stopping it again is no fault')
})

t.test('free ports are not given twice while in use', async (t) => {
  const ports = await Promise.all([findFreePort(), findFreePort(), sleep(1).then(findFreePort)])
  for (const port of ports) t.ok(port > 1023)
})

t.test('a receiver that is not built is a coded error', async (t) => {
  const start = (): unknown => receiverServer({ name: 'x', folder: t.testdir(), isInspecting: true })
  t.throws(start, { code: 'MWAF_BENCH_RECEIVER_MISSING' })
})

t.test('scenarios are chosen by name or by the beginning of it', async (t) => {
  const names = (wanted: string[], isQuick = false) => selectScenarios(wanted, isQuick).map(({ name }) => name)
  t.strictSame(names(['ack-get']), ['ack-get'], 'an exact name is not a beginning')
  t.ok(names(['hijack']).every((name) => name.startsWith('hijack-')))
  t.strictSame(
    names([]),
    scenarios.map(({ name }) => name),
  )
  t.ok(names([], true).length < scenarios.length)
  t.throws(() => names(['nope']), { code: 'MWAF_BENCH_SCENARIO_UNKNOWN', message: /nope.*ack-get/ })
})

t.test('each scenario has a name of its own', async (t) => {
  t.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length)
})

t.test('a command line is read, and refused with the option that is wrong', async (t) => {
  const options = { rounds: { type: 'string' }, quick: { type: 'boolean' }, servers: { type: 'string' } } as const
  const line = readArguments(['--rounds', '3', '--quick', '--servers', 'floor,peer'], options)
  t.equal(line.number('rounds', 1, 1), 3)
  t.equal(line.isSet('quick'), true)
  t.strictSame(line.list('servers'), ['floor', 'peer'])
  t.equal(readArguments([], options).number('rounds', 7, 1), 7)
  t.throws(() => readArguments(['--rounds', '0'], options).number('rounds', 1, 1), { code: 'MWAF_BENCH_OPTION' })
  t.throws(() => readArguments(['--rounds', 'x'], options).number('rounds', 1, 1), { code: 'MWAF_BENCH_OPTION' })
  t.throws(() => readArguments(['--nope'], options), { code: 'MWAF_BENCH_OPTION', message: /nope/ })
})

t.test('numbers keep about three digits', async (t) => {
  t.strictSame([1234567.8, 99.94, 9.996, 0.1234, Number.NaN].map(formatNumber), [
    '1,234,568',
    '99.9',
    '10.00',
    '0.12',
    '-',
  ])
  t.equal(formatInterval({ low: 1, mid: 2, high: 3 }), '2.00 (1.00-3.00)')
  t.equal(formatInterval({ low: 2, mid: 2, high: 2 }), '2.00')
})

t.test('a table is aligned: first column to the left, others to the right', async (t) => {
  t.equal(formatTable(['a', 'bb'], [['long', '1']]), 'a     bb\n----  --\nlong   1')
})

t.test('axes end at a round number at or above the highest value', async (t) => {
  t.strictSame([0.9, 1, 1.1, 21, 51, 0, Number.NaN].map(roundUp), [1, 1, 2, 50, 100, 1, 1])
})

t.test('charts are whole SVG documents and escape their labels', async (t) => {
  const bars = renderBarChart({
    title: 'CPU',
    unit: 'us',
    series: ['a<b', 'c'],
    groups: [{ label: 'x & y', bars: [{ low: 1, mid: 2, high: 3 }, undefined] }],
  })
  t.match(bars, /^<svg .*<\/svg>\n$/s)
  t.match(bars, /a&lt;b.*x &amp; y/s)
  t.notMatch(bars, /NaN|undefined/)
  const trend = { from: [0, 1], to: [9, 2] } as const
  const lines = renderLineChart('Soak', [{ title: 'memory', points: [[0, 1], [9, 2]], trend }]) // biome-ignore format: short
  t.match(lines, /^<svg .*<polyline.*<\/svg>\n$/s)
  t.notMatch(lines, /NaN|undefined/)
})

t.test('messages of the bench name what is wrong', async (t) => {
  const error = new BenchError('MWAF_BENCH_GO_MISSING', { found: 'go1.19' })
  t.match(error.message, /Go >= 1\.25 .*go1\.19/)
  t.ok(Object.keys(benchErrorCatalogue).every((code) => /^MWAF_BENCH(_[A-Z]+)+$/.test(code)))
})
