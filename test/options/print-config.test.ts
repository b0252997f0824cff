// --print-config: what it prints is a configuration file with the same meaning.
import t from 'tap'
import { parseConfigFile } from '#src/options/config-file.js'
import type { OptionScope } from '#src/options/option-spec.js'
import { renderConfig } from '#src/options/print-config.js'
import { resolveTable } from '#src/options/resolve.js'
import { serveTable } from '#src/options/serve-table.js'

const scopes: ReadonlySet<OptionScope> = new Set(['ruleset', 'inspection', 'receiver'])

t.test('what is printed is read back as the same options', async (t) => {
  const flags = new Map([
    ['listen', [':1', 'unix:/a b: #c']],
    ['rules', ['yes', 'null', '- x', "it's", 'a"b', 'é\n']],
    ['socket-mode', ['0640']],
    ['service', ['true']],
    ['version-tag', ['1.10']],
    ['verify-ratio', ['0.0000001']],
    ['peers', ['10.0.0.0/8']],
  ])
  const resolved = resolveTable(serveTable, { flags, environment: {}, file: undefined }, scopes)
  const file = parseConfigFile('c.yaml', renderConfig(serveTable, resolved))
  const again = resolveTable(serveTable, { flags: new Map(), environment: {}, file }, scopes)
  t.strictSame(again.options, resolved.options)
  t.equal(again.options.version, '1.10')
})

t.test('each value comes with its source', async (t) => {
  const sources = { flags: new Map([['workers', ['2']]]), environment: { MIRRORWAF_HIJACK: '1' }, file: undefined }
  const text = renderConfig(serveTable, resolveTable(serveTable, sources, scopes))
  t.match(text, /^workers: 2 # flag --workers$/m)
  t.match(text, /^hijack: true # environment MIRRORWAF_HIJACK$/m)
  t.match(text, /^backlog: 1024 # default$/m)
  t.match(text, /^# DD_APPSEC_ENABLED: true # default$/m)
})

t.test('a line break in a file name does not break out of its comment', async (t) => {
  const file = { path: 'a\nhijack: true', values: new Map([['workers', ['2']]]) }
  const text = renderConfig(serveTable, resolveTable(serveTable, { flags: new Map(), environment: {}, file }, scopes))
  t.equal(parseConfigFile('c', text).values.get('hijack')?.[0], 'false')
})

t.test('secrets in URLs are left out, and what runs keeps them', async (t) => {
  const sources = {
    flags: new Map([['events', ['http:https://h/p?token=s3cret?format=ecs']]]),
    environment: { DD_TRACE_AGENT_URL: 'http://me:s3cret@agent:8126' },
    file: undefined,
  }
  const resolved = resolveTable(serveTable, sources, scopes)
  const text = renderConfig(serveTable, resolved)
  t.notMatch(text, /s3cret/)
  t.match(text, '"http:https://h/p?token=<Redacted>?format=ecs"')
  t.match(text, '"http://<Redacted>@agent:8126"')
  t.equal(resolved.options.datadogAgentUrl, 'http://me:s3cret@agent:8126')
})
