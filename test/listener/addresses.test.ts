// Where a listener listens: both IP versions, unix sockets, addresses that are taken.
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type ListenOptions, Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { type BindSettings, bind } from '#src/listener/bind.js'
import { temporaryFolder } from '../e2e/support/repository.js'
import { ListenerBench } from './support/bench.js'
import { addressParts, Client } from './support/client.js'

const get = 'GET / HTTP/1.1\r\n\r\n'
const settings: BindSettings = { backlog: 16, socketMode: 0o600, option: '--listen', isPortShared: false }

t.test('[::] takes IPv4 and IPv6, and an IPv4 peer is shown as such', async (t) => {
  const bench = await ListenerBench.open(t, {}, ['[::]:0'])
  const [address = ''] = bench.addresses
  const { host, port } = addressParts(address)
  const client = await Client.connect(`127.0.0.1:${port}`)
  client.send(get)
  await client.awaitText('204')
  client.close()
  t.same(bench.peers, ['127.0.0.1 true'])
  // Containers often know IPv6 but have no address of it, not even the loopback's.
  const own = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address))
  if (host === '0.0.0.0' || !own.includes('::1')) return t.comment('this machine has no IPv6')
  const other = await Client.connect(`[::1]:${port}`)
  other.send(get)
  await other.awaitText('204')
  other.close()
  t.same(bench.peers[1], '::1 true')
})

t.test('where there is no IPv6, [::] falls back to IPv4; another address does not', async (t) => {
  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']) {
    const server = new ServerWithoutIpv6(code)
    t.teardown(() => server.close())
    t.match(await bind(server, { kind: 'tcp', host: '::', port: 0 }, settings), /^0\.0\.0\.0:\d+$/, code)
  }
  const server = new ServerWithoutIpv6('EADDRNOTAVAIL')
  await t.rejects(bind(server, { kind: 'tcp', host: '::1', port: 0 }, settings), { code: 'MWAF_LISTENER_ADDRESS' })
  const taken = new ServerWithoutIpv6('EADDRINUSE')
  await t.rejects(bind(taken, { kind: 'tcp', host: '::', port: 0 }, settings), { code: 'MWAF_LISTENER_ADDRESS' })
})

t.test('several addresses at once, each with the port it got', async (t) => {
  const folder = temporaryFolder(t)
  const bench = await ListenerBench.open(t, {}, ['127.0.0.1:0', '127.0.0.1:0', `unix:${folder}/socket`])
  t.equal(bench.addresses.length, 3)
  for (const address of bench.addresses) {
    const client = await Client.connect(address)
    client.send(get)
    await client.awaitText('204')
    client.close()
  }
  t.same(bench.peers, ['127.0.0.1 true', '127.0.0.1 true', ' false'], 'a unix socket has no peer')
})

t.test('a taken port is named with the option, and what was opened before is closed again', async (t) => {
  const other = await ListenerBench.open(t)
  const [taken = ''] = other.addresses
  const folder = temporaryFolder(t)
  await t.rejects(ListenerBench.open(t, {}, [`unix:${folder}/socket`, taken]), {
    code: 'MWAF_LISTENER_ADDRESS',
    message: new RegExp(`${taken.replaceAll('.', '\\.')}.*EADDRINUSE.*--listen`),
  })
  t.notOk(existsSync(`${folder}/socket`))
})

t.test('a unix socket gets its mode and goes away with the listener', async (t) => {
  const path = `${temporaryFolder(t)}/socket`
  const bench = await ListenerBench.open(t, { socketMode: 0o640 }, [`unix:${path}`])
  t.equal(statSync(path).mode & 0o777, 0o640)
  await bench.stop()
  t.notOk(existsSync(path))
})

t.test('the socket of a process that died is replaced', async (t) => {
  const path = `${temporaryFolder(t)}/socket`
  await leaveStaleSocket(path)
  const bench = await ListenerBench.open(t, {}, [`unix:${path}`])
  const client = await bench.connect(t)
  client.send(get)
  await client.awaitText('204')
})

t.test('a socket in use and a file that is none are left alone', async (t) => {
  const folder = temporaryFolder(t)
  const bench = await ListenerBench.open(t, {}, [`unix:${folder}/socket`])
  await t.rejects(ListenerBench.open(t, {}, [`unix:${folder}/socket`]), { code: 'MWAF_LISTENER_ADDRESS' })
  const client = await bench.connect(t)
  client.send(get)
  await client.awaitText('204')
  writeFileSync(`${folder}/file`, 'precious')
  await t.rejects(ListenerBench.open(t, {}, [`unix:${folder}/file`]), { code: 'MWAF_LISTENER_ADDRESS' })
  t.equal(statSync(`${folder}/file`).size, 8)
})

t.test('an accept that fails under pressure does not end the process', async (t) => {
  const servers: Server[] = []
  const listen = Server.prototype.listen
  t.intercept(Server.prototype, 'listen', {
    value(this: Server, ...args: Parameters<typeof listen>) {
      servers.push(this)
      return listen.apply(this, args)
    },
  })
  const bench = await ListenerBench.open(t)
  servers[0]?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' }))
  t.equal(bench.rejected('limit'), 1)
  const client = await bench.connect(t)
  client.send(get)
  await client.awaitText('204')
})

/** A socket file that nobody listens on any more: what is renamed away, its server does not unlink. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(`${path}.new`, resolve))
  renameSync(`${path}.new`, path)
  await new Promise((resolve) => server.close(resolve))
}

/** Refuses IPv6 addresses as the system would. */
class ServerWithoutIpv6 extends Server {
  readonly #code: string

  constructor(code: string) {
    super()
    this.#code = code
  }

  override listen(...args: readonly unknown[]): this {
    const [options, onListening] = args as [ListenOptions, () => void]
    if (!options.host?.includes(':')) return super.listen(options, onListening)
    setImmediate(() => this.emit('error', Object.assign(new Error(this.#code), { code: this.#code })))
    return this
  }
}
