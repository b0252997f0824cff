// Events through a real Kafka broker: keyed, in order, and none lost while the broker is away.
import t from 'tap'
import { KafkaBroker } from './support/kafka-broker.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { waitUntil } from './support/wait-until.js'

// A JVM starts twice in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const java = findProgram('java')
const topic = 'waf.events'
const clients = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4']

async function sendAttacks(port: number, from: number, count: number): Promise<void> {
  const client = RawClient.connect(port)
  for (let index = from; index < from + count; index += 1) {
    const address = clients[index % clients.length] ?? ''
    await client.send(requestText({ target: `/?x=$globals&case=${index}`, headers: [`X-Forwarded-For: ${address}`] }))
  }
  client.close()
}

t.test(
  'events of a client stay in order in one partition, also over a broker that was away',
  { skip: java.skip },
  async (t) => {
    const broker = await KafkaBroker.start(t, java.path)
    await broker.createTopic(topic, 3)
    const receiver = await Receiver.start(t, {
      args: ['--events', `kafka:${broker.address}/${topic}?key=client&timeout=2s`],
    })
    await sendAttacks(receiver.port, 0, 40)
    await receiver.awaitAccounted(40)
    const before = await broker.consume(topic, 40)

    await broker.stop()
    await sendAttacks(receiver.port, 40, 40)
    await receiver.awaitAccounted(80)
    await broker.restart()
    const messages = await broker.consume(topic, 80)

    t.equal(before.length, 40)
    const events = messages.map(({ value }) => JSON.parse(value))
    const ids = new Set(events.map(({ event_id }) => event_id))
    t.strictSame(
      [...ids].sort(),
      receiver
        .events()
        .map(({ event_id }) => event_id)
        .sort(),
    )
    for (const address of clients) {
      const own = messages.filter(({ key }) => key === address)
      t.equal(own.length, 20, address)
      t.equal(new Set(own.map(({ partition }) => partition)).size, 1, `${address} has one partition`)
      const cases = own.map(({ value }) => Number(/case=(\d+)/.exec(value)?.[1]))
      t.strictSame(
        cases,
        [...cases].sort((a, b) => a - b),
        `${address} is in order`,
      )
    }
    t.ok(messages.every(({ key, value }) => JSON.parse(value).client.ip === key))
  },
)

t.test('a message that the broker refuses costs itself alone', { skip: java.skip }, async (t) => {
  const broker = await KafkaBroker.start(t, java.path)
  await broker.createTopic(topic, 2, 4000)
  const receiver = await Receiver.start(t, { args: ['--events', `kafka:${broker.address}/${topic}`] })
  const client = RawClient.connect(receiver.port)
  for (let index = 0; index < 41; index += 1) {
    // Words: a long run of letters would be taken for a secret. Events show 4 KiB of it.
    const padding = index === 20 ? 'a+b+'.repeat(3000) : ''
    const headers = [`X-Forwarded-For: ${clients[index % clients.length]}`]
    await client.send(requestText({ target: `/?x=$globals&case=${index}&y=${padding}`, headers }))
  }
  client.close()
  await receiver.awaitAccounted(41)
  const messages = await broker.consume(topic, 40)
  const cases = messages.map(({ value }) => Number(/case=(\d+)/.exec(value)?.[1])).sort((a, b) => a - b)
  t.strictSame(
    cases,
    Array.from({ length: 41 }, (_, index) => index).filter((index) => index !== 20),
  )
  const labels = `sink="kafka:${broker.address}/${topic}"`
  await waitUntil('the counts', async () => {
    const rejected = await receiver.metric('mirrorwaf_sink_dropped_total', `${labels},reason="rejected"`)
    return rejected === 1 ? true : undefined
  })
  t.equal(await receiver.metric('mirrorwaf_sink_events_total', labels), 40)
})
