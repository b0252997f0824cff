// Which source wins, what is warned about, and what is refused.
import t from 'tap'
import { reasonOf } from '#src/errors.js'
import type { ConfigFile } from '#src/options/config-file.js'
import type { Environment } from '#src/options/environment.js'
import { completeServeOptions } from '#src/options/load.js'
import type { OptionScope } from '#src/options/option-spec.js'
import { assertKnownKeys, type Resolved, resolveTable } from '#src/options/resolve.js'
import type { ServeOptions } from '#src/options/serve-options.js'
import { serveTable } from '#src/options/serve-table.js'

interface Given {
  readonly flags?: Readonly<Record<string, readonly string[]>>
  readonly environment?: Environment
  readonly file?: Readonly<Record<string, readonly string[]>>
}

const allScopes: ReadonlySet<OptionScope> = new Set(['ruleset', 'inspection', 'receiver'])

function configFile(values: Readonly<Record<string, readonly string[]>>): ConfigFile {
  return { path: 'c.yaml', values: new Map(Object.entries(values)) }
}

function resolve({ flags = {}, environment = {}, file }: Given, scopes = allScopes): Resolved<ServeOptions> {
  const sources = {
    flags: new Map(Object.entries(flags)),
    environment,
    file: file === undefined ? undefined : configFile(file),
  }
  return resolveTable(serveTable, sources, scopes)
}

t.test('without sources every field has its default, and all of it is frozen', async (t) => {
  const { options, origins, warnings } = resolve({})
  t.equal(options.wafTimeoutUs, 10_000)
  t.strictSame(options.listen, ['[::]:8080'])
  t.ok(Object.values(options).every((value) => value !== undefined))
  t.ok(Object.isFrozen(options))
  t.ok(Object.isFrozen(options.listen))
  t.equal(origins.get('listen'), 'default')
  t.strictSame(warnings, [])
})

t.test('flag, then MIRRORWAF_, then DD_, then file, then default', async (t) => {
  const flags = { 'waf-timeout': ['1ms'] }
  const own = { MIRRORWAF_WAF_TIMEOUT: '2ms' }
  const datadog = { DD_APPSEC_WAF_TIMEOUT: '3ms' }
  const file = { 'waf-timeout': ['4ms'] }
  const budget = (given: Given): [number, string | undefined] => {
    const { options, origins } = resolve(given)
    return [options.wafTimeoutUs, origins.get('wafTimeoutUs')]
  }
  t.strictSame(budget({ flags, environment: { ...own, ...datadog }, file }), [1000, 'flag --waf-timeout'])
  t.strictSame(budget({ environment: { ...own, ...datadog }, file }), [2000, 'environment MIRRORWAF_WAF_TIMEOUT'])
  t.strictSame(budget({ environment: datadog, file }), [3000, 'environment DD_APPSEC_WAF_TIMEOUT'])
  t.strictSame(budget({ file }), [4000, 'file c.yaml key waf-timeout'])
  t.strictSame(budget({}), [10_000, 'default'])
})

t.test('sources that differ are a warning naming both; the same value twice is none', async (t) => {
  const differing = resolve({
    flags: { workers: ['2'] },
    environment: { MIRRORWAF_WORKERS: '3' },
    file: { workers: ['2'] },
  })
  t.strictSame(differing.warnings, [
    'flag --workers (2) is taken, environment MIRRORWAF_WORKERS (3) differs and is ignored',
  ])
  const same = resolve({ flags: { listen: [':8080'] }, environment: { DD_REQUEST_MIRROR_LISTEN_ADDR: '[::]:8080' } })
  t.strictSame(same.warnings, [], 'compared by value, not by spelling')
})

t.test('the variables of the Datadog mirror work unchanged', async (t) => {
  const { options } = resolve({
    environment: {
      DD_REQUEST_MIRROR_LISTEN_ADDR: ':9000',
      DD_REQUEST_MIRROR_HEALTHCHECK_ADDR: ':9001',
      DD_APPSEC_ENABLED: 'false',
      DD_APPSEC_RULES: '/etc/a,b.json',
      DD_APPSEC_WAF_TIMEOUT: '1500',
      DD_APPSEC_OBFUSCATION_PARAMETER_KEY_REGEXP: 'k',
      DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP: '',
      DD_TRACE_CLIENT_IP_HEADER: 'X-Real',
      DD_SERVICE: 's',
      DD_ENV: 'e',
      DD_VERSION: 'v',
    },
  })
  t.match(options, {
    listen: ['[::]:9000'],
    admin: '[::]:9001',
    appsecEnabled: false,
    rules: ['/etc/a,b.json'],
    wafTimeoutUs: 1500,
    obfuscationKeyRegex: 'k',
    obfuscationValueRegex: '',
    clientIpHeader: 'x-real',
    service: 's',
    env: 'e',
    version: 'v',
  })
})

t.test('lists: flags repeat, variables are cut at commas, address ranges everywhere', async (t) => {
  t.strictSame(resolve({ flags: { listen: [':1', ':2'] } }).options.listen, ['[::]:1', '[::]:2'])
  t.strictSame(resolve({ environment: { MIRRORWAF_LISTEN: ':1, :2,' } }).options.listen, ['[::]:1', '[::]:2'])
  t.strictSame(resolve({ flags: { rules: ['a,b'] } }).options.rules, ['a,b'])
  t.strictSame(resolve({ flags: { peers: ['10.0.0.0/8,::1'] } }).options.peers, ['10.0.0.0/8', '::1/128'])
  t.strictSame(resolve({ file: { peers: ['10.0.0.0/8,::1'] } }).options.peers, ['10.0.0.0/8', '::1/128'])
  t.strictSame(resolve({ file: { rules: ['a,b'] } }).options.rules, ['a,b'])
  t.strictSame(resolve({ file: { events: ['stdout', 'file:x'] } }).options.events, ['stdout', 'file:x'])
})

