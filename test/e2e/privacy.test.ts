// Secrets of some fifty kinds in requests that match, and every way out searched for them.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startHttpCollector } from '../sinks/support/http-collector.js'
import { startSyslogReceiver } from '../sinks/support/syslog-receiver.js'
import { findSecrets, plants, secretJsonPath, secretOf } from './support/planted-secrets.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { repositoryRoot, temporaryFolder } from './support/repository.js'

t.setTimeout(120_000)

const run = promisify(execFile)
const requests = Object.values(plants).map((plant, index) => plant(secretOf(index)))
const formats = ['native', 'ecs', 'ocsf', 'cef'] as const

type Outlets = Readonly<Record<string, Uint8Array>>

/** Sends all requests and gathers what came out anywhere. */
async function collectOutlets(t: Test, redaction: readonly string[]): Promise<Outlets> {
  const folder = temporaryFolder(t)
  const collector = await startHttpCollector(t)
  const syslog = await startSyslogReceiver(t)
  const targets = [
    ...formats.map((format) => `file:${folder}/${format}?format=${format}`),
    `file:${folder}/folded?rate=1/h`,
    'stdout',
    `${collector.url}/events?format=ecs`,
    `syslog:127.0.0.1:${syslog.port}?format=cef`,
    `otlp:${collector.url}?gzip=off&interval=200ms`,
    `datadog:${collector.url}`,
  ]
  const receiver = await Receiver.start(t, {
    args: [...targets.flatMap((target) => ['--events', target]), '--log-level', 'debug', ...redaction],
  })
  const client = RawClient.connect(receiver.port)
  for (const bytes of requests) await client.send(bytes)
  client.close()
  await receiver.awaitAccounted(requests.length)
  t.equal(await receiver.outcomeCount('matched'), requests.length, 'all match')
  const metrics = await receiver.scrape()
  const scanned = await scanRequests(folder, redaction)
  await receiver.process.stop()
  const files = Object.fromEntries([...formats, 'folded'].map((name) => [name, readFileSync(`${folder}/${name}`)]))
  const posted = (path: string): Buffer =>
    Buffer.concat(collector.deliveries.filter((delivery) => delivery.path.startsWith(path)).map(({ body }) => body))
  return {
    ...files,
    http: posted('/events'),
    syslog: Buffer.from(syslog.messages.join('\n')),
    'otlp logs': posted('/v1/logs'),
    'otlp metrics': posted('/v1/metrics'),
    datadog: posted('/v0.'),
    stdout: Buffer.from(receiver.process.stdout),
    'process log': Buffer.from(receiver.process.stderr),
    metrics: Buffer.from(metrics),
    scan: scanned,
  }
}

async function scanRequests(folder: string, redaction: readonly string[]): Promise<Buffer> {
  const paths = requests.map((bytes, index) => {
    const path = `${folder}/${index}.http`
    writeFileSync(path, bytes)
    return path
  })
  const args = [`${repositoryRoot}/dist/main.js`, 'scan', '--output', 'json', ...redaction, ...paths]
  const { stdout, stderr } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })
  return Buffer.from(stdout + stderr)
}

t.test('no secret is in any outlet', async (t) => {
  const outlets = await collectOutlets(t, ['--redact-json-paths', secretJsonPath])
  for (const [name, bytes] of Object.entries(outlets)) {
    t.ok(bytes.byteLength > 100, `${name} holds something`)
    t.strictSame(findSecrets(bytes), [], name)
  }
})

t.test('the search finds each secret in the requests themselves', async (t) => {
  t.ok(requests.length >= 40, `${requests.length} kinds`)
  t.strictSame(findSecrets(Buffer.concat(requests)), Object.keys(plants))
})

t.test(
  'with redaction by name and pattern off, the search finds secrets in each outlet that shows requests',
  async (t) => {
    const off = ['--obfuscation-key-regex', '', '--obfuscation-value-regex', '']
    const outlets = await collectOutlets(t, off)
    for (const name of ['native', 'ecs', 'ocsf', 'http', 'otlp logs', 'datadog', 'scan']) {
      const found = findSecrets(outlets[name] ?? new Uint8Array())
      t.ok(found.length >= 20, `${name}: ${found.length}`)
    }
    for (const name of ['cef', 'syslog', 'stdout']) {
      t.ok(findSecrets(outlets[name] ?? new Uint8Array()).length >= 10, name)
    }
    // What is hidden whatever the options say.
    const found = findSecrets(outlets['native'] ?? new Uint8Array())
    t.strictSame(
      found.filter((kind) => /^(cookie|auth):/.test(kind)),
      [],
    )
  },
)
