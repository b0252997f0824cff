// A scan from files to output and exit code, with an inspector that needs no engine.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { ExitCode } from '#src/commands/command.js'
import { dispatch } from '#src/commands/dispatch.js'
import type { ScanOptions } from '#src/commands/scan/scan-options.js'
import { runComparison, runScan } from '#src/commands/scan/scan-run.js'
import { completeServeOptions } from '#src/options/load.js'
import { createFakeIo, type FakeIo } from '../fake-io.js'
import { createFakeInspector, type FakeInspector } from './fake-inspector.js'

const defaults: ScanOptions = { config: '', output: 'json', format: 'auto', failOnMatch: false, baseline: '' }
const clean = 'GET / HTTP/1.1\r\n\r\n'
const attack = 'GET /?q=rule:xss-1 HTTP/1.1\r\n\r\n'

interface ScanOutcome extends FakeIo {
  readonly code: ExitCode
  readonly inspector: FakeInspector
  readonly lines: () => { outcome: string; file: string; request: number; [field: string]: unknown }[]
}

async function scan(
  files: readonly string[],
  own: Partial<ScanOptions> = {},
  fake = createFakeIo(),
): Promise<ScanOutcome> {
  const inspector = createFakeInspector(['xss-1', 'sqli-1'])
  const code = await runScan({
    files,
    own: { ...defaults, ...own },
    options: completeServeOptions({}),
    createInspector: async () => inspector,
    io: fake.io,
    now: () => 0,
  })
  const lines = (): ReturnType<ScanOutcome['lines']> =>
    fake
      .out()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  return { ...fake, code, inspector, lines }
}

t.test('raw requests back to back: one JSON line each, in order, numbered by file', async (t) => {
  const dir = t.testdir({ a: clean + attack, b: attack })
  const { code, lines, inspector } = await scan([join(dir, 'a'), join(dir, 'b')])
  t.equal(code, 0)
  t.match(lines(), [
    { outcome: 'clean', matches: [], file: join(dir, 'a'), request: 1 },
    { outcome: 'matched', matches: [{ rule: { id: 'xss-1' } }], file: join(dir, 'a'), request: 2 },
    { outcome: 'matched', file: join(dir, 'b'), request: 1 },
  ])
  t.equal(inspector.connections.length, 2, 'each file is a connection of its own')
  t.ok(inspector.isDisposed)
})

t.test('a request that the file cuts off is a result too', async (t) => {
  const { lines } = await scan([join(t.testdir({ a: `${clean}GET /cut` }), 'a')])
  t.strictSame(
    lines().map(({ outcome }) => outcome),
    ['clean', 'aborted'],
  )
})

t.test('gzipped files of every format', async (t) => {
  const dir = t.testdir()
  const log = '203.0.113.7 - - [x] "GET /?q=rule:xss-1 HTTP/1.1" 200 0 "-" "ua"\n'
  const har = JSON.stringify({ log: { entries: [{ request: { method: 'GET', url: 'http://h/?q=rule:xss-1' } }] } })
  for (const [name, content] of Object.entries({ raw: attack, log, har })) {
    writeFileSync(join(dir, name), gzipSync(content))
    const { lines } = await scan([join(dir, name)])
    t.match(lines(), [{ outcome: 'matched' }], name)
  }
})

t.test('each log line is a connection from its client, each HAR entry one from loopback', async (t) => {
  const log = '203.0.113.7 - - [x] "GET /a HTTP/1.1" 200 0\n2001:db8::1 - - [x] "GET /b HTTP/1.1" 200 0\n'
  const har = JSON.stringify({ log: { entries: [{ request: { method: 'GET', url: 'http://h/' } }] } })
  const dir = t.testdir({ log, har })
  const logged = await scan([join(dir, 'log')])
  t.strictSame(logged.inspector.connections, [
    { text: 'GET /a HTTP/1.1\r\n\r\n', peer: '203.0.113.7' },
    { text: 'GET /b HTTP/1.1\r\n\r\n', peer: '2001:db8::1' },
  ])
  const archived = await scan([join(dir, 'har')])
  t.match(archived.inspector.connections, [{ peer: '127.0.0.1' }])
})

