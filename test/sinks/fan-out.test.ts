// Filters, rates, forms and retries put together, in the real reporting thread.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import { startHttpCollector } from './support/http-collector.js'
import { fetchAdmin, startTestReporter } from './support/reporter.js'
import { bareEvent, fullEvent, linesOfEvents, plainEvent } from './support/sample-events.js'

const lineOf = (event: typeof plainEvent): Uint8Array => linesOfEvents([event]).lines

function readLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

t.test('each sink gets its own events in its own form', async (t) => {
  const folder = t.testdir()
  const path = (name: string): string => join(folder, name)
  const targets = ['all', 'worst?severity=critical&format=ecs', 'scanners?types=security_scanner&format=cef']
  const { reporter } = await startTestReporter({
    sinks: targets.map((target) => parseSinkSpec(`file:${folder}/${target}`)),
  })
  reporter.send([plainEvent, fullEvent, bareEvent].map(lineOf))
  t.ok((await reporter.flush(2000)).isComplete)
  const totals = await reporter.stop()
  t.equal(readLines(path('all')).length, 3)
  t.strictSame(
    readLines(path('worst')).map((line) => JSON.parse(line).mirrorwaf.severity),
    ['critical'],
  )
  t.match(readLines(path('scanners')), [/^CEF:0\|.*\|r\|Scanner\|3\|/])
  t.strictSame(
    totals.map(({ written, filtered }) => [written, filtered]),
    [
      [3, 0],
      [1, 2],
      [1, 2],
    ],
  )
})

t.test('folded events that a full disk refuses are counted as all that they stand for', async (t) => {
  const { reporter } = await startTestReporter({ sinks: [parseSinkSpec('file:/dev/full?rate=1/h')] })
  for (let round = 0; round < 20; round += 1) reporter.send([lineOf(plainEvent)])
  await reporter.flush(100)
  const [totals] = await reporter.stop()
  const { write_error = 0, unflushed = 0 } = totals?.dropped ?? {}
  t.strictSame([totals?.written, write_error + unflushed], [0, 20])
})

t.test('what a rate folded is written at the end, and all counts add up', async (t) => {
  const path = join(t.testdir(), 'events')
  const { reporter } = await startTestReporter({ sinks: [parseSinkSpec(`file:${path}?rate=5/h`)] })
  for (let round = 0; round < 100; round += 1) reporter.send([lineOf(plainEvent), lineOf(fullEvent)])
  t.ok((await reporter.flush(2000)).isComplete)
  const [totals] = await reporter.stop()
  const events = readLines(path).map((line) => JSON.parse(line))
  t.equal(events.length, 7, 'five and one of each kind')
  t.equal(
    events.reduce((sum, { folded }) => sum + (folded?.count ?? 1), 0),
    200,
  )
  t.match(totals, { written: 200, folded: 193 })
})

t.test('a dead target holds up no other; when it is back it gets what waited', async (t) => {
  const path = join(t.testdir(), 'events')
  const collector = await startHttpCollector(t)
  collector.answers.push({ status: 503 }, { status: 503 })
  const { reporter, notices } = await startTestReporter({
    sinks: [parseSinkSpec(`${collector.url}/in`), parseSinkSpec(`file:${path}`)],
    admin: { host: '127.0.0.1', port: 0 },
  })
  t.teardown(() => reporter.stop())
  reporter.send([lineOf(plainEvent)])
  reporter.send([lineOf(fullEvent)])
  while (readFileSync(path).byteLength === 0 || collector.deliveries.length < 3) await new Promise(setImmediate)
  t.ok((await reporter.flush(5000)).isComplete)
  const sent = collector.deliveries.map(({ body }) => body.toString().split('\n').length - 1)
  t.equal(sent[0], sent[1], 'the same block again')
  t.equal(
    sent.slice(2).reduce((sum, count) => sum + count, 0),
    2,
  )
  t.match(notices, [
    { code: 'MWAF_SINK_WAITING', details: { reason: 'it answered 503' } },
    { code: 'MWAF_SINK_RECOVERED' },
  ])
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, `mirrorwaf_sink_events_total{sink="http:${collector.url}/in"} 2\n`)
})

t.test('what a dead target holds at the end is counted', async (t) => {
  const { reporter } = await startTestReporter({ sinks: [parseSinkSpec('syslog:127.0.0.1:1')] })
  reporter.send([lineOf(plainEvent), lineOf(fullEvent)])
  t.notOk((await reporter.flush(300)).isComplete)
  t.match(await reporter.stop(), [{ name: 'syslog:tcp://127.0.0.1:1', written: 0, dropped: { unflushed: 2 } }])
})
