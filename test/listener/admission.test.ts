// Who may connect, how many, how long.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { ListenerBench } from './support/bench.js'

const get = 'GET / HTTP/1.1\r\n\r\n'
const ok = 'HTTP/1.1 204 No Content\r\n\r\n'

t.test('other protocols are closed and counted by their name, and are no requests', async (t) => {
  const bench = await ListenerBench.open(t)
  const cases = [
    ['tls', '\x16\x03\x01\x02\0\x01\0'],
    ['proxy_protocol', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n'],
    ['proxy_protocol', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c'],
  ] as const
  for (const [reason, text] of cases) {
    const countBefore = bench.rejected(reason)
    const client = await bench.connect(t)
    client.send(text)
    await client.awaitEnd()
    t.equal(bench.rejected(reason), countBefore + 1, reason)
    t.equal(client.received, '')
  }
  t.equal(bench.receivedCount, 0)
})

t.test('peers outside the ranges are closed at once and counted', async (t) => {
  const strict = await ListenerBench.open(t, { peers: ['192.0.2.0/24', '2001:db8::/32'] })
  const stranger = await strict.connect(t)
  await stranger.awaitEnd()
  t.equal(strict.rejected('peer'), 1)
  const open = await ListenerBench.open(t, { peers: ['127.0.0.0/8'] })
  const friend = await open.connect(t)
  friend.send(get)
  await friend.awaitText(ok)
  t.equal(open.rejected('peer'), 0)
})

t.test('connection-limit: the last that is let in, and the first that is dropped', async (t) => {
  const bench = await ListenerBench.open(t, { connectionLimitCount: 3 })
  const clients = [await bench.connect(t), await bench.connect(t), await bench.connect(t)]
  for (const client of clients) client.send('GET / HT')
  const surplus = await bench.connect(t)
  await surplus.awaitEnd()
  t.equal(surplus.received, '')
  t.equal(bench.rejected('limit'), 1)
  t.equal(bench.listener.connectionCount, 3)
  for (const client of clients) client.send('TP/1.1\r\n\r\n')
  for (const client of clients) await client.awaitText(ok)
  t.equal(bench.count(CounterId.connectionsAccepted), 4)
})

t.test('connection-limit: under pressure the connection that rests longest makes room', async (t) => {
  const bench = await ListenerBench.open(t, { connectionLimitCount: 3 })
  const [busy, oldest, younger] = [await bench.connect(t), await bench.connect(t), await bench.connect(t)]
  busy.send('GET / HT')
  oldest.send(get)
  await oldest.awaitText(ok)
  younger.send(get)
  await younger.awaitText(ok)
  const tooEarly = await bench.connect(t)
  await tooEarly.awaitEnd()
  t.notOk(oldest.isEnded, 'a pause of less than a second is no rest')
  await sleep(1100)
  const late = await bench.connect(t)
  late.send(get)
  await late.awaitText(ok)
  await oldest.awaitEnd()
  t.notOk(younger.isEnded)
  busy.send('TP/1.1\r\n\r\n')
  await busy.awaitText(ok)
  t.equal(bench.rejected('limit'), 1)
})

t.test('connection-max-age: the next answer after it closes; before it none does', async (t) => {
  const bench = await ListenerBench.open(t, { connectionMaxAgeMs: 200 })
  const client = await bench.connect(t)
  client.send(get)
  await client.awaitText(ok)
  await sleep(250)
  t.notOk(client.isEnded, 'age alone closes nothing')
  client.send(get)
  await client.awaitEnd()
  t.equal(client.received, `${ok}HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n`)
  t.equal(bench.timeouts('max_age'), 1)
})

t.test('connection-max-age differs by up to a fifth between connections', async (t) => {
  const ages = await Promise.all(
    [0, 0.5, 0.999].map(async (share) => {
      const bench = await ListenerBench.open(t, { connectionMaxAgeMs: 1000, random: () => share })
      return bench.listener.connectionAgeMs()
    }),
  )
  t.same(ages.map(Math.round), [1000, 900, 800])
  const endless = await ListenerBench.open(t, { connectionMaxAgeMs: 0 })
  t.equal(endless.listener.connectionAgeMs(), Number.POSITIVE_INFINITY)
})
