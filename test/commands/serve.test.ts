// `mirrorwaf serve` up to the point where the receiver starts.
import { join } from 'node:path'
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { createFakeIo } from './fake-io.js'

t.test('--check accepts the defaults and says what it loaded', async (t) => {
  const { io, out, err } = createFakeIo()
  t.equal(await dispatch(['serve', '--check'], io), 0)
  t.match(out(), /configuration and rules are valid \(libddwaf \d/)
  t.equal(err(), '')
})

t.test('--check refuses rules that the engine refuses, with exit 1', async (t) => {
  const dir = t.testdir({ 'broken.json': '{"rules": [{"id": "x"}]}', 'syntax.json': '{' })
  const refusals: [string, string][] = [
    ['broken.json', 'MWAF_RULESET_INVALID'],
    ['syntax.json', 'MWAF_RULESET_INVALID'],
    ['none.json', 'MWAF_RULESET_READ'],
  ]
  for (const [file, code] of refusals) {
    const { io, err } = createFakeIo()
    t.equal(await dispatch(['serve', '--check', '--rules', join(dir, file)], io), 1, file)
    t.match(err(), `mirrorwaf: ${code}: `)
  }
})

t.test('--check refuses fewer rules than asked for, and patterns that are none', async (t) => {
  const few = createFakeIo()
  t.equal(await dispatch(['serve', '--check', '--min-rules=100000'], few.io), 1)
  t.match(few.err(), /MWAF_RULESET_TOO_FEW/)
  const pattern = createFakeIo()
  t.equal(await dispatch(['serve', '--check', '--obfuscation-key-regex=('], pattern.io), 1)
  t.match(pattern.err(), /MWAF_REDACTION_PATTERN/)
})

t.test('--check refuses TLS files that are missing or no PEM, as a start does', async (t) => {
  const dir = t.testdir({ 'no.pem': 'no PEM' })
  for (const file of ['no.pem', 'missing.pem']) {
    const { io, err } = createFakeIo()
    const path = join(dir, file)
    t.equal(await dispatch(['serve', '--check', `--tls-cert=${path}`, `--tls-key=${path}`], io), 1, file)
    t.match(err(), /MWAF_LISTENER_TLS/)
  }
})

t.test('wrong configuration is exit 2', async (t) => {
  for (const argv of [['--workers=0'], ['--nonsense'], ['--config=/nowhere.yaml'], ['--tls-key=k']]) {
    t.equal(await dispatch(['serve', '--check', ...argv], createFakeIo().io), 2, argv.join(' '))
  }
  t.equal(await dispatch(['serve', '--check'], createFakeIo({ MIRRORWAF_WORKERS: 'x' }).io), 2)
})

t.test('--print-config prints values with sources and warns on stderr', async (t) => {
  const { io, out, err } = createFakeIo({ MIRRORWAF_WORKERS: '3', MIRRORWAF_WORKER: '3' })
  t.equal(await dispatch(['serve', '--print-config', '--workers=2'], io), 0)
  t.match(out(), /^workers: 2 # flag --workers$/m)
  t.match(err(), /warning: flag --workers \(2\) is taken, environment MIRRORWAF_WORKERS \(3\)/)
  t.match(err(), /warning: environment MIRRORWAF_WORKER is no option/)
})

t.test('DD_APPSEC_ENABLED=false is exit 1 with the reason', async (t) => {
  for (const value of ['false', '0']) {
    for (const argv of [['serve'], ['serve', '--check']]) {
      const { io, err } = createFakeIo({ DD_APPSEC_ENABLED: value })
      t.equal(await dispatch(argv, io), 1)
      t.match(err(), `MWAF_APPSEC_DISABLED: DD_APPSEC_ENABLED=${value}`)
    }
  }
})

t.test(
  'a target of events that cannot be used is wrong usage, told before anything else and without its password',
  async (t) => {
    for (const [target, reason] of [
      ['kafak:a:1/t', /did you mean kafka\?/],
      ['https://me:hunter2@h/', /user name or password/],
    ] as const) {
      const { io, out, err } = createFakeIo({ MIRRORWAF_EVENTS: 'file:x' })
      t.equal(await dispatch(['serve', '--print-config', '--events', target], io), 2)
      t.match(err(), reason)
      t.match(err(), 'MWAF_SINK_SPEC')
      t.notMatch(out() + err(), /hunter2/)
    }
  },
)
