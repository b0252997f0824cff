// Seed 002, the lines about how a plugin is written: a plugin of this file tells what the server does with it, and when.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse } from 'node:path'
import t, { type Test } from 'tap'
import { installKongPackage, kongFolder } from './support/kong-package.js'
import { field, type PdkAnswers } from './support/kong-wire.js'
import { pluginServerEnvironment, pluginServerPath, startPluginServer } from './support/plugin-server.js'
import { temporaryFolder } from './support/repository.js'

const installed = installKongPackage()

/** Writes a line for each thing that is done with it; its one question shows which PDK it was given. */
function writeTellingPlugin(t: Test): { readonly folder: string; readonly told: () => readonly string[] } {
  const folder = temporaryFolder(t)
  const plugins = temporaryFolder(t)
  const diary = `${folder}/diary`
  writeFileSync(diary, '')
  const handlers = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log']
    .map((phase) => `async ${phase}(...args) { tell('${phase}', args); await args[0].request.getHttpVersion() }`)
    .join('\n  ')
  writeFileSync(
    `${plugins}/telling.js`,
    `const { appendFileSync } = require('node:fs')
const tell = (what, args) => appendFileSync('${diary}', what + ' ' + args.length + '\\n')
tell('loaded', [])
class Telling {
  constructor(...args) { tell('made', args) }
  ${handlers}
}
module.exports = { Plugin: Telling, Name: 'telling', Version: '1.0.0', Priority: 7 }
`,
  )
  return { folder: plugins, told: () => readFileSync(diary, 'utf8').split('\n').slice(0, -1) }
}

const answers: PdkAnswers = { 'kong.request.get_http_version': () => 1.1 }

t.test('a plugin that tells what is done with it', async (t) => {
  const { folder, told } = writeTellingPlugin(t)
  const { wire } = await startPluginServer(t, folder)

  await t.test('002.3 plugin code runs on demand only', async (t) => {
    t.strictSame(told(), ['loaded 0'], 'no instance and no phase until Kong asks for one')
    const instance = await wire.startInstance('telling', {})
    t.strictSame(told(), ['loaded 0', 'made 1'])
    await wire.runPhase(instance, 'access', answers)
    t.strictSame(told(), ['loaded 0', 'made 1', 'access 1'])
  })

  await t.test('002.19 every phase of Kong can be handled; only those with a handler are called', async (t) => {
    const phases = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log']
    const announced = field(await wire.call('plugin.GetPluginInfo', 'telling'), 'Phases')
    t.strictSame(Array.isArray(announced) ? announced.toSorted() : announced, phases.toSorted())
    const instance = await wire.startInstance('telling', {})
    const before = told().length
    for (const phase of phases) await wire.runPhase(instance, phase, answers)
    t.strictSame(
      told().slice(before),
      phases.map((phase) => `${phase} 1`),
    )
    t.strictSame(phasesOf('hello'), ['access'], 'Kong calls what is announced')
    t.strictSame(phasesOf('mirrorwaf'), ['access', 'log'])
  })

  await t.test(
    '002.11 the PDK is the one argument, and every function of Kong’s own is reached through it',
    async (t) => {
      const instance = await wire.startInstance('telling', {})
      t.strictSame(await wire.runPhase(instance, 'rewrite', answers), ['kong.request.get_http_version'])
      t.equal(told().at(-1), 'rewrite 1')
      const declared = readFileSync(`${installed}/node_modules/kong-pdk/kong/request.d.ts`, 'utf8')
      for (const name of ['getMethod', 'getPathWithQuery', 'getHeaders', 'getHttpVersion', 'getBody', 'getRawBody'])
        t.match(declared, `${name}(`)
    },
  )

  await t.test('002.20 every phase’s handler has the same signature', async (t) => {
    const calls = told().filter((line) => !/^(loaded|made)/.test(line))
    t.ok(new Set(calls).size >= 6)
    for (const call of calls) t.match(call, / 1$/)
    for (const name of ['mirrorwaf', 'hello']) {
      for (const phase of phasesOf(name))
        t.equal(loadPlugin(name).Plugin.prototype[phase]?.length, 1, `${name}.${phase}`)
    }
  })

  await t.test('002.21 a response handler announces its phase by being there; ours turn no buffering on', async (t) => {
    // Kong buffers answers for a plugin that has this phase (kong/init.lua): what it goes by is the list it is told.
    const dumped = execFileSync(
      process.execPath,
      [pluginServerPath(), '--plugins-directory', folder, '--dump-all-plugins'],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], ...pluginServerEnvironment } },
    )
    t.ok(JSON.parse(dumped)[0].Phases.includes('response'))
    for (const name of ['mirrorwaf', 'hello']) t.notOk(phasesOf(name).includes('response'))
    const buffered: PdkAnswers = { ...answers, 'kong.service.response.get_raw_body': () => Buffer.from('whole') }
    t.strictSame(await wire.runPhase(await wire.startInstance('telling', {}), 'response', buffered), [
      'kong.request.get_http_version',
    ])
  })
})

