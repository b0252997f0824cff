// Events as messages of a Kafka topic: how those of many replicas are gathered for a stream engine. Sole import of
// @platformatic/kafka; loaded only when configured.
import { MultipleErrors, Producer, type ProducerOptions, ProtocolError } from '@platformatic/kafka'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { SecurityEvent } from '../verdict/event.js'
import { clientOf, routeOf } from './event-route.js'
import { formatEvent } from './formats/event-format.js'
import { linesOf, readEvent } from './read-event.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import { readSecret, readTlsFiles } from './sink-files.js'
import type { KafkaKey, KafkaSpec } from './sink-spec.js'

/** Well below a broker's usual limit of 1 MiB for one batch of messages. */
const batchLimitBytes = 256 * 1024
/** All replicas in sync have it. */
const acknowledgedByAll = -1
/** What no second try makes better. */
const finalErrors: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'])

type EventProducer = Producer<Buffer, Buffer, Buffer, Buffer>
interface Message {
  readonly topic: string
  readonly value: Buffer
  readonly key?: Buffer
}

export class KafkaSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #spec: KafkaSpec
  #producer: EventProducer | undefined

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

  async write({ lines }: EventBlock): Promise<WriteResult> {
    const producer = this.#producer
    if (producer === undefined) return { kind: 'retry', detail: 'it is closed', retryAfterMs: undefined }
    try {
      await producer.send({
        messages: [...linesOf(lines)].map((line) => this.#toMessage(line)),
        acks: acknowledgedByAll,
      })
      return { kind: 'written' }
    } catch (thrown) {
      const detail = describeFault(thrown)
      if (isFinal(thrown)) return { kind: 'failed', reason: 'rejected', writtenEvents: 0, detail, retryAfterMs: 0 }
      return { kind: 'retry', detail, retryAfterMs: undefined }
    }
  }

  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    // A broker that is away fails the farewell too; nothing waits for it any more.
    await producer?.close(true).catch(() => undefined)
  }

  #toMessage(line: Uint8Array): Message {
    const { topic, key, format } = this.#spec
    const event = readEvent(line)
    const text = event && formatEvent(event, format)
    const value = text === undefined ? Buffer.from(line.subarray(0, line.byteLength - 1)) : Buffer.from(text)
    const keyText = event === undefined ? '' : keyOf(event, key)
    return keyText === '' ? { topic, value } : { topic, value, key: Buffer.from(keyText) }
  }
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
    ...(isTls ? { tls: await readTlsFiles(tls), tlsServerName: true } : {}),
    ...(sasl === undefined ? {} : { sasl: await describeSasl(sasl) }),
  }
}

async function describeSasl({
  mechanism,
  user,
  passwordFile,
}: NonNullable<KafkaSpec['sasl']>): Promise<NonNullable<ProducerOptions<Buffer, Buffer, Buffer, Buffer>['sasl']>> {
  const names = { plain: 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const
  return { mechanism: names[mechanism], username: user, password: await readSecret(passwordFile) }
}

function isFinal(thrown: unknown): boolean {
  if (thrown instanceof ProtocolError) return finalErrors.has(String(thrown['apiId']))
  return thrown instanceof MultipleErrors && thrown.errors.some(isFinal)
}

/** The outer error of this client says only that something failed; the reason stands inside. */
function describeFault(thrown: unknown): string {
  if (thrown instanceof MultipleErrors) {
    const [first] = thrown.errors
    return first === undefined ? thrown.message : describeFault(first)
  }
  if (thrown instanceof Error && thrown.cause instanceof Error)
    return `${thrown.message} ${describeFault(thrown.cause)}`
  return reasonOf(thrown)
}
