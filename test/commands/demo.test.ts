// `mirrorwaf demo`: one command that ends by itself and says what it saw.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { renderEvent } from '#src/commands/demo/demo-lines.js'
import { demoTraffic } from '#src/commands/demo/demo-traffic.js'
import { dispatch } from '#src/commands/dispatch.js'
import { createFakeIo } from './fake-io.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))
const attackCount = demoTraffic.filter(({ isAttack }) => isAttack).length

t.test('as a process: each attack is found and nothing else, every client is answered, exit 0', async (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'demo'], { encoding: 'utf8', env: {} })
  t.equal(status, 0, stdout)
  t.equal(stderr, '')
  t.equal(stdout.match(/^ {2}ATTACK /gm)?.length, attackCount)
  t.equal(stdout.match(/^ {2}200 in /gm)?.length, demoTraffic.length)
  t.match(stdout, `${demoTraffic.length} requests, ${demoTraffic.length} answered`)
  for (const line of stdout.split('\n')) t.ok(line.length <= 120, line)
})

t.test('a reader that goes away ends it', async (t) => {
  const { io } = createFakeIo({}, false, 3)
  t.equal(await dispatch(['demo'], io), 0)
})

t.test('it takes no arguments', async (t) => {
  t.equal(await dispatch(['demo', 'x'], createFakeIo().io), 2)
})

t.test('what a sender wrote does not drive the terminal', async (t) => {
  const rule = { id: 'r', name: 'n\u001b[2J', tags: {} }
  const condition = {
    operator: '',
    operator_value: '',
    address: 'a',
    key_path: ['\u0007'],
    value: '\u001b]0;x',
    highlight: [],
  }
  const request = {
    method: 'GET',
    host: '',
    host_raw: '',
    path: '/\r',
    query: '',
    http_version: '1.1',
    request_id: null,
  }
  const rest = { trace_id: null, span_id: null, headers: {}, endpoint: '/', trace_headers: {}, parse_error: null }
  const text = renderEvent({
    schema_version: 1,
    timestamp: '',
    event_id: '',
    service: '',
    env: '',
    version: '',
    request: { ...request, ...rest, body: { declared: null, seen: 0, inspected: 0, type: null } },
    client: { ip: null, peer: null, chain: [] },
    matches: [{ rule, matches: [condition] }],
    matches_omitted: 0,
    outcome: 'matched',
    flags: { truncated: false, aborted: false, timed_out: false },
    engine: { name: '', version: '', rules_version: '' },
    attributes: {},
    inspection: {
      engine_us: 0,
      timeouts: 0,
      error: null,
      kept: false,
      cut: { string_bytes: 0, container_size: 0, container_depth: 0 },
    },
    timings_us: { queue: 0, inspect: 0 },
  })
  t.notMatch(text.replaceAll('\n', ''), /[\u0000-\u001f]/)
})