t.test('002.13 one command gives the server, and a plugin needs none: a file in the folder is one', async (t) => {
  const { scripts } = JSON.parse(readFileSync(`${kongFolder}/package.json`, 'utf8'))
  t.notOk(Object.keys(scripts).some((name) => /^(pre|post)?(build|compile|prepare|install)/.test(name)))
  // `npm ci` is all that was done in this folder; what npm links there is the executable.
  const version = execFileSync(`${installed}/node_modules/.bin/kong-js-pluginserver`, ['--version'], {
    encoding: 'utf8',
    env: { PATH: `${parse(process.execPath).dir}:${process.env['PATH']}`, ...pluginServerEnvironment },
  })
  t.equal(version.trim(), JSON.parse(readFileSync(`${kongFolder}/package.json`, 'utf8')).dependencies['kong-pdk'])
  const { folder } = writeTellingPlugin(t)
  const { wire } = await startPluginServer(t, folder)
  t.equal(field(await wire.call('plugin.GetPluginInfo', 'telling'), 'Version'), '1.0.0')
  t.ok(readdirSync(`${kongFolder}/plugins`).every((file) => file.endsWith('.js')))
})

t.test('002.15 the configuration is a typed record, and a plugin’s fields are filled from it', async (t) => {
  const { Plugin, Schema } = loadPlugin('mirrorwaf')
  const types = Schema.map((entry) => Object.entries(entry).map(([name, { type }]) => [name, type]))
  t.strictSame(Object.fromEntries(types.flat()), {
    receiver: 'string',
    percent: 'number',
    body_limit: 'integer',
    timeout: 'integer',
    queue_limit: 'integer',
    connections: 'integer',
  })
  const config = {
    receiver: '127.0.0.1:1',
    percent: 5,
    body_limit: 1,
    timeout: 50,
    queue_limit: 65_536,
    connections: 2,
  }
  t.strictSame(new Plugin(config).config, config)
})

t.test('002.17 making an instance fills in the defaults, which are those of the schema', async (t) => {
  const { Plugin, Schema } = loadPlugin('mirrorwaf')
  const defaults = Object.fromEntries(
    Schema.flatMap((entry) => Object.entries(entry).map(([name, { default: value }]) => [name, value])),
  )
  const receiver = '127.0.0.1:1'
  t.strictSame(new Plugin({ receiver }).config, { ...defaults, receiver })
  t.strictSame(
    new Plugin({ receiver, percent: null, timeout: null }).config,
    { ...defaults, receiver },
    'null is unset',
  )
  t.not(new Plugin({ receiver }), new Plugin({ receiver }))
  t.match(new (loadPlugin('hello').Plugin)({}), { message: 'hello' })
})

interface PluginModule {
  readonly Plugin: {
    new (config: object): { readonly config: object }
    readonly prototype: Readonly<Record<string, { readonly length: number }>>
  }
  readonly Schema: readonly Readonly<Record<string, { readonly type: string; readonly default?: unknown }>>[]
}

/** The plugins are JavaScript without types; what is used of them is written down above. */
function loadPlugin(name: string): PluginModule {
  return createRequire(import.meta.url)(`${kongFolder}/plugins/${name}.js`) as PluginModule
}

function phasesOf(name: string): readonly string[] {
  const { prototype } = loadPlugin(name).Plugin
  return ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'].filter((phase) => phase in prototype)
}
