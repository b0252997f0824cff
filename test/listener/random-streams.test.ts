// Random streams over real sockets, ended in every way a client may end: nothing is left behind, everything is counted.
import t from 'tap'
import { Random } from '../fuzz/random.js'
import { randomStream } from '../fuzz/support/random-requests.js'
import { ListenerBench } from './support/bench.js'
import { Client } from './support/client.js'

const streamCount = 400
const atATimeCount = 20

for (const hijack of [false, true]) {
  t.test(`${streamCount} random streams, ${hijack ? 'hijacked' : 'answered'}`, async (t) => {
    const bench = await ListenerBench.open(t, {
      hijack,
      lingerTimeoutMs: 300,
      headLimitBytes: 2048,
      headerLimitCount: 8,
    })
    const random = new Random(hijack ? 11 : 12)
    for (let count = 0; count < streamCount; count += atATimeCount) {
      await Promise.all(Array.from({ length: atATimeCount }, () => sendStream(bench.addresses[0] ?? '', random)))
    }
    await bench.awaitNoConnections()
    t.equal(bench.staging.usedBytes, 0)
    t.ok(bench.requests.length > streamCount / 2, `${bench.requests.length} requests`)
    t.equal(bench.receivedCount, bench.requests.length + bench.outcomes('unparsable'))
  })
}

/** Sends a stream in pieces, then closes a side, both, or resets. */
async function sendStream(address: string, random: Random): Promise<void> {
  const stream = randomStream(random).slice(0, 20_000)
  const cut = random.below(stream.length + 1)
  const ending = random.below(3)
  const client = await Client.connect(address)
  client.send(stream.slice(0, cut))
  await new Promise((resolve) => setImmediate(resolve))
  client.send(stream.slice(cut))
  if (ending === 0) client.end()
  else if (ending === 1) client.socket.destroySoon()
  else client.socket.resetAndDestroy()
  await new Promise((resolve) => setImmediate(resolve))
  if (ending === 0) await client.awaitEnd()
  client.close()
}