t.test('a flag that is repeated means its last value', async (t) => {
  t.equal(resolve({ flags: { workers: ['1', '2'] } }).options.workers, 2)
})

t.test('an empty variable is as if not set, unless emptiness means something', async (t) => {
  const { options, origins } = resolve({
    environment: { MIRRORWAF_WORKERS: '', MIRRORWAF_LISTEN: '', MIRRORWAF_OBFUSCATION_KEY_REGEX: '', DD_SERVICE: '' },
  })
  t.equal(origins.get('workers'), 'default')
  t.equal(origins.get('listen'), 'default')
  t.equal(options.service, 'request-mirror')
  t.equal(options.obfuscationKeyRegex, '')
  t.equal(origins.get('obfuscationKeyRegex'), 'environment MIRRORWAF_OBFUSCATION_KEY_REGEX')
})

t.test('a wrong value is refused wherever it stands, named with its source and what is accepted', async (t) => {
  const refusals: [Given, string][] = [
    [{ flags: { workers: ['many'] } }, 'flag --workers'],
    [{ environment: { MIRRORWAF_WORKERS: '0' } }, 'environment MIRRORWAF_WORKERS'],
    [{ environment: { DD_APPSEC_WAF_TIMEOUT: 'soon' } }, 'environment DD_APPSEC_WAF_TIMEOUT'],
    [{ file: { workers: ['65'] } }, 'file c.yaml key workers'],
    [{ file: { workers: ['1', '2'] } }, 'file c.yaml key workers'],
    [{ file: { workers: [] } }, 'file c.yaml key workers'],
    [{ file: { listen: [] } }, 'file c.yaml key listen'],
    [{ flags: { rules: [''] } }, 'flag --rules'],
  ]
  for (const [given, source] of refusals) {
    t.throws(() => resolve(given), { code: 'MWAF_OPTIONS_VALUE', details: { source, accepted: /\w+/ } }, source)
  }
  t.throws(() => resolve({ flags: { workers: ['1'] }, environment: { MIRRORWAF_WORKERS: 'x' } }), {
    code: 'MWAF_OPTIONS_VALUE',
    details: { source: 'environment MIRRORWAF_WORKERS' },
  })
})

t.test('a refused value is shown without control bytes and shortened', async (t) => {
  try {
    resolve({ flags: { workers: [`\x1b[2J${'x'.repeat(5000)}`] } })
    t.fail('accepted')
  } catch (thrown) {
    t.match(reasonOf(thrown), /\\u001b/)
    t.notOk(reasonOf(thrown).includes('\x1b'))
    t.ok(reasonOf(thrown).length < 500)
  }
})

t.test('options outside of a command’s scopes are not read, not even wrong ones', async (t) => {
  const scopes = new Set<OptionScope>(['ruleset'])
  const { options } = resolve({ environment: { MIRRORWAF_WORKERS: 'x', DD_APPSEC_RULES: 'r' } }, scopes)
  t.strictSame(options.rules, ['r'])
})

t.test('a configuration file may hold only keys of the table', async (t) => {
  t.doesNotThrow(() => assertKnownKeys(serveTable, configFile({ workers: ['1'] })))
  t.throws(() => assertKnownKeys(serveTable, configFile({ worker: ['1'] })), {
    code: 'MWAF_OPTIONS_UNKNOWN',
    message: /key worker \(did you mean workers\?\) in file c\.yaml/,
  })
  t.throws(() => assertKnownKeys(serveTable, configFile({ 'appsec-enabled': ['true'] })), {
    code: 'MWAF_OPTIONS_UNKNOWN',
  })
})

t.test('a program’s options are completed and checked as their texts would be', async (t) => {
  const options = completeServeOptions({ listen: [':0'], headTimeoutMs: 50, hijack: true })
  t.match(options, { listen: ['[::]:0'], headTimeoutMs: 50, hijack: true, queueLimitBytes: 32 * 1024 * 1024 })
  t.ok(Object.isFrozen(options))
  t.throws(() => completeServeOptions({ workers: 0 }), {
    code: 'MWAF_OPTIONS_VALUE',
    details: { source: 'option workers' },
  })
  t.throws(() => completeServeOptions({ listen: [] }), { code: 'MWAF_OPTIONS_VALUE' })
  t.throws(() => completeServeOptions(JSON.parse('{"worker": 1}')), { code: 'MWAF_OPTIONS_UNKNOWN' })
  t.throws(() => completeServeOptions(JSON.parse('{"workers": "2"}')), { code: 'MWAF_OPTIONS_VALUE' })
  t.throws(() => completeServeOptions({ tlsKey: 'key.pem' }), { code: 'MWAF_OPTIONS_VALUE' })
})

t.test('a URL that is refused, or ignored for another, is shown without its secrets', async (t) => {
  const read = (environment: Environment): readonly string[] =>
    resolveTable(serveTable, { flags: new Map(), environment, file: undefined }, allScopes).warnings
  t.throws(() => read({ DD_TRACE_AGENT_URL: 'htp://me:s3cret@agent' }), { message: /htp:\/\/<Redacted>@agent is not/ })
  const both = { DD_TRACE_AGENT_URL: 'http://a:s3cret@agent', MIRRORWAF_DATADOG_AGENT_URL: 'http://b:s3cret@agent' }
  t.match(read(both), [
    /^environment MIRRORWAF_DATADOG_AGENT_URL \(http:\/\/<Redacted>@agent\).*<Redacted>@agent\) differs/,
  ])
})
