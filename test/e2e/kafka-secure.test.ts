// Events through a real Kafka broker that speaks TLS and asks for a name and password.
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { makeCertificates } from '../sinks/support/certificates.js'
import { KafkaBroker } from './support/kafka-broker.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { temporaryFolder } from './support/repository.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'

// A JVM starts twice in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const java = findProgram('java')

t.test('a broker behind TLS that asks for a name and password gets the events', { skip: java.skip }, async (t) => {
  const folder = temporaryFolder(t)
  const { caPath, certPath, keyPath } = makeCertificates(folder)
  const password = 'p4ssw0rd-of-the-broker'
  writeFileSync(`${folder}/password`, `${password}\n`)
  writeFileSync(`${folder}/wrong`, 'not-the-password\n')
  const broker = await KafkaBroker.start(t, java.path, { user: 'mirrorwaf', password, certPath, keyPath })
  const target = (name: string, options: string): string =>
    `kafka:${broker.secureAddress}/${name}?tls=on&ca=${caPath}&user=mirrorwaf&${options}`
  for (const name of ['plain', 'scram', 'refused']) await broker.createTopic(name, 1)
  const receiver = await Receiver.start(t, {
    args: [
      '--events',
      target('plain', `sasl=plain&password-file=${folder}/password`),
      '--events',
      target('scram', `sasl=scram-sha-256&password-file=${folder}/password`),
      '--events',
      target('refused', `sasl=plain&password-file=${folder}/wrong`),
    ],
  })
  const client = RawClient.connect(receiver.port)
  for (let index = 0; index < 10; index += 1) await client.send(requestText({ target: `/?x=$globals&case=${index}` }))
  client.close()
  await receiver.awaitAccounted(10)
  for (const name of ['plain', 'scram']) t.equal((await broker.consume(name, 10)).length, 10, name)
  const refused = `sink="kafka:${broker.secureAddress}/refused"`
  t.equal(await receiver.metric('mirrorwaf_sink_events_total', refused), 0)
  t.ok((await receiver.metric('mirrorwaf_sink_queue_bytes', refused)) > 0, 'they wait for the right password')
  const output = receiver.process.describe()
  t.match(output, 'MWAF_SINK_WAITING')
  t.notMatch(output, password)
  t.notMatch(output, 'not-the-password')
})
