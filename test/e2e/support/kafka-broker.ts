// A Kafka broker of one node on loopback, from the jars that .ci/install-kafka fetched.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Admin, Consumer, stringDeserializers } from '@platformatic/kafka'
import type { Test } from 'tap'
import { findFreePorts } from './free-ports.js'
import { OwnProcess } from './own-process.js'
import { cacheFolder, temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface ConsumedMessage {
  readonly key: string
  readonly value: string
  readonly partition: number
}

const kafkaVersion = '4.1.0'
/** A JVM on a busy machine. */
const startPatienceMs = 90_000

/** A name and password that the secure listener knows, and the PEM files of its certificate. */
export interface BrokerSecurity {
  readonly user: string
  readonly password: string
  readonly certPath: string
  readonly keyPath: string
}

export class KafkaBroker {
  readonly address: string
  /** TLS with SASL, when it was started with security. */
  readonly secureAddress: string
  readonly #t: Test
  readonly #javaPath: string
  readonly #configurationPath: string
  readonly #folder: string
  #process: OwnProcess | undefined

  private constructor(
    t: Test,
    javaPath: string,
    folder: string,
    ports: readonly number[],
    security: BrokerSecurity | undefined,
  ) {
    const [port = 0, controllerPort = 0, securePort = 0] = ports
    this.#t = t
    this.#javaPath = javaPath
    this.#folder = folder
    this.address = `127.0.0.1:${port}`
    this.secureAddress = `127.0.0.1:${securePort}`
    this.#configurationPath = `${folder}/server.properties`
    const properties = describeNode(`${folder}/data`, this.address, `127.0.0.1:${controllerPort}`)
    const secured = security && describeSecurity(properties, folder, this.secureAddress, security)
    writeFileSync(this.#configurationPath, writeProperties(secured ?? properties))
  }

  /** @throws Error when the jars are not there, or the broker is not in time. */
  static async start(t: Test, javaPath: string, security?: BrokerSecurity): Promise<KafkaBroker> {
    const broker = new KafkaBroker(t, javaPath, temporaryFolder(t), await findFreePorts(3), security)
    const scram =
      security === undefined ? [] : ['-S', `SCRAM-SHA-256=[name=${security.user},password=${security.password}]`]
    const format = broker.#runJava('kafka.tools.StorageTool', 'format', '-t', 'bWlycm9yd2FmLXRlc3QtMA', ...scram, '-c')
    const end = await format.ended
    if (end !== 'exit 0') throw new Error(`the broker's folder was not made ready ${format.describe()}`)
    await broker.restart()
    return broker
  }

  /** Starts it again where it was, with what it had. */
  async restart(): Promise<void> {
    const started = this.#runJava('kafka.Kafka')
    this.#process = started
    await waitUntil(
      'the Kafka broker to answer',
      async () => {
        started.assertRunning()
        return (await this.#withAdmin((admin) => admin.metadata({ topics: [] }))) === undefined || undefined
      },
      () => started.describe(),
      startPatienceMs,
    )
  }

  async stop(): Promise<void> {
    await this.#process?.kill()
  }

  /** @param messageLimitBytes - of what one partition takes at once; left out: the broker's own. */
  async createTopic(topic: string, partitions: number, messageLimitBytes?: number): Promise<void> {
    const configs =
      messageLimitBytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(messageLimitBytes) }]
    const fault = await this.#withAdmin((admin) =>
      admin.createTopics({ topics: [topic], partitions, replicas: 1, configs }),
    )
    if (fault !== undefined) throw fault
  }

  /** Reads a topic from its beginning until so many messages have come. */
  async consume(topic: string, count: number): Promise<readonly ConsumedMessage[]> {
    const consumer = new Consumer({
      groupId: `test-${topic}-${Date.now()}`,
      clientId: 'test',
      bootstrapBrokers: [this.address],
      deserializers: stringDeserializers,
    })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
    const messages: ConsumedMessage[] = []
    try {
      for await (const { key, value, partition } of stream) {
        messages.push({ key, value, partition })
        if (messages.length === count) break
      }
      return messages
    } finally {
      await consumer.close(true)
    }
  }

  #runJava(mainClass: string, ...args: readonly string[]): OwnProcess {
    const jars = `${cacheFolder}/kafka-${kafkaVersion}`
    if (!readdirSync(jars).includes('complete'))
      throw new Error(`the broker's jars are not in ${jars}: .ci/install-kafka`)
    // A broker that lives for seconds: little memory, quick to start.
    const limits = [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    ]
    return OwnProcess.start(this.#t, {
      name: mainClass,
      command: this.#javaPath,
      args: [...limits, '-cp', `${jars}/*`, mainClass, ...args, this.#configurationPath],
      cwd: this.#folder,
    })
  }

  /** @returns what went wrong, if anything. */
  async #withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<unknown> {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [this.address], retries: 0, connectTimeout: 1000 })
    try {
      await work(admin)
      return undefined
    } catch (thrown) {
      return thrown
    } finally {
      await admin.close()
    }
  }
}

/** One process is broker and controller, so nothing else has to run. */
function describeNode(dataFolder: string, address: string, controllerAddress: string): Properties {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controllerAddress}`,
    listeners: `PLAINTEXT://${address},CONTROLLER://${controllerAddress}`,
    'advertised.listeners': `PLAINTEXT://${address}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataFolder,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
  }
}

/** The same broker with a third listener, which speaks TLS and asks for a name and password. */
function describeSecurity(
  properties: Properties,
  folder: string,
  address: string,
  { user, password, certPath, keyPath }: BrokerSecurity,
): Properties {
  const keyStore = `${folder}/broker.pem`
  writeFileSync(keyStore, readFileSync(keyPath, 'utf8') + readFileSync(certPath, 'utf8'))
  const login = 'org.apache.kafka.common.security'
  return {
    ...properties,
    listeners: `${properties['listeners']},SECURE://${address}`,
    'advertised.listeners': `${properties['advertised.listeners']},SECURE://${address}`,
    'listener.security.protocol.map': `${properties['listener.security.protocol.map']},SECURE:SASL_SSL`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
    'listener.name.secure.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_${user}="${password}";`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
  }
}

type Properties = Readonly<Record<string, string | number | boolean>>

function writeProperties(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
