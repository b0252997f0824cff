import { MultipleErrors, ProtocolError, ResponseError } from '@platformatic/kafka'
import t from 'tap'
import { KafkaDelivery, type KafkaMessage, type SendMessages } from '#src/sinks/kafka-delivery.js'
import { readSendFault } from '#src/sinks/kafka-fault.js'

function message(partition: number, text: string): KafkaMessage {
  return { topic: 't', partition, value: Buffer.from(text) }
}

const textOf = ({ value }: KafkaMessage): string => value.toString()

/** A broker that refuses what a partition is sent when one of the messages is too large; it keeps what it took, by partition. */
class StrictBroker {
  readonly taken: KafkaMessage[] = []
  /** Partitions that nobody answers for. */
  readonly away = new Set<number>()
  requestCount = 0

  readonly send: SendMessages = async (messages) => {
    this.requestCount += 1
    const fault = { detail: 'no', taken: new Set<number>(), refused: new Set<number>() }
    for (const partition of new Set(messages.map((one) => one.partition))) {
      const own = messages.filter((one) => one.partition === partition)
      if (this.away.has(partition)) continue
      if (own.some((one) => textOf(one) === 'large')) {
        fault.refused.add(partition)
        continue
      }
      fault.taken.add(partition)
      this.taken.push(...own)
    }
    return fault.taken.size === new Set(messages.map((one) => one.partition)).size ? undefined : fault
  }
}

t.test('a message that is refused costs itself alone, and the others stay in order', async (t) => {
  const broker = new StrictBroker()
  const texts = Array.from({ length: 40 }, (_, index) => (index === 17 || index === 18 ? 'large' : String(index)))
  const delivery = new KafkaDelivery(texts.map((text) => message(0, text)))
  t.strictSame(await delivery.run(broker.send), { isSettled: true, detail: 'no' })
  const others = texts.filter((text) => text !== 'large')
  t.strictSame(broker.taken.map(textOf), others)
  t.equal(delivery.written.length, 38)
  t.notOk(delivery.written.includes(17) || delivery.written.includes(18))
  t.notOk(delivery.isAllWritten)
  t.ok(broker.requestCount < 30, `${broker.requestCount} requests`)
})

t.test('partitions fare each on its own; what was taken is not sent again', async (t) => {
  const broker = new StrictBroker()
  broker.away.add(1)
  const delivery = new KafkaDelivery([message(0, 'a'), message(1, 'b'), message(2, 'large'), message(0, 'c')])
  t.match(await delivery.run(broker.send), { isSettled: false })
  t.strictSame(delivery.written, [0, 3])
  broker.away.clear()
  t.match(await delivery.run(broker.send), { isSettled: true })
  t.strictSame(broker.taken.map(textOf), ['a', 'c', 'b'])
  t.strictSame(delivery.written, [0, 1, 3])
})

t.test('the client says for each partition what became of it, however its errors are wrapped', async (t) => {
  const response = {
    responses: [
      {
        name: 't',
        partitionResponses: [
          { index: 0, errorCode: 0 },
          { index: 1, errorCode: 10 },
          { index: 2, errorCode: 6 },
        ],
      },
    ],
  }
  const answer = new ResponseError(0, 11, { '/responses/0/partition_responses/1': [10, null] }, response)
  const inner = new MultipleErrors('produce failed 1 times.', [answer])
  const outer = Object.assign(new MultipleErrors('Producing messages failed.', [inner]), {
    produced: { offsets: [{ topic: 't', partition: 7, offset: 1n }] },
  })
  const { taken, refused, detail } = readSendFault(outer)
  t.strictSame([...taken].sort(), [0, 7])
  t.strictSame([...refused], [1])
  t.match(detail, new ProtocolError(10).message)
})

t.test('an error that says nothing of partitions leaves all of them waiting', async (t) => {
  const circular = new Error('outer')
  circular.cause = circular
  for (const thrown of [new Error('connect ECONNREFUSED'), 'no error at all', circular]) {
    const { taken, refused } = readSendFault(thrown)
    t.equal(taken.size + refused.size, 0)
  }
})
