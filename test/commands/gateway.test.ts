// `mirrorwaf gateway`: options, and its life as a process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { get, startEcho } from '../gateway/support/backend.js'
import { createFakeIo } from './fake-io.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))

t.test('wrong options are exit 2 and named', async (t) => {
  const refusals: [string[], RegExp][] = [
    [['--route=users'], /MWAF_OPTIONS_VALUE: flag --route: users .*\[HOST\]\/PATH/],
    [['--mirror-percent=101'], /mirror-percent/],
    [['--mirror-percent=50', '--mirror-fraction=1/2'], /mirror-fraction with mirror-percent/],
    [['--mirror=127.0.0.1:0'], /an address with a port/],
    [['--route=/a=http://b', '--route=/a=http://c'], /two routes for \/a/],
    [['--cors-credentials', '--cors-origin=*'], /cors-credentials/],
    [['--rout=/=http://a'], /did you mean --route/],
    [['x'], /MWAF_COMMAND_ARGUMENT/],
  ]
  for (const [argv, message] of refusals) {
    const { io, err } = createFakeIo()
    t.equal(await dispatch(['gateway', ...argv], io), 2, argv.join(' '))
    t.match(err(), message)
  }
})

t.test('a wrong key in its configuration file names the command', async (t) => {
  const path = `${t.testdir({ 'g.yaml': 'rout: x\n' })}/g.yaml`
  const { io, err } = createFakeIo()
  t.equal(await dispatch(['gateway', '--config', path], io), 2)
  t.match(err(), /key rout \(did you mean route\?\).*mirrorwaf gateway --help/)
})

t.test('variables of the receiver do not reach it, nor its own the receiver', async (t) => {
  const { io, err } = createFakeIo({ MIRRORWAF_GATEWAY_ROUTE: 'nonsense', MIRRORWAF_LISTEN: 'nonsense' })
  t.equal(await dispatch(['gateway'], io), 2)
  t.match(err(), /environment MIRRORWAF_GATEWAY_ROUTE/)
  const serve = createFakeIo({ MIRRORWAF_GATEWAY_ROUTE: '/=' })
  t.equal(await dispatch(['serve', '--print-config'], serve.io), 0)
  t.equal(serve.err(), '')
})

t.test('a variable that none of its options has is warned of', async (t) => {
  const { io, err } = createFakeIo({ MIRRORWAF_GATEWAY_ROUT: 'x', MIRRORWAF_KONG_SERVER: 'x', MIRRORWAF_WORKERS: '1' })
  t.equal(await dispatch(['gateway', '--mirror=127.0.0.1:0'], io), 2)
  t.match(err(), /warning: environment MIRRORWAF_GATEWAY_ROUT is no option .*did you mean MIRRORWAF_GATEWAY_ROUTE/)
  t.notMatch(err(), /MIRRORWAF_KONG_SERVER|MIRRORWAF_WORKERS/)
})

t.test('a port that is taken is exit 1 with the option’s name, and nothing stays open', async (t) => {
  const echo = await startEcho(t)
  const { io, err } = createFakeIo()
  const argv = ['gateway', '--listen=127.0.0.1:0', `--admin=127.0.0.1:${echo.port}`]
  t.equal(await dispatch(argv, io), 1)
  t.match(err(), /MWAF_LISTENER_ADDRESS: .*--admin/)
})

t.test('as a process: serves, says where, drains on SIGTERM and exits 0', async (t) => {
  const echo = await startEcho(t)
  const path = `${t.testdir({ 'g.yaml': `listen: 127.0.0.1:0\nroute:\n  - /users/=${echo.origin}\n` })}/g.yaml`
  const child = spawn(process.execPath, [main, 'gateway', '--config', path], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    err += piece
  })
  while (!err.includes('routes:')) await once(child.stderr, 'data')
  const port = Number(/listens on 127\.0\.0\.1:(\d+)/.exec(err)?.[1])
  t.equal((await get(port, '/users/1')).status, 200)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  t.match(err, /"message":"request"/)
  t.match(err, /"message":"stopped"/)
})
