// Events as messages of a Kafka topic: how those of many replicas are gathered for a stream engine. Sole import of
// @platformatic/kafka; loaded only when configured.
import { isIP } from 'node:net'
import { defaultPartitioner, Producer, type ProducerOptions } from '@platformatic/kafka'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { SecurityEvent } from '../verdict/event.js'
import { withinTime } from '../within-time.js'
import { clientOf, routeOf } from './event-route.js'
import { formatEvent } from './formats/event-format.js'
import { KafkaDelivery, type KafkaMessage, type SendMessages } from './kafka-delivery.js'
import { readSendFault } from './kafka-fault.js'
import { linesOf, readEvent } from './read-event.js'
import { type EventBlock, eventsAt, type Sink, type WriteResult } from './sink.js'
import { readSecret, readTlsFiles } from './sink-files.js'
import type { KafkaKey, KafkaSpec } from './sink-spec.js'

/** Well below a broker's usual limit of 1 MiB for one batch of messages. */
const batchLimitBytes = 256 * 1024
/** All replicas in sync have it. */
const acknowledgedByAll = -1

type EventProducer = Producer<Buffer, Buffer, Buffer, Buffer>

export class KafkaSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #spec: KafkaSpec
  #producer: EventProducer | undefined
  /** The block that was not settled by the last try, and what became of its messages so far. */
  #unsettled: { readonly block: EventBlock; readonly delivery: KafkaDelivery } | undefined
  /** The next partition for a message without a key. */
  #nextPartition = 0

  constructor(spec: KafkaSpec) {
    this.#spec = spec
    this.name = `kafka:${spec.brokers.join(',')}/${spec.topic}`
  }

  /** Reads the files; brokers are asked with the first events. */
  async open(): Promise<void> {
    try {
      this.#producer = new Producer<Buffer, Buffer, Buffer, Buffer>(await describeProducer(this.#spec))
    } catch (thrown) {
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason: reasonOf(thrown) }, thrown)
    }
  }

  async write(block: EventBlock): Promise<WriteResult> {
    const producer = this.#producer
    if (producer === undefined) return { kind: 'retry', detail: 'it is closed', retryAfterMs: undefined }
    let { delivery } = this.#unsettled?.block === block ? this.#unsettled : { delivery: undefined }
    this.#unsettled = undefined
    try {
      delivery ??= new KafkaDelivery(await this.#toMessages(producer, block))
    } catch (thrown) {
      return { kind: 'retry', detail: readSendFault(thrown).detail, retryAfterMs: undefined }
    }
    const { isSettled, detail } = await delivery.run(sendWith(producer, this.#patienceMs))
    const writtenEvents = eventsAt(block, delivery.written)
    if (!isSettled) {
      this.#unsettled = { block, delivery }
      return { kind: 'retry', writtenEvents, detail, retryAfterMs: undefined }
    }
    if (delivery.isAllWritten) return { kind: 'written' }
    return { kind: 'failed', reason: 'rejected', writtenEvents, detail, retryAfterMs: 0 }
  }

  /** Connecting, logging in and asking have a time-out each. */
  get #patienceMs(): number {
    return 3 * this.#spec.timeoutMs
  }

  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    // A broker that is away fails the farewell too; nothing waits for it any more.
    await producer?.close(true).catch(() => undefined)
  }

  /** Partitions are chosen here, as the client would choose them: so it is known which messages a partition took. */
  async #toMessages(producer: EventProducer, { lines }: EventBlock): Promise<readonly KafkaMessage[]> {
    const { topic } = this.#spec
    const metadata = await orGiveUp(producer.metadata({ topics: [topic] }), this.#patienceMs)
    const partitionCount = metadata.topics.get(topic)?.partitionsCount ?? 0
    if (partitionCount === 0) throw new Error(`the brokers know no topic ${topic}`)
    return [...linesOf(lines)].map((line) => this.#toMessage(line, partitionCount))
  }

  #toMessage(line: Uint8Array, partitionCount: number): KafkaMessage {
    const { topic, key, format } = this.#spec
    const event = readEvent(line)
    const text = event && formatEvent(event, format)
    const value = text === undefined ? Buffer.from(line.subarray(0, line.byteLength - 1)) : Buffer.from(text)
    const keyText = event === undefined ? '' : keyOf(event, key)
    if (keyText === '') {
      this.#nextPartition = (this.#nextPartition + 1) % partitionCount
      return { topic, value, partition: this.#nextPartition }
    }
    const keyBytes = Buffer.from(keyText)
    return { topic, value, key: keyBytes, partition: defaultPartitioner({ topic, value }, keyBytes) % partitionCount }
  }
}

function sendWith(producer: EventProducer, patienceMs: number): SendMessages {
  return async (messages) => {
    try {
      await orGiveUp(producer.send({ messages, acks: acknowledgedByAll }), patienceMs)
      return undefined
    } catch (thrown) {
      return readSendFault(thrown)
    }
  }
}

/** The client forgets to answer when a connection cannot even be begun; without an end of our own nothing would go on. */
async function orGiveUp<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  const isInTime = await withinTime(answer, patienceMs)
  if (!isInTime) throw new Error(`the client gave no answer within ${patienceMs} ms`)
  return answer
}

/** Empty: spread over all partitions. */
function keyOf(event: SecurityEvent, key: KafkaKey): string {
  switch (key) {
    case 'client':
      return clientOf(event)
    case 'route':
      return routeOf(event)
    case 'none':
      return ''
    default:
      return key satisfies never
  }
}

async function describeProducer(spec: KafkaSpec): Promise<ProducerOptions<Buffer, Buffer, Buffer, Buffer>> {
  const { brokers, isTls, tls, sasl, isGzip, timeoutMs } = spec
  return {
    clientId: 'mirrorwaf',
    bootstrapBrokers: [...brokers],
    connectTimeout: timeoutMs,
    timeout: timeoutMs,
    requestTimeout: timeoutMs,
    // The lane tries again, with pauses of its own and a count.
    retries: 0,
    compression: isGzip ? 'gzip' : 'none',
    // TLS names no addresses (RFC 6066), and Node refuses to.
    ...(isTls ? { tls: await readTlsFiles(tls), tlsServerName: !brokers.some(isAddress) } : {}),
    ...(sasl === undefined ? {} : { sasl: await describeSasl(sasl) }),
  }
}

/** Whether a `host:port` has an address for its host. */
function isAddress(broker: string): boolean {
  return isIP(broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '')) !== 0
}

async function describeSasl({
  mechanism,
  user,
  passwordFile,
}: NonNullable<KafkaSpec['sasl']>): Promise<NonNullable<ProducerOptions<Buffer, Buffer, Buffer, Buffer>['sasl']>> {
  const names = { plain: 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const
  return { mechanism: names[mechanism], username: user, password: await readSecret(passwordFile) }
}