t.test('--format overrides what the file looks like', async (t) => {
  const path = join(t.testdir({ a: '{"GET": "/"}\r\n\r\n' }), 'a')
  t.equal((await scan([path], { format: 'raw' })).lines().length, 1)
  await t.rejects(scan([path]), { code: 'MWAF_SCAN_INPUT', message: /no log\.entries/ })
})

t.test('--fail-on-match is exit 1 with a match, 0 without', async (t) => {
  const dir = t.testdir({ attack, clean })
  t.equal((await scan([join(dir, 'attack')], { failOnMatch: true })).code, 1)
  t.equal((await scan([join(dir, 'clean')], { failOnMatch: true })).code, 0)
  t.equal((await scan([join(dir, 'attack')])).code, 0)
})

t.test('text shows what is not clean, without control bytes, and a summary', async (t) => {
  const path = join(t.testdir({ a: `${clean}BAD /\r\n\r\n${attack}CUT /\r\n\r\nGET /cut` }), 'a')
  const { out } = await scan([path], { output: 'text' })
  t.equal(
    out(),
    `${path}#2 clean (parse error: method)\n` +
      `${path}#3 matched\n  xss-1 name of xss-1 (xss)\n    server.request.query / q / 0 = "\\x1bxss-1"\n` +
      `${path}#4 clean (body fault: json_cut)\n` +
      `${path}#5 aborted\n` +
      '5 requests: 1 matched, 1 aborted, 3 clean\n',
  )
})

t.test('skipped lines are told; a log of nothing else is exit 1', async (t) => {
  const good = '203.0.113.7 - - [x] "GET / HTTP/1.1" 200 0\n'
  const dir = t.testdir({
    some: `${good}nonsense\n\n`,
    none: 'nonsense\nmore\n',
    idle: '203.0.113.7 - - [x] "-" 408 0\n',
  })
  const some = await scan([join(dir, 'some')])
  t.equal(some.code, 0)
  t.match(some.err(), /some: 1 lines are no combined log lines/)
  const none = await scan([join(dir, 'none')], { format: 'access-log' })
  t.equal(none.code, 1)
  t.match(none.err(), /2 lines/)
  const idle = await scan([join(dir, 'idle')])
  t.equal(idle.code, 0)
  t.equal(idle.err(), '')
})

t.test('entries without a request are told; a file of nothing else is exit 1', async (t) => {
  const tls = '203.0.113.7 - - [x] "\\x16\\x03" 400 0 "-" "-"\n'
  const dir = t.testdir({ one: `${tls}203.0.113.7 - - [x] "GET / HTTP/1.1" 200 0\n`, all: tls, empty: '' })
  const one = await scan([join(dir, 'one')])
  t.equal(one.code, 0)
  t.match(one.err(), /one: 1 entries hold no HTTP\/1 request/)
  t.equal((await scan([join(dir, 'all')])).code, 1)
  t.equal((await scan([join(dir, 'empty')])).code, 0)
})

t.test('bytes after lost framing are told and are exit 1', async (t) => {
  const path = join(t.testdir({ a: clean }), 'a')
  const inspector = createFakeInspector([])
  const { io, err } = createFakeIo()
  const losing = {
    ...inspector,
    get ignoredBytes() {
      return inspector.connections.length * 7
    },
    finish: () => inspector.finish(),
  }
  const job = {
    files: [path],
    own: defaults,
    options: completeServeOptions({}),
    createInspector: async () => losing,
    io,
    now: () => 0,
  }
  t.equal(await runScan(job), 1)
  t.match(err(), /7 bytes after broken framing/)
})

t.test(
  'results of earlier files are printed when a later one cannot be read, and the inspector is given back',
  async (t) => {
    const dir = t.testdir({ a: attack })
    const fake = createFakeIo()
    await t.rejects(scan([join(dir, 'a'), join(dir, 'none')], {}, fake), { code: 'MWAF_SCAN_INPUT' })
    t.match(fake.out(), /"outcome":"matched"/)
  },
)

