// `mirrorwaf demo`: one command that ends by itself and says what it saw.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { renderEvent } from '#src/commands/demo/demo-lines.js'
import { demoTraffic } from '#src/commands/demo/demo-traffic.js'
import { dispatch } from '#src/commands/dispatch.js'
import { createPaint } from '#src/terminal-colour.js'
import { createFakeIo } from './fake-io.js'
import { drawTerminal, readTerminalLines } from './support/terminal-svg.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))
const attackCount = demoTraffic.filter(({ isAttack }) => isAttack).length

t.test('as a process: each attack is found and nothing else, every client is answered, exit 0', async (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'demo'], { encoding: 'utf8', env: {} })
  t.equal(status, 0, stdout)
  t.equal(stderr, '')
  t.equal(stdout.match(/^ {2}ATTACK /gm)?.length, attackCount)
  t.equal(stdout.match(/^ {2}200 in /gm)?.length, demoTraffic.length)
  t.match(stdout, `${demoTraffic.length} requests, ${demoTraffic.length} answered`)
  for (const line of stdout.split('\n')) t.ok(line.length <= 100, line)
  const picture = readFileSync(new URL('../../../deploy/demo/demo.svg', import.meta.url), 'utf8')
  t.strictSame(
    comparable(readTerminalLines(picture)),
    comparable(stdout.split('\n')),
    'the picture in the README shows it: `npm run docs` draws it anew',
  )
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
  const text = renderEvent(
    {
      schema_version: 1,
      timestamp: '',
      event_id: '',
      service: '',
      env: '',
      version: '',
      request: { ...request, ...rest, body: { declared: null, seen: 0, inspected: 0, type: null, fault: null } },
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
    },
    createPaint(false),
  )
  t.notMatch(text.replaceAll('\n', ''), /[\u0000-\u001f]/)
})

t.test('a picture of a terminal holds its text and its colours', async (t) => {
  const svg = drawTerminal('a\u001b[31m<b> &\u001b[0m c\r\n\r\nlast\r\n', 'title')
  t.strictSame(readTerminalLines(svg), ['a<b> & c', 'last'])
  t.match(svg, '<tspan fill="#ff7b72">&lt;b&gt; &amp;</tspan>')
})

/** Durations and ports differ from run to run, and so may the order of an event and the next answer. */
function comparable(lines: readonly string[]): readonly string[] {
  const isTimed = /^ {2}200 in [\d.]+ ms +/
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(isTimed, '  200 ').replace(/:\d{2,5} /g, ':PORT '))
    .toSorted()
}
