import { createHmac } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { HttpSink } from '#src/sinks/http-sink.js'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import type { Sink } from '#src/sinks/sink.js'
import { block } from './support/blocks.js'
import { makeCertificates } from './support/certificates.js'
import { startHttpCollector } from './support/http-collector.js'

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

async function openSink(t: Test, text: string): Promise<Sink> {
  const spec = parseSinkSpec(text)
  if (spec.kind !== 'http') throw new Error(`not http: ${text}`)
  const sink = new HttpSink(spec, { wallClockMs: () => nowMs })
  await sink.open()
  t.teardown(() => sink.close())
  return sink
}

t.test('a block is one POST of its lines, on a kept connection', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/in?a=b?timeout=5s`)
  t.same(await sink.write(block(1, 2)), { kind: 'written' })
  t.same(await sink.write(block(3)), { kind: 'written' })
  t.match(collector.deliveries, [
    {
      path: '/in?a=b',
      headers: { 'content-type': 'application/x-ndjson', 'user-agent': /^mirrorwaf\/\d/ },
      body: Buffer.from(block(1, 2).lines),
    },
    { body: Buffer.from(block(3).lines) },
  ])
  t.equal(sink.name, `http:${collector.url}/in`, 'a query may be a secret: it is no label')
})

t.test('the signature covers time and body as sent; header lines and gzip come from the options', async (t) => {
  const files = t.testdir({
    key: 'top secret\n',
    headers: '# for the collector\nAuthorization: Bearer abc\n\nX-Team: red\n',
  })
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/?key-file=${files}/key&header-file=${files}/headers&gzip=on`)
  t.same(await sink.write(block(1)), { kind: 'written' })
  const [delivery] = collector.deliveries
  if (delivery === undefined) throw new Error('nothing was delivered')
  const { headers, body } = delivery
  t.match(headers, { authorization: 'Bearer abc', 'x-team': 'red', 'content-encoding': 'gzip' })
  t.strictSame(gunzipSync(body), Buffer.from(block(1).lines))
  const seconds = nowMs / 1000
  const expected = createHmac('sha256', 'top secret').update(`${seconds}.`).update(body).digest('hex')
  t.equal(headers['x-mirrorwaf-signature'], `t=${seconds},v1=${expected}`)
})

t.test('a block that is tried again keeps its delivery id, another one has another', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/`)
  for (const each of [block(1), block(1), block(2)]) await sink.write(each)
  const [first, again, other] = collector.deliveries.map(({ headers }) => headers['x-mirrorwaf-delivery'])
  t.match(first, /^[0-9a-f]{32}$/)
  t.equal(again, first)
  t.not(other, first)
})

t.test('what may pass is tried again, what is refused is not', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/`)
  const date = new Date(nowMs + 7000).toUTCString()
  const cases = [
    [{ status: 200 }, { kind: 'written' }],
    [{ status: 500 }, { kind: 'retry', detail: 'it answered 500', retryAfterMs: undefined }],
    [
      { status: 503, headers: { 'retry-after': '3' } },
      { kind: 'retry', retryAfterMs: 3000 },
    ],
    [
      { status: 429, headers: { 'retry-after': date } },
      { kind: 'retry', retryAfterMs: 7000 },
    ],
    [
      { status: 429, headers: { 'retry-after': 'soon' } },
      { kind: 'retry', retryAfterMs: undefined },
    ],
    [{ status: 408 }, { kind: 'retry' }],
    [{ status: 400 }, { kind: 'failed', reason: 'rejected', writtenEvents: 0, retryAfterMs: 0 }],
    [{ status: 401 }, { kind: 'failed', reason: 'rejected' }],
    [
      { status: 302, headers: { location: '/other' } },
      { kind: 'failed', reason: 'rejected' },
    ],
  ] as const
  for (const [answer, result] of cases) {
    collector.answers.push(answer)
    t.match(await sink.write(block(1)), result, String(answer.status))
  }
})

t.test('nobody there, no answer in time, and a connection that breaks are all tried again', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/?timeout=200ms`)
  collector.answers.push('never')
  t.match(await sink.write(block(1)), { kind: 'retry' })
  t.same(await sink.write(block(1)), { kind: 'written' })
  collector.close()
  t.match(await sink.write(block(1)), { kind: 'retry' })
})

t.test('a write that waits for an answer ends when the sink is closed', async (t) => {
  const collector = await startHttpCollector(t)
  const sink = await openSink(t, `${collector.url}/?timeout=60s`)
  collector.answers.push('never')
  const writing = sink.write(block(1))
  while (collector.deliveries.length === 0) await new Promise(setImmediate)
  await sink.close()
  t.match(await writing, { kind: 'retry' })
})

t.test('TLS: an own authority is believed, an unknown one is not, a client certificate is shown', async (t) => {
  const { ca, cert, key, caPath, certPath, keyPath } = makeCertificates(t.testdir())
  const collector = await startHttpCollector(t, { cert, key, ca, requestCert: true, rejectUnauthorized: true })
  const knowing = await openSink(t, `${collector.url}/?ca=${caPath}&cert=${certPath}&cert-key=${keyPath}`)
  t.same(await knowing.write(block(1)), { kind: 'written' })
  const unknowing = await openSink(t, `${collector.url}/?cert=${certPath}&cert-key=${keyPath}`)
  t.match(await unknowing.write(block(1)), { kind: 'retry', detail: /certificate/ })
  const nameless = await openSink(t, `${collector.url}/?ca=${caPath}`)
  t.match(await nameless.write(block(1)), { kind: 'retry' })
})

t.test('files that cannot be used are refused at start, without their content', async (t) => {
  const files = t.testdir({ empty: '\n', wrong: 'hunter2 without a colon\n' })
  for (const [option, reason] of [
    [`key-file=${files}/none`, /ENOENT/],
    [`key-file=${files}/empty`, /is empty/],
    [`header-file=${files}/wrong`, /line 1 of .*wrong is not "Name: value"/],
    [`ca=${files}/none`, /ENOENT/],
  ] as const) {
    const opened = openSink(t, `http://127.0.0.1:1/?${option}`)
    await t.rejects(opened, { code: 'MWAF_SINK_TARGET', details: { reason } }, option)
    await opened.catch((thrown: unknown) => t.notMatch(String(thrown), /hunter2/))
  }
})
