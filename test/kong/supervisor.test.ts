// Seed 002: who owns the plugin server's life. With a server of a few lines; the real one is in test/e2e.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import t, { type Test } from 'tap'
import { linkListedPlugins } from '#src/kong/listed-plugins.js'
import { type KongPluginServer, startKongPluginServer } from '#src/kong/plugin-server.js'
import { comesTrue } from '../e2e/support/wait-until.js'
import { createKeptLog, type FakeSetup, setUpFake } from './support/fake-server.js'

async function start(
  t: Test,
  { options }: FakeSetup,
): Promise<KongPluginServer & { readonly lines: readonly string[] }> {
  const { log, lines } = createKeptLog()
  const running = await startKongPluginServer(options, process.env['PATH'] ?? '', log)
  t.teardown(() => running.stop())
  return { ...running, lines }
}

t.test('002.1 002.5 a process of its own, started and stopped by its owner', async (t) => {
  const setup = setUpFake(t, 'answers')
  const { supervisor, stop } = await start(t, setup)
  t.ok(await comesTrue(() => supervisor.isHealthy))
  const { pid = 0 } = supervisor
  t.not(pid, process.pid)
  await stop()
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  t.notOk(existsSync(setup.socket))
})

t.test('002.8 the server sees the listed plugins and no other', async (t) => {
  const { lines } = await start(t, setUpFake(t, 'answers'))
  t.ok(await comesTrue(() => lines.some((line) => line.includes('"plugins two.js"'))), lines.join('\n'))
})

t.test('its folder of links goes away with it', async (t) => {
  const { options } = setUpFake(t, 'answers')
  const listed = linkListedPlugins(options.pluginsDir, ['one', 'two'])
  t.strictSame(readdirSync(listed.folder), ['one.js', 'two.js'])
  t.equal(realpathSync(`${listed.folder}/one.js`), realpathSync(`${options.pluginsDir}/one.js`))
  listed.remove()
  t.notOk(existsSync(listed.folder))
  t.ok(existsSync(`${options.pluginsDir}/one.js`), 'the plugins stay')
})

t.test('002.5 a server that dies is started again', async (t) => {
  const { supervisor, lines } = await start(t, setUpFake(t, 'answers'))
  t.ok(await comesTrue(() => supervisor.isHealthy))
  const { pid = 0 } = supervisor
  process.kill(pid, 'SIGKILL')
  t.ok(await comesTrue(() => supervisor.pid !== pid && supervisor.isHealthy))
  t.ok(lines.some((line) => line.startsWith('MWAF_KONG_SERVER {"how":"SIGKILL"')))
})

t.test('a server that keeps dying is started ever more seldom, up to a bound', async (t) => {
  const { supervisor, lines } = await start(t, setUpFake(t, 'crashes'))
  t.ok(await comesTrue(() => supervisor.restartCount >= 4))
  const delays = lines.flatMap((line) => /^MWAF_KONG_SERVER .*"delay_ms":(\d+)/.exec(line)?.[1] ?? []).map(Number)
  t.strictSame(delays.slice(0, 4), [10, 20, 40, 40])
})

t.test('a server that hangs is ended and started again', async (t) => {
  const { supervisor, lines } = await start(t, setUpFake(t, 'hangs', { healthTimeoutMs: 50 }))
  t.ok(await comesTrue(() => supervisor.restartCount >= 1))
  t.ok(lines.some((line) => line.startsWith('MWAF_KONG_HEALTH {"misses":3')))
})

t.test('stopping while it waits to start again does not wait', async (t) => {
  const { supervisor, stop, lines } = await start(
    t,
    setUpFake(t, 'crashes', { restartDelayMs: 60_000, restartDelayLimitMs: 60_000 }),
  )
  t.ok(await comesTrue(() => lines.some((line) => line.startsWith('MWAF_KONG_SERVER'))))
  await stop()
  t.equal(supervisor.pid, undefined)
  t.equal(supervisor.restartCount, 0)
})
