// The Kong plugin on Kong's own plugin server, driven over its socket as Kong drives it, and in kong-pdk's own harness.
// Kong itself cannot be had here: what Kong does with this is taken from its source, not from a run.
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createServer as createTcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { findFreePorts, portOf } from './support/free-ports.js'
import { installKongPackage, kongFolder } from './support/kong-package.js'
import { field, type KongWire, type PdkAnswers } from './support/kong-wire.js'
import type { Packable } from './support/msgpack-encode.js'
import { pluginServerEnvironment, pluginServerPath, startPluginServer } from './support/plugin-server.js'
import { waitUntil } from './support/wait-until.js'

const installed = installKongPackage()
const serverPath = pluginServerPath()

interface SeenCopy {
  readonly method: string
  readonly url: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly raw: readonly string[]
  readonly body: Buffer
}

async function startReceiver(
  t: Test,
): Promise<{ readonly address: string; readonly copies: SeenCopy[]; readonly connections: () => number }> {
  const copies: SeenCopy[] = []
  let connections = 0
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(Buffer.from(piece)))
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request
      copies.push({ method, url, headers, raw: rawHeaders, body: Buffer.concat(pieces) })
      response.writeHead(204).end()
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `127.0.0.1:${portOf(server)}`, copies, connections: () => connections }
}

/** A request in Kong, as its PDK describes it. */
function inKong(given: {
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, Packable>>
  readonly body?: Buffer
}): PdkAnswers {
  const shared = new Map<string, Packable>()
  return {
    'kong.request.get_method': () => given.method ?? 'GET',
    'kong.request.get_path_with_query': () => given.target ?? '/',
    'kong.request.get_headers': () => given.headers ?? { host: ['app.example'] },
    'kong.client.get_ip': () => '192.0.2.7',
    'kong.request.get_raw_body': () => {
      // Kong fails in its encoder (kong-js-pdk issue 395) and the client gets a 500.
      if (given.body === undefined) throw new Error('the body was asked for although it is on disk')
      return given.body
    },
    'kong.ctx.shared.set': (key, value) => {
      shared.set(String(key), String(value))
      return null
    },
    'kong.ctx.shared.get': (key) => shared.get(String(key)) ?? null,
  }
}

async function mirror(wire: KongWire, instance: number, request: PdkAnswers): Promise<readonly string[]> {
  const asked = await wire.runPhase(instance, 'access', request)
  await wire.runPhase(instance, 'log', request)
  return asked
}

t.test('002.16 the dump shows name, version, priority, phases and schema of each plugin', async (t) => {
  const args = [serverPath, '--plugins-directory', `${kongFolder}/plugins`, '--dump-all-plugins']
  const { PATH } = process.env
  const infos: { readonly Name: string }[] = JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH, ...pluginServerEnvironment } }),
  )
  t.match(
    infos.find(({ Name }) => Name === 'mirrorwaf'),
    { Name: 'mirrorwaf', Version: /^\d+\.\d+\.\d+$/, Priority: 5, Phases: ['log', 'access'] },
  )
  t.match(JSON.stringify(infos), /"receiver":{"type":"string","required":true/)
  t.strictSame(infos.map(({ Name }) => Name).toSorted(), ['hello', 'mirrorwaf'])
})

