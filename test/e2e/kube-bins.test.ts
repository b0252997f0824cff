// The two bins that stand in for Datadog's Go tools, as processes: their flags with one dash or two.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { arrayAt } from '#src/kube/json/json-value.js'
import { httpRoute, httpRoutes, KubeFixture, mirrorService, namespace, pathRule } from './support/kube-fixture.js'

t.setTimeout(600_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())
await kube.create(namespace('mirror'), namespace('shop'), mirrorService('mirror', 'copies', 9090))
await kube.create(httpRoute('shop', 'r', [pathRule('/')], { labels: { team: 'web' } }))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(bin: string, ...argv: string[]): Promise<Ended> {
  const script = fileURLToPath(new URL(`../../../dist/kube/bin/${bin}.js`, import.meta.url))
  const env = { ...process.env, KUBECONFIG: kube.kubeconfig }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...argv], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
    child.stdin?.end()
  })
}
const filters = async () => arrayAt(await kube.read(httpRoutes, 'shop', 'r'), 'spec', 'rules', 0, 'filters')

t.test('patch-httproutes takes the Go flags with one dash', async (t) => {
  const other = await run(
    'patch-httproutes',
    '-namespace',
    'mirror',
    '-service=copies',
    '-port',
    '9090',
    '-selector',
    'team=api',
    '-prompt=false',
    '-timeout',
    '30s',
  )
  t.match(other, { code: 0, stderr: '' })
  t.strictSame(await filters(), [])
  t.match(
    await run('patch-httproutes', '-namespace', 'mirror', '-service', 'copies', '-port=9090', '-selector', 'team=web'),
    { code: 0 },
  )
  t.equal((await filters()).length, 1)
})

t.test('two dashes do as well, and ours are there too', async (t) => {
  const result = await run(
    'patch-httproutes',
    '--namespace',
    'mirror',
    '--service',
    'copies',
    '--port',
    '9090',
    '--percent',
    '5',
  )
  t.match(result, { code: 0, stdout: /1 written/ })
  t.match(await filters(), [{ requestMirror: { percent: 5 } }])
})

t.test('-timeout bounds the run: what remains is named, exit code 1', async (t) => {
  const result = await run(
    'patch-httproutes',
    '-namespace',
    'mirror',
    '-service',
    'copies',
    '-port',
    '9090',
    '-timeout',
    '1ms',
  )
  t.equal(result.code, 1)
  t.match(result.stderr, /^MWAF_KUBE_REQUEST_TIMEOUT/)
})

t.test('patch-gateways takes the Go flags', async (t) => {
  t.match(await run('patch-gateways', '-namespace', 'mirror', '-selector', 'a=b', '-timeout', '1m'), { code: 0 })
})

t.test('an unknown flag is a usage error; -help and -h show the flags', async (t) => {
  t.match(await run('patch-gateways', '-nonsense'), {
    code: 2,
    stderr: /^MWAF_OPTIONS_UNKNOWN: Unknown option --nonsense/,
  })
  for (const flag of ['-help', '-h', '--help']) {
    t.match(await run('patch-httproutes', flag), { code: 0, stdout: /Usage:\n {2}patch-httproutes \[options\]/ })
  }
})

t.test('-prompt without a terminal is refused', async (t) => {
  t.match(await run('patch-httproutes', '-prompt', '-namespace', 'mirror', '-service', 'copies', '-port', '9090'), {
    code: 2,
    stderr: /^MWAF_KUBE_NO_TERMINAL/,
  })
})
