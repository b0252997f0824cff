// TLS, and certificates that clients must show.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { readTlsMaterial } from '#src/listener/tls-material.js'
import { temporaryFolder } from '../e2e/support/repository.js'
import { ListenerBench } from './support/bench.js'
import { createAuthority } from './support/certificates.js'
import { Client } from './support/client.js'

const ok = 'HTTP/1.1 204 No Content\r\n\r\n'
const authority = createAuthority('test authority')
const server = authority.issue('mirrorwaf')
const strangers = createAuthority('another authority')

t.test('requests come over TLS, are answered, and the connection lives on', async (t) => {
  const bench = await ListenerBench.open(t, { tls: { ...server, clientCa: '' } })
  const client = await Client.connectTls(bench.addresses[0] ?? '', { ca: authority.cert })
  t.teardown(() => client.close())
  client.send('GET /?x=$globals HTTP/1.1\r\n\r\n')
  await client.awaitText(ok)
  client.send('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n', 'abc')
  await client.awaitText(ok, 2)
  t.match(bench.requests, [{ target: '/?x=$globals' }, { body: 'abc' }])
  t.same(bench.peers, ['127.0.0.1 true', '127.0.0.1 true'])
})

t.test('hijacked over TLS: the end without a byte', async (t) => {
  const bench = await ListenerBench.open(t, { hijack: true, tls: { ...server, clientCa: '' } })
  const client = await Client.connectTls(bench.addresses[0] ?? '', { ca: authority.cert })
  client.send('GET / HTTP/1.1\r\n\r\n')
  await client.awaitEnd()
  t.equal(client.received, '')
})

t.test('with a client CA only clients that it knows get in', async (t) => {
  const bench = await ListenerBench.open(t, { tls: { ...server, clientCa: authority.cert } })
  const address = bench.addresses[0] ?? ''
  const known = await Client.connectTls(address, { ca: authority.cert, ...authority.issue('gateway') })
  t.teardown(() => known.close())
  known.send('GET / HTTP/1.1\r\n\r\n')
  await known.awaitText(ok)
  for (const shown of [{}, strangers.issue('gateway')]) {
    // With TLS 1.3 a client is refused after its own handshake is done.
    const refused = await Client.connectTls(address, { ca: authority.cert, ...shown })
    refused.send('GET / HTTP/1.1\r\n\r\n')
    await refused.awaitEnd()
    t.equal(refused.received, '')
  }
  t.equal(bench.receivedCount, 1)
  t.equal(bench.rejected('tls'), 2)
})

t.test('plain HTTP on a TLS port is rejected and counted', async (t) => {
  const bench = await ListenerBench.open(t, { tls: { ...server, clientCa: '' } })
  const client = await bench.connect(t)
  client.send('GET / HTTP/1.1\r\n\r\n')
  await client.awaitEnd()
  t.same([bench.rejected('tls'), bench.receivedCount], [1, 0])
})

t.test('a handshake that does not go on is ended after the head time-out', async (t) => {
  const bench = await ListenerBench.open(t, { headTimeoutMs: 100, tls: { ...server, clientCa: '' } })
  const client = await bench.connect(t)
  await sleep(20)
  t.notOk(client.isEnded || client.isClosed)
  await client.awaitEnd()
  t.equal(bench.rejected('tls'), 1)
})

t.test('the PEM files are read, and a missing one is named', async (t) => {
  const folder = temporaryFolder(t)
  const paths = { tlsCert: `${folder}/cert`, tlsKey: `${folder}/key`, tlsClientCa: `${folder}/ca` }
  t.equal(readTlsMaterial({ tlsCert: '', tlsKey: '', tlsClientCa: '' }), undefined)
  writeFileSync(paths.tlsCert, server.cert)
  t.throws(() => readTlsMaterial(paths), { code: 'MWAF_LISTENER_TLS', message: /--tls-key/ })
  writeFileSync(paths.tlsKey, server.key)
  t.throws(() => readTlsMaterial(paths), { code: 'MWAF_LISTENER_TLS', message: /--tls-client-ca/ })
  t.same(readTlsMaterial({ ...paths, tlsClientCa: '' }), { ...server, clientCa: '' })
  writeFileSync(paths.tlsClientCa, authority.cert)
  t.same(readTlsMaterial(paths), { ...server, clientCa: authority.cert })
})

t.test('a key that is none keeps the listener from opening, with a code', async (t) => {
  const tls = { cert: server.cert, key: 'no key', clientCa: '' }
  await t.rejects(ListenerBench.open(t, { tls }), { code: 'MWAF_LISTENER_TLS' })
})