t.test('the plugin over the real wire', async (t) => {
  const { wire } = await startPluginServer(t)
  const receiver = await startReceiver(t)
  const instance = await wire.startInstance('mirrorwaf', { receiver: receiver.address, percent: null })
  const nextCopy = async (): Promise<SeenCopy> => {
    const [copy] = await waitUntil('a copy', () => (receiver.copies.length > 0 ? receiver.copies.splice(0) : undefined))
    if (copy === undefined) throw new Error('there is no copy')
    return copy
  }

  await t.test('002.4 002.19 a copy is taken in access and sent in log, over the Unix socket', async (t) => {
    const request = inKong({
      method: 'POST',
      target: '/a%2e//b?x=$globals',
      headers: {
        host: ['app.example'],
        'x-a': ['1', 'é'],
        'x-forwarded-for': ['198.51.100.1'],
        'content-length': ['4'],
        connection: ['close, x-hop'],
        'x-hop': ['1'],
        'x-mirrorwaf-truncated': ['1'],
      },
      body: Buffer.of(0x61, 0xff, 0, 0x62),
    })
    await wire.runPhase(instance, 'access', request)
    t.equal(receiver.copies.length, 0, 'not before the log phase')
    await wire.runPhase(instance, 'log', request)
    const copy = await nextCopy()
    t.match(copy, { method: 'POST', url: '/a%2e//b?x=$globals' })
    t.strictSame(copy.body, Buffer.of(0x61, 0xff, 0, 0x62))
    t.match(copy.headers, {
      host: 'app.example',
      'x-a': `1, ${Buffer.from('é').toString('latin1')}`,
      'x-forwarded-for': '198.51.100.1, 192.0.2.7',
    })
    t.notOk(copy.headers['x-hop'])
    t.notOk(copy.headers['x-mirrorwaf-truncated'], 'a client may not say so')
  })

  const post = (
    headers: Readonly<Record<string, Packable>>,
    body: Buffer | undefined,
    more: PdkAnswers,
  ): PdkAnswers => ({
    ...inKong({ method: 'POST', headers: { host: ['a'], ...headers }, ...(body === undefined ? {} : { body }) }),
    ...more,
  })
  const buffering: PdkAnswers = {
    'kong.router.get_route': () => ({ request_buffering: true, protocols: ['http', 'https'] }),
    'kong.request.get_body': () => null,
    'kong.nginx.get_var': () => null,
  }
  const spooling: PdkAnswers = { ...buffering, 'kong.nginx.get_var': () => '/usr/local/kong/client_body_temp/1' }

  await t.test('a body that is in memory by its length is read at once', async (t) => {
    const asked = await mirror(wire, instance, post({ 'content-length': ['8192'] }, Buffer.alloc(8192, 'x'), {}))
    t.strictSame(asked.slice(4), ['kong.request.get_raw_body', 'kong.ctx.shared.set'])
    const copy = await nextCopy()
    t.equal(copy.body.length, 8192)
    t.notOk(copy.headers['x-mirrorwaf-truncated'])
  })

  await t.test('a body of unknown length is read when Kong has it in memory', async (t) => {
    const version: PdkAnswers = { 'kong.request.get_http_version': () => 2 }
    for (const [headers, more] of [
      [{ 'transfer-encoding': ['chunked'] }, {}],
      [{ 'content-length': ['x'] }, {}],
      [{}, version],
    ] as const) {
      await mirror(wire, instance, post(headers, Buffer.from('x=$globals'), { ...buffering, ...more }))
      const copy = await nextCopy()
      t.equal(copy.body.toString(), 'x=$globals')
      t.notOk(copy.headers['x-mirrorwaf-truncated'])
    }
    await mirror(wire, instance, post({}, undefined, { 'kong.request.get_http_version': () => 1.1 }))
    t.notOk((await nextCopy()).headers['x-mirrorwaf-truncated'], 'no header, no body in HTTP/1.1')
  })

  await t.test(
    'a body on disk, on a route that streams, or above the limit is not asked for, and marked',
    async (t) => {
      const chunked = { 'transfer-encoding': ['chunked'] }
      const routed = (route: Packable): PdkAnswers => ({ 'kong.router.get_route': () => route })
      for (const [headers, more] of [
        [chunked, spooling],
        [chunked, routed({ request_buffering: false, protocols: ['http'] })],
        [chunked, routed({ request_buffering: true, protocols: ['grpc'] })],
        [chunked, routed(null)],
        [{ ...chunked, 'content-type': ['application/grpc+proto'] }, {}],
        [{ 'content-length': ['8193'] }, {}],
      ] as const) {
        await mirror(wire, instance, post(headers, undefined, more))
        const cut = await nextCopy()
        t.equal(cut.body.length, 0)
        t.equal(cut.headers['x-mirrorwaf-truncated'], '1', JSON.stringify(headers))
      }
    },
  )

  await t.test('the last byte of a body that is copied, and the first that is cut off and marked', async (t) => {
    const small = await wire.startInstance('mirrorwaf', { receiver: receiver.address, body_limit: 3 })
    const large = await wire.startInstance('mirrorwaf', { receiver: receiver.address, body_limit: 100_000 })
    const send = async (to: number, headers: Readonly<Record<string, Packable>>, body: Buffer): Promise<unknown[]> => {
      await mirror(wire, to, post(headers, body, buffering))
      const copy = await nextCopy()
      return [copy.body.length, copy.headers['x-mirrorwaf-truncated']]
    }
    const chunked = { 'transfer-encoding': ['chunked'] }
    t.strictSame(await send(small, chunked, Buffer.from('abc')), [3, undefined])
    t.strictSame(await send(small, chunked, Buffer.from('abcd')), [3, '1'])
    t.strictSame(await send(large, { 'content-length': ['100000'] }, Buffer.alloc(100_000)), [100_000, undefined])
    await mirror(wire, large, post({ 'content-length': ['8193'] }, undefined, spooling))
    t.equal((await nextCopy()).headers['x-mirrorwaf-truncated'], '1', 'a limit above the buffer harms nobody')
  })

  await t.test('few questions are asked while the client waits', async (t) => {
    t.strictSame(await mirror(wire, instance, inKong({})), [
      'kong.request.get_method',
      'kong.request.get_path_with_query',
      'kong.request.get_headers',
      'kong.client.get_ip',
      'kong.ctx.shared.set',
    ])
    await nextCopy()
  })

  await t.test('a copy whose log phase does not come is sent all the same', async (t) => {
    await wire.runPhase(instance, 'access', inKong({ target: '/stream' }))
    t.equal((await nextCopy()).url, '/stream')
  })

  await t.test('002.18 several configurations at once; percent 0 asks and sends nothing', async (t) => {
    const none = await wire.startInstance('mirrorwaf', { receiver: receiver.address, percent: 0 })
    t.strictSame(await wire.runPhase(none, 'access', inKong({})), [])
    await mirror(wire, instance, inKong({ target: '/other' }))
    t.equal((await nextCopy()).url, '/other')
  })

  await t.test('copies share a few kept connections', async (t) => {
    for (let i = 0; i < 20; i += 1) await mirror(wire, instance, inKong({ target: `/${i}` }))
    await waitUntil('all copies', () => receiver.copies.length === 20 || undefined)
    t.ok(receiver.connections() <= 8, `${receiver.connections()} connections`)
  })

  await t.test('an instance that has gone is refused in the words that Kong starts a new one at', async (t) => {
    await t.rejects(wire.runPhase(4711, 'access', {}), /^Error: no plugin instance|no plugin instance/)
  })
})

