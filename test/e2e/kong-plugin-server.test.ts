// `mirrorwaf kong-plugin-server` around kong-pdk's own server, with the plugins that ship.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { installKongPackage, kongFolder } from './support/kong-package.js'
import { KongWire } from './support/kong-wire.js'
import { OwnProcess } from './support/own-process.js'
import { repositoryRoot, temporaryFolder } from './support/repository.js'
import { waitUntil } from './support/wait-until.js'

const main = `${repositoryRoot}/dist/main.js`
const installed = installKongPackage()

/** deploy/kong as it stands after `npm ci`. */
function setUpFolder(t: Test): string {
  const folder = temporaryFolder(t)
  for (const name of ['package.json', 'package-lock.json', 'lib', 'plugins']) {
    cpSync(`${kongFolder}/${name}`, `${folder}/${name}`, { recursive: true })
  }
  symlinkSync(`${installed}/node_modules`, `${folder}/node_modules`)
  return folder
}

t.test('002.2 002.5 002.8 the listed plugin is served; killed, the server comes back', async (t) => {
  const folder = setUpFolder(t)
  const socket = `${folder}/s.sock`
  const args = ['kong-plugin-server', '--plugins-dir', `${folder}/plugins`, '--plugins', 'hello', '--socket', socket]
  const running = OwnProcess.start(t, { name: 'supervisor', command: process.execPath, args: [main, ...args] })
  const status = (): Promise<{ readonly pid: number; readonly plugins: readonly string[] }> =>
    waitUntil(
      'the status',
      async () => {
        const wire = new KongWire(socket)
        const answer = await wire.call('plugin.GetStatus').finally(() => wire.close())
        if (!(answer instanceof Map)) return undefined
        const plugins = answer.get('Plugins')
        return { pid: Number(answer.get('Pid')), plugins: plugins instanceof Map ? [...plugins.keys()] : [] }
      },
      () => running.describe(),
    )
  const { pid, plugins } = await status()
  t.strictSame(plugins, ['hello'])
  process.kill(pid, 'SIGKILL')
  const again = await status()
  t.not(again.pid, pid)
  t.equal(await running.stop(), 'exit 0', running.describe())
})

t.test('002.16 --dump prints what Kong’s query command needs, of the listed plugins', async (t) => {
  const folder = setUpFolder(t)
  const { PATH } = process.env
  const args = [main, 'kong-plugin-server', '--dump', '--plugins-dir', `${folder}/plugins`, '--plugins', 'mirrorwaf']
  const infos: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH } }))
  t.match(infos, [{ Name: 'mirrorwaf', Phases: ['log', 'access'], Priority: 5 }])
})

t.test('002.9 the Admin API call in the docs enables it with fields of the schema', async (t) => {
  const call = /curl -X POST .*8001\/plugins (.*)/.exec(readFileSync(`${kongFolder}/README.md`, 'utf8'))?.[1] ?? ''
  const given = [...call.matchAll(/--data ([\w.]+)=/g)].map(([, name]) => name)
  t.strictSame(given, ['name', 'config.receiver'])
  t.ok((await schemaFields()).includes('receiver'))
})

t.test('002.10 the declarative file enables it with fields of the schema', async (t) => {
  const { plugins } = parse(readFileSync(`${kongFolder}/kong.yml`, 'utf8')) as {
    plugins: { name: string; config: object }[]
  }
  t.match(plugins, [{ name: 'mirrorwaf', config: { receiver: /:\d+$/ } }])
  const fields = await schemaFields()
  for (const name of Object.keys(plugins[0]?.config ?? {})) t.ok(fields.includes(name), name)
})

async function schemaFields(): Promise<readonly string[]> {
  const loaded = (await import(`${kongFolder}/plugins/mirrorwaf.js`)) as { default: { Schema: readonly object[] } }
  return loaded.default.Schema.flatMap((entry) => Object.keys(entry))
}

t.test('002.12 the server is a pinned dependency; the lock pins all of it', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${kongFolder}/package.json`, 'utf8'))
  for (const version of Object.values({ ...dependencies, ...devDependencies })) t.match(version, /^\d+\.\d+\.\d+$/)
  const lock = readFileSync(`${kongFolder}/package-lock.json`, 'utf8')
  t.notMatch(lock, /"resolved"/, 'no registry is named')
  t.match(JSON.parse(lock).packages['node_modules/kong-pdk'], {
    version: dependencies['kong-pdk'],
    integrity: /^sha512-/,
  })
})