t.test('a reader that goes away ends the scan early', async (t) => {
  const path = join(t.testdir({ a: attack.repeat(5000) }), 'a')
  const { code, out } = await scan([path], {}, createFakeIo({}, false, 1))
  t.equal(code, 0)
  t.ok(out().split('\n').length < 5000)
})

t.test('a broken or oversized HAR file is MWAF_SCAN_INPUT', async (t) => {
  const dir = t.testdir({
    cut: '{"log": {"entries": [{"request": {"method": "GET", "url": "http://h/"}}',
    broken: '{"log": {"entries": [{"request": {method: 1}}]}}',
    deep: `{"log": ${'['.repeat(1000)}`,
  })
  await t.rejects(scan([join(dir, 'cut')]), { code: 'MWAF_SCAN_INPUT', message: /ends in the middle/ })
  await t.rejects(scan([join(dir, 'broken')]), { code: 'MWAF_SCAN_INPUT', message: /is not JSON/ })
  await t.rejects(scan([join(dir, 'deep')]), { code: 'MWAF_SCAN_INPUT', message: /nested too deeply/ })
})

t.test('progress is drawn on a watched terminal only, and taken away', async (t) => {
  const path = join(t.testdir({ a: clean }), 'a')
  t.equal((await scan([path])).err(), '')
  const { err } = await scan([path], {}, createFakeIo({}, true))
  t.match(err(), /\r\x1b\[2K.*a 100%, 1 requests\r\x1b\[2K$/)
})

t.test('a comparison counts hits gained, lost, and moved to another rule of the type; losses are exit 1', async (t) => {
  const requests = ['rule:xss-1', 'rule:xss-1 rule:xss-2', 'rule:sqli-1', 'rule:rce-1', 'nothing']
  const path = join(t.testdir({ a: requests.map((text) => `${text}\r\n\r\n`).join('') }), 'a')
  const compare = async (
    old: string[],
    current: string[],
    output: 'json' | 'text',
  ): Promise<{ code: ExitCode; out: string }> => {
    const { io, out } = createFakeIo()
    const code = await runComparison({
      files: [path],
      own: { ...defaults, output, baseline: 'old.json' },
      options: completeServeOptions({ rules: ['new.json'] }),
      createInspector: async ({ rules }) => createFakeInspector(rules[0] === 'old.json' ? old : current),
      io,
      now: () => 0,
    })
    return { code, out: out() }
  }
  const lost = await compare(['xss-1', 'sqli-1'], ['xss-2', 'rce-1'], 'json')
  t.equal(lost.code, 1)
  t.strictSame(JSON.parse(lost.out), {
    requests: 5,
    rules: [
      { id: 'rce-1', name: 'name of rce-1', baseline: 0, current: 1, gained: 1, lost: 0, moved: 0 },
      { id: 'sqli-1', name: 'name of sqli-1', baseline: 1, current: 0, gained: 0, lost: 1, moved: 0 },
      { id: 'xss-1', name: 'name of xss-1', baseline: 2, current: 0, gained: 0, lost: 1, moved: 1 },
      { id: 'xss-2', name: 'name of xss-2', baseline: 0, current: 1, gained: 1, lost: 0, moved: 0 },
    ],
  })
  const gained = await compare(['xss-1'], ['xss-1', 'rce-1'], 'text')
  t.equal(gained.code, 0)
  t.equal(
    gained.out,
    '5 requests: 1 rules differ\n  rce-1        0 -> 1 hits (gained 1, lost 0, moved 0)  name of rce-1\n',
  )
  t.equal((await compare(['xss-1'], ['xss-1'], 'text')).out, '5 requests: no rule differs\n')
})

t.test('the command needs a file, and only its own options', async (t) => {
  const { io, err } = createFakeIo()
  t.equal(await dispatch(['scan'], io), 2)
  t.match(err(), /at least one file/)
  t.equal(await dispatch(['scan', 'x', '--listen', ':1'], createFakeIo().io), 2)
  t.equal(await dispatch(['scan', 'x', '--format', 'pcap'], createFakeIo().io), 2)
})