t.test('a receiver that is down or silent: phases go on as fast, the log says it once', async (t) => {
  const { wire, process: server } = await startPluginServer(t)
  const [port = 0] = await findFreePorts(1)
  const silent = createTcpServer((socket) => socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  for (const receiver of [`127.0.0.1:${port}`, `127.0.0.1:${portOf(silent)}`]) {
    const instance = await wire.startInstance('mirrorwaf', { receiver, timeout: 100, queue_limit: 65_536 })
    for (let i = 0; i < 100; i += 1) await mirror(wire, instance, inKong({}))
    await waitUntil(
      'the line about it',
      () => server.stderr.includes(`copies do not reach ${receiver}`) || undefined,
      () => server.describe(),
    )
  }
  t.equal(server.stderr.match(/copies do not reach/g)?.length, 2)
  t.equal(server.end, undefined)
})

t.test('002.22 the hello plugin ships and runs', async (t) => {
  const { wire } = await startPluginServer(t)
  const said: Packable[] = []
  const answers: PdkAnswers = {
    'kong.request.get_header': () => 'app.example',
    'kong.response.set_header': (name, value) => {
      said.push(`${String(name)}: ${String(value)}`)
      return null
    },
  }
  await wire.runPhase(await wire.startInstance('hello', {}), 'access', answers)
  await wire.runPhase(await wire.startInstance('hello', { message: 'hi' }), 'access', answers)
  t.strictSame(said, [
    'x-hello-from-javascript: Javascript says hello to app.example',
    'x-hello-from-javascript: Javascript says hi to app.example',
  ])
  t.equal(field(await wire.call('plugin.GetPluginInfo', 'hello'), 'Priority'), 1)
})

t.test('002.23 both plugins run in kong-pdk’s own harness', async (t) => {
  const receiver = await startReceiver(t)
  const require = createRequire(`${installed}/package.json`)
  // The harness is JavaScript without types; what is used of it is written down here.
  const harness = require('kong-pdk/plugin_test.js') as Harness
  const request = new harness.Request().useURL('http://app.example/?x=$globals').useMethod('GET')
  const run = new harness.PluginTest(request)
  run.ch = withContext(run.ch)
  await run.Run(require(`${kongFolder}/plugins/mirrorwaf.js`), { receiver: receiver.address })
  await waitUntil('the copy', () => receiver.copies.length === 1 || undefined)
  t.match(receiver.copies[0], { method: 'GET', url: '/?x=$globals' })
  const hello = new harness.PluginTest(new harness.Request().useURL('http://app.example/'))
  await hello.Run(require(`${kongFolder}/plugins/hello.js`), {})
  t.equal(hello.response.headers.get('x-hello-from-javascript'), 'Javascript says hello to null')
})

interface Channel {
  get(): Promise<unknown>
  put(value: unknown): void
}

interface Harness {
  readonly Request: new () => HarnessRequest
  readonly PluginTest: new (request: HarnessRequest) => HarnessRun
}

interface HarnessRequest {
  useURL(url: string): HarnessRequest
  useMethod(method: string): HarnessRequest
}

interface HarnessRun {
  ch: Channel
  readonly response: { readonly headers: Headers }
  Run(plugin: unknown, config: object): Promise<void>
}

/** The harness does not know kong.ctx.shared, which Kong has; asked for it, it would never answer. */
function withContext(channel: Channel): Channel {
  const shared = new Map<unknown, unknown>()
  return {
    put: (value) => channel.put(value),
    async get() {
      for (;;) {
        const asked = await channel.get()
        const call = readContextCall(asked)
        if (call === undefined) return asked
        if (call.isSet) shared.set(call.key, call.value)
        channel.put([call.isSet ? null : shared.get(call.key), undefined])
      }
    },
  }
}

function readContextCall(asked: unknown): { isSet: boolean; key: unknown; value: unknown } | undefined {
  if (typeof asked !== 'object' || asked === null || !('Method' in asked) || !('Args' in asked)) return undefined
  const { Method: method, Args: args } = asked
  if (typeof method !== 'string' || !method.startsWith('kong.ctx.shared.') || !Array.isArray(args)) return undefined
  return { isSet: method.endsWith('.set'), key: args[0], value: args[1] }
}
