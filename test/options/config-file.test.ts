// Configuration files into texts.
import { join } from 'node:path'
import t from 'tap'
import { configFileLimitBytes, parseConfigFile, readConfigFile } from '#src/options/config-file.js'

const parse = (text: string): [string, readonly string[]][] => [...parseConfigFile('c.yaml', text).values]

t.test('YAML values are taken as they are written', async (t) => {
  const text = `
# a comment
listen: [":8080", "unix:/run/w"]
workers: 2
hijack: true
socket-mode: 0660
verify-ratio: 0.50
head-limit: 64KiB
rules:
  - a.json
  - 'b.json'
tls-cert: ""
`
  t.strictSame(parse(text), [
    ['listen', [':8080', 'unix:/run/w']],
    ['workers', ['2']],
    ['hijack', ['true']],
    ['socket-mode', ['0660']],
    ['verify-ratio', ['0.50']],
    ['head-limit', ['64KiB']],
    ['rules', ['a.json', 'b.json']],
    ['tls-cert', ['']],
  ])
})

t.test('JSON is read too, with tabs', async (t) => {
  t.strictSame(parse('{\n\t"workers": 2,\n\t"hijack": false,\n\t"listen": [":1"]\n}'), [
    ['workers', ['2']],
    ['hijack', ['false']],
    ['listen', [':1']],
  ])
})

t.test('null and an empty file set nothing', async (t) => {
  t.strictSame(parse('workers:\nlisten: ~\nadmin: null\n'), [])
  t.strictSame(parse(''), [])
  t.strictSame(parse('# only a comment\n'), [])
})

t.test('an empty list is a value', async (t) => {
  t.strictSame(parse('rules: []'), [['rules', []]])
})

t.test('an anchored value may be used again', async (t) => {
  t.strictSame(parse('head-timeout: &t 10s\nbody-timeout: *t\n'), [
    ['head-timeout', ['10s']],
    ['body-timeout', ['10s']],
  ])
})

t.test('what is no mapping of plain values is MWAF_OPTIONS_FILE with the place', async (t) => {
  const faults: [string, RegExp][] = [
    ['- a\n- b\n', /not a mapping/],
    ['text', /not a mapping/],
    ['workers: {a: 1}', /value of key workers/],
    ['listen: [[":1"]]', /value of key listen/],
    ['listen: [~]', /value of key listen/],
    ['[a]: 1', /key is not a plain word/],
    ['workers: 1\nworkers: 2\n', /unique.*line 2/],
    ['workers: "1\n', /line \d/],
    ['a: 1\n---\nb: 2\n', /multiple documents|document/],
  ]
  for (const [text, message] of faults) {
    t.throws(() => parse(text), { code: 'MWAF_OPTIONS_FILE', details: { path: 'c.yaml' }, message }, text)
  }
})

t.test('a missing file is MWAF_OPTIONS_FILE', async (t) => {
  await t.rejects(readConfigFile('/nowhere/c.yaml'), {
    code: 'MWAF_OPTIONS_FILE',
    details: { path: '/nowhere/c.yaml' },
  })
})

t.test('the largest accepted file is 1 MiB', async (t) => {
  const text = (lengthBytes: number): string => `# ${'x'.repeat(lengthBytes - 2)}`
  const dir = t.testdir({ 'fits.yaml': text(configFileLimitBytes), 'large.yaml': text(configFileLimitBytes + 1) })
  t.equal((await readConfigFile(join(dir, 'fits.yaml'))).values.size, 0)
  await t.rejects(readConfigFile(join(dir, 'large.yaml')), { code: 'MWAF_OPTIONS_FILE', message: /larger than/ })
})
