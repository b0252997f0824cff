// Seed 002: what is refused before anything runs.
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { kongTable } from '#src/kong/kong-options.js'
import { checkVersions } from '#src/kong/versions.js'
import { createFakeIo } from '../commands/fake-io.js'

/** A folder for `t.testdir`. */
interface Modules {
  [name: string]: string | Modules
}

const manifest = (version: string): Modules => ({ 'package.json': JSON.stringify({ version }) })
const lock = JSON.stringify({
  packages: {
    '': { version: '1.0.0' },
    'node_modules/kong-pdk': { version: '0.6.0' },
    'node_modules/@msgpack/msgpack': { version: '2.8.0' },
    'node_modules/uuid': { version: '9.0.1', dev: true },
  },
})

t.test('002.14 a package of another version is refused by name, and one that is missing', async (t) => {
  const good = { 'kong-pdk': manifest('0.6.0'), '@msgpack': { msgpack: manifest('2.8.0') } }
  const folder = (modules: Modules, engines = '>=20'): string =>
    t.testdir({
      'package.json': JSON.stringify({ engines: { node: engines } }),
      'package-lock.json': lock,
      node_modules: modules,
    })
  await t.resolves(checkVersions(folder(good), '26.0.0'))
  const wrong = checkVersions(folder({ ...good, 'kong-pdk': manifest('0.5.5') }), '26.0.0')
  await t.rejects(wrong, { code: 'MWAF_KONG_VERSION', message: /kong-pdk is 0\.5\.5, .* need 0\.6\.0/ })
  const missing = checkVersions(folder({ 'kong-pdk': manifest('0.6.0') }), '26.0.0')
  await t.rejects(missing, { message: /@msgpack\/msgpack is not installed/ })
  await t.resolves(checkVersions(folder(good, '>=26'), '26.0.0'))
  await t.rejects(checkVersions(folder(good, '>=27'), '26.0.0'), { message: /Package node is 26\.0\.0/ })
  await t.rejects(checkVersions(t.testdir({}), '26.0.0'), { code: 'MWAF_KONG_PACKAGE' })
})

t.test('002.7 plugins are off by default; a folder that is none is refused', async (t) => {
  t.equal(kongTable.pluginsDir.default(), 'off')
  const off = createFakeIo()
  t.equal(await dispatch(['kong-plugin-server'], off.io), 1)
  t.match(off.err(), /MWAF_KONG_OFF/)
  const none = createFakeIo()
  t.equal(await dispatch(['kong-plugin-server', '--plugins-dir=/nowhere', '--plugins=x'], none.io), 1)
  t.match(none.err(), /MWAF_KONG_FOLDER/)
})

t.test('002.8 a plugin that is not in the folder is refused with those that are; so is an empty list', async (t) => {
  const folder = t.testdir({ plugins: { 'one.js': '', 'two.cjs': '' } })
  for (const [argv, message] of [
    [['--plugins=three'], /three is not among those in .* \(one, two\)/],
    [[], /no plugin is not among/],
  ] as const) {
    const { io, err } = createFakeIo()
    t.equal(await dispatch(['kong-plugin-server', `--plugins-dir=${folder}/plugins`, ...argv], io), 1)
    t.match(err(), message)
  }
  const path = createFakeIo()
  t.equal(await dispatch(['kong-plugin-server', '--plugins=../evil'], path.io), 2)
})

t.test('002.6 the server’s path has a default, a flag, a variable and a key in the file', async (t) => {
  const folder = t.testdir({ plugins: { 'one.js': '' }, 'k.yaml': 'server: /from/file\n' })
  const start = [`--plugins-dir=${folder}/plugins`, '--plugins=one']
  for (const [argv, environment, message] of [
    [[], {}, /Cannot use .*\/package\.json/],
    [['--server=/from/flag'], {}, /Cannot use \/from\/flag/],
    [[], { MIRRORWAF_KONG_SERVER: '/from/variable' }, /Cannot use \/from\/variable/],
    [[`--config=${folder}/k.yaml`], {}, /Cannot use \/from\/file/],
  ] as const) {
    const { io, err } = createFakeIo(environment)
    t.equal(await dispatch(['kong-plugin-server', ...start, ...argv], io), 1)
    t.match(err(), message)
  }
})
