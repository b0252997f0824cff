// `mirrorwaf serve` as it is by default loads what it uses: no client of Kubernetes, Kafka, OpenTelemetry, no tracer, no page.
import { existsSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { findFreePorts } from '../e2e/support/free-ports.js'
import { OwnProcess } from '../e2e/support/own-process.js'
import { sendAlone } from '../e2e/support/raw-client.js'
import { repositoryRoot, temporaryFolder } from '../e2e/support/repository.js'
import { requestText } from '../e2e/support/request-text.js'
import { waitUntil } from '../e2e/support/wait-until.js'

const strangers =
  /\/node_modules\/(@kubernetes|kong-pdk|@platformatic|@opentelemetry|dd-trace|@msgpack|uplot|diff|playwright-core)\/|\/dist\/(kube|kong|gateway)\//

interface Loaded {
  readonly thread: string
  readonly url: string
}

/** Starts a receiver with its defaults on free ports, shows it an attack, and tells what its threads have loaded. */
async function recordServe(t: Test, plant = ''): Promise<readonly Loaded[]> {
  const [port = 0, adminPort = 0] = await findFreePorts(2)
  const record = `${temporaryFolder(t)}/record`
  const recorder = new URL('./support/module-recorder.js', import.meta.url)
  recorder.searchParams.set('record', record)
  recorder.searchParams.set('plant', plant)
  const listen = ['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`, '--drain-delay', '0']
  // By default a machine with many processors starts many workers, which all load the same.
  const one = ['--workers', '1']
  const serve = OwnProcess.start(t, {
    name: 'mirrorwaf serve',
    command: process.execPath,
    args: ['--import', recorder.href, `${repositoryRoot}/dist/main.js`, 'serve', ...listen, ...one],
    env: {},
  })
  const describe = (): string => serve.describe()
  await waitUntil(
    'the receiver to be ready',
    async () => {
      serve.assertRunning()
      return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok || undefined
    },
    describe,
  )
  await sendAlone(port, requestText({ target: '/?x=$globals' }))
  await waitUntil('the event', () => serve.stdout.includes('globals') || undefined, describe)
  await fetch(`http://127.0.0.1:${adminPort}/metrics`)
  t.equal(await serve.stop(), 'exit 0', serve.describe())
  const lines = existsSync(record) ? readFileSync(record, 'utf8').trimEnd().split('\n') : []
  return lines.map((line) => {
    const [thread = '', url = ''] = line.split(' ')
    return { thread, url }
  })
}

function threadOf(loaded: readonly Loaded[], ending: string): string | undefined {
  return loaded.find(({ url }) => url.endsWith(ending))?.thread
}

t.test('no thread loads code that is not asked for', async (t) => {
  const loaded = await recordServe(t)
  const threads = ['/dist/main.js', '/dist/worker/thread.js', '/dist/sinks/reporter-thread.js'].map((ending) =>
    threadOf(loaded, ending),
  )
  t.equal(threads[0], '0')
  t.equal(new Set(threads).size, 3, 'listener, worker and reporter are all seen')
  t.equal(threadOf(loaded, '/dist/prefilter/create-prefilter.js'), threads[1])
  t.equal(threadOf(loaded, '/dist/observe/metrics.js'), threads[2])
  t.ok(
    loaded.some(({ url }) => /\/node_modules\/@datadog\/native-appsec\//.test(url)),
    'packages are seen',
  )
  t.strictSame(
    loaded.filter(({ url }) => strangers.test(url)),
    [],
  )
})

t.test('a module that a thread without flags and environment loads is seen', async (t) => {
  const planted = import.meta.resolve('@msgpack/msgpack')
  const loaded = await recordServe(t, planted)
  const reporter = threadOf(loaded, '/dist/sinks/reporter-thread.js')
  t.match(
    loaded.find(({ url }) => strangers.test(url)),
    { thread: reporter, url: planted },
  )
})
