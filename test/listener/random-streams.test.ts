// Random streams over real sockets, ended in every way a client may end: nothing is left behind, everything is counted.
import t from 'tap'
import { Random } from '../fuzz/random.js'
import { randomStream } from '../fuzz/support/random-requests.js'
import { ListenerBench } from './support/bench.js'
import { sendAndEnd } from './support/random-ending.js'

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
      await Promise.all(
        Array.from({ length: atATimeCount }, () => {
          const stream = Buffer.from(randomStream(random).slice(0, 20_000), 'latin1')
          return sendAndEnd(bench.addresses[0] ?? '', stream, random)
        }),
      )
    }
    await bench.awaitNoConnections()
    t.equal(bench.staging.usedBytes, 0)
    t.ok(bench.requests.length > streamCount / 2, `${bench.requests.length} requests`)
    t.equal(bench.receivedCount, bench.requests.length + bench.outcomes('unparsable'))
  })
}
