// From a command line, an environment and a file to options and warnings.
import { join } from 'node:path'
import t from 'tap'
import type { Environment } from '#src/options/environment.js'
import {
  type CommandGrammar,
  type ConfigOption,
  configRow,
  type LoadedOptions,
  loadOptions,
} from '#src/options/load.js'
import type { ServeOptions } from '#src/options/serve-options.js'
import { serveTable } from '#src/options/serve-table.js'

const grammar: CommandGrammar<ConfigOption> = {
  name: 'serve',
  own: { config: configRow },
  scopes: new Set(['ruleset', 'inspection', 'receiver']),
  receiver: serveTable,
}

type Loaded = Extract<LoadedOptions<ConfigOption>, { asksForHelp: false }>

async function load(
  argv: readonly string[],
  environment: Environment = {},
): Promise<Loaded & { options: ServeOptions }> {
  const loaded = await loadOptions(grammar, argv, environment)
  if (loaded.asksForHelp) throw new Error('asked for help')
  return { ...loaded, options: loaded.receiver.options }
}

t.test('the configuration file is named by flag or variable', async (t) => {
  const path = join(t.testdir({ 'c.yaml': 'workers: 3\n' }), 'c.yaml')
  t.equal((await load(['--config', path])).options.workers, 3)
  t.equal((await load([], { MIRRORWAF_CONFIG: path })).options.workers, 3)
  t.strictSame((await load([], { MIRRORWAF_CONFIG: path })).warnings, [])
})

t.test('an unknown key of the file is refused', async (t) => {
  const path = join(t.testdir({ 'c.yaml': 'wrokers: 3\n' }), 'c.yaml')
  await t.rejects(load(['--config', path]), {
    code: 'MWAF_OPTIONS_UNKNOWN',
    message: /wrokers \(did you mean workers\?\)/,
  })
})

t.test('positionals are handed on', async (t) => {
  t.strictSame((await load(['a', '--workers=1', 'b'])).positionals, ['a', 'b'])
})

t.test('unknown MIRRORWAF_ variables are warned about with the nearest; those of Kubernetes are not', async (t) => {
  const { warnings } = await load([], {
    MIRRORWAF_LISEN: ':1',
    MIRRORWAF_SERVICE_HOST: '10.0.0.1',
    MIRRORWAF_SERVICE_PORT: '80',
    MIRRORWAF_SERVICE_PORT_HTTP: '80',
    MIRRORWAF_PORT: 'tcp://10.0.0.1:80',
    MIRRORWAF_PORT_80_TCP: 'tcp://10.0.0.1:80',
    MIRRORWAF_PORT_80_TCP_ADDR: '10.0.0.1',
    MIRRORWAF_ADMIN_SERVICE_HOST: '10.0.0.1',
    OTHER: 'x',
  })
  t.strictSame(warnings, ['environment MIRRORWAF_LISEN is no option of mirrorwaf (did you mean MIRRORWAF_LISTEN?)'])
})

t.test('half a TLS configuration is refused', async (t) => {
  await load(['--tls-cert=c', '--tls-key=k', '--tls-client-ca=a'])
  for (const argv of [['--tls-cert=c'], ['--tls-key=k'], ['--tls-client-ca=a']]) {
    await t.rejects(load(argv), { code: 'MWAF_OPTIONS_VALUE' }, argv.join(' '))
  }
})

t.test('none stands alone among event targets', async (t) => {
  await load(['--events=none'])
  await t.rejects(load(['--events=none', '--events=stdout']), {
    code: 'MWAF_OPTIONS_VALUE',
    details: { option: 'events' },
  })
})

t.test('limits that defeat each other are warned about', async (t) => {
  const warnings = async (...argv: string[]): Promise<readonly string[]> => (await load(argv)).warnings
  t.strictSame(await warnings('--in-flight-limit=16MiB', '--queue-limit=16MiB', '--body-limit=10MiB'), [])
  t.match(await warnings('--in-flight-limit=16777215'), [/in-flight-limit/])
  t.match(await warnings('--queue-limit=16777215'), [/queue-limit/])
  t.match(await warnings('--body-limit=10485759'), [/body-limit/])
  t.match(await warnings('--head-limit=16KiB'), [/target-limit/])
  const small = ['--body-inspect-limit=1MiB', '--queue-limit=3MiB']
  t.strictSame(await warnings(...small, '--batch-limit=1MiB'), [])
  t.match(await warnings(...small, '--batch-limit=1048577'), [/holds one batch/])
})

t.test('a queue that holds no batch is refused', async (t) => {
  await load(['--batch-limit=4MiB', '--queue-limit=4MiB'])
  for (const argv of [
    ['--batch-limit=4MiB', '--queue-limit=4194303'],
    ['--batch-limit=4194305', '--queue-limit=5MiB'],
  ]) {
    await t.rejects(load(argv), { code: 'MWAF_OPTIONS_VALUE', details: { option: 'queue-limit' } }, argv.join(' '))
  }
})
