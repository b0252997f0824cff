// The inspection that a scan works with: real parser, real engine, a small ruleset.
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { createInspector } from '#src/commands/scan/create-inspector.js'
import { smallOptions } from '../../worker/support/pool-bench.js'
import { writeRuleset } from '../../worker/support/small-ruleset.js'
import { createFakeIo } from '../fake-io.js'

const attack = 'GET /?x=$globals HTTP/1.1\r\nHost: a\r\n\r\n'
const head = 'POST / HTTP/1.1\r\nHost: a\r\n'

t.test('bytes behind lost framing are counted for the request that took them', async (t) => {
  const inspector = await createInspector(smallOptions(t))
  t.teardown(() => inspector.dispose())
  const scan = (...chunks: string[]) => [
    ...chunks.flatMap((chunk) => [...inspector.inspect(Buffer.from(chunk), '192.0.2.1')]),
    ...inspector.finish(),
  ]
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n`
  for (const [chunks, lost] of [
    [[`${chunked}ZZ`, attack], 'ZZ'.length + attack.length],
    [[`${attack}${chunked}ZZ${attack}`], 'ZZ'.length + attack.length],
    [[`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, attack, attack], 2 + 2 * attack.length],
    [[`${head}Transfer-Encoding:\r\n\r\n`, attack], attack.length],
    [[`${chunked}0\r\n\r\n${attack}`], 0],
    [[attack, attack], 0],
  ] as const) {
    const results = scan(...chunks)
    t.equal(Math.max(...results.map(({ lost_bytes }) => lost_bytes)), lost, JSON.stringify(chunks))
    t.equal(results.filter(({ lost_bytes }) => lost_bytes > 0).length, lost > 0 ? 1 : 0)
  }
})

t.test('a scan warns of it with a code, and ends with 1', async (t) => {
  const rules = writeRuleset(t, '$globals')
  const lost = `${t.testdir({ lost: `${head}Transfer-Encoding: chunked\r\n\r\nZZ${attack}`, kept: attack })}/lost`
  const { io, out, err } = createFakeIo()
  t.equal(await dispatch(['scan', '--rules', rules, '--output', 'json', lost], io), 1)
  t.match(JSON.parse(out()), { lost_bytes: 2 + attack.length, parse_error: 'chunk' })
  t.match(err(), /MWAF_SCAN_FRAMING/)
  const kept = createFakeIo()
  t.equal(await dispatch(['scan', '--rules', rules, '--output', 'json', lost.replace(/lost$/, 'kept')], kept.io), 0)
  t.match(JSON.parse(kept.out()), { lost_bytes: 0, outcome: 'matched' })
  t.equal(kept.err(), '')
})

t.test('a fault of a body is in its result', async (t) => {
  const inspector = await createInspector(smallOptions(t))
  t.teardown(() => inspector.dispose())
  const [result] = inspector.inspect(
    Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: 5\r\n\r\n{"a":`),
    '192.0.2.1',
  )
  t.match(result, { outcome: 'clean', body_fault: 'json_cut' })
})
