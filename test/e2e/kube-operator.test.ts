// What an operator meets: missing things, clusters that cannot be reached, questions (000.b7), time limits, interrupts.
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { stringAt } from '#src/kube/json/json-value.js'
import { runCommand } from '../kube-plans/support/run-command.js'
import { grants, KubeFixture, pathRule } from './support/kube-fixture.js'
import { readFilters as readFiltersOf, type SceneRoute, setScene } from './support/kube-scene.js'

t.setTimeout(600_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())

const scene = (name: string, ...routes: readonly SceneRoute[]) => setScene(kube, name, ...routes)
const readFilters = (inNamespace: string, name: string, rule = 0) => readFiltersOf(kube, inNamespace, name, rule)

t.test('missing things are told before the first write, with what to do', async (t) => {
  await scene('missing', ['r', [pathRule('/')]])
  const patch = (...flags: string[]) => kube.kube(['patch-httproutes', '--in-namespaces', 'missing', ...flags])
  const mark = await kube.auditMark()
  for (const [flags, code, message] of [
    [['--namespace', 'nowhere'], 1, /^MWAF_KUBE_NAMESPACE_ABSENT: There is no namespace nowhere\. .*--namespace/],
    [
      ['--namespace', 'missing'],
      1,
      /^MWAF_KUBE_SERVICE_ABSENT: There is no Service request-mirror in namespace missing/,
    ],
    [['--namespace', 'missing-mirror', '--service', 'x'], 1, /^MWAF_KUBE_SERVICE_ABSENT: There is no Service x/],
    [['--namespace', 'missing-mirror', '--port', '81'], 1, /^MWAF_KUBE_PORT_ABSENT: .*has no port 81; it has 8080/],
    [[], 1, /^MWAF_KUBE_SERVICE_ABSENT: .* in namespace default/],
    [['--in-namespaces', 'nowhere'], 1, /^MWAF_KUBE_NAMESPACE_ABSENT: .*nowhere\. .*--in-namespaces/],
    [['--context', 'x'], 1, /^MWAF_KUBE_NO_CONTEXT: .*no context x \(it has fixture\)/],
    [['--percent', '101'], 2, /^MWAF_OPTIONS_VALUE: .*101.*0 to 100/],
    [['--percent', '-1'], 2, /^MWAF_OPTIONS_VALUE/],
    [['--percent', '1', '--fraction', '1/2'], 2, /^MWAF_COMMAND_ARGUMENT: --percent and --fraction/],
    [['--fraction', '3/2'], 2, /^MWAF_OPTIONS_VALUE/],
    [['--port', '0'], 2, /^MWAF_OPTIONS_VALUE/],
    [['--selector', 'a=b=c'], 2, /^MWAF_OPTIONS_VALUE: .*label selector/],
    [['--kinds', 'TCPRoute'], 2, /^MWAF_OPTIONS_VALUE: .*HTTPRoute or GRPCRoute/],
    [['--nonsense'], 2, /^MWAF_OPTIONS_UNKNOWN/],
    [['operand'], 2, /^MWAF_COMMAND_ARGUMENT: operand/],
    [['--prompt', '--namespace', 'missing-mirror'], 2, /^MWAF_KUBE_NO_TERMINAL/],
  ] as const) {
    const result = await patch(...flags)
    t.match(result, { code, stderr: message }, flags.join(' '))
    t.equal(result.stdout, '')
  }
  const writes = (await kube.audit(mark)).filter(({ verb }) => !['get', 'list'].includes(verb))
  t.strictSame(writes, [])
})

t.test('no cluster, a server that is away, one that hangs, one that is none: told apart', async (t) => {
  const run = (env: Record<string, string>, ...flags: string[]) => runCommand(['status', ...flags], { env })
  t.match(await run({ HOME: '/nonexistent' }), { code: 1, stderr: /^MWAF_KUBE_NO_CONTEXT: .*there is no kubeconfig/ })
  t.match(await run({ KUBECONFIG: '/nonexistent/a:/nonexistent/b' }), {
    code: 1,
    stderr: /^MWAF_KUBE_CONFIG: .*\/nonexistent\/a, \/nonexistent\/b: no such file/,
  })
  let mode: 'hang' | 'html' | '401' = 'hang'
  const proxy = await kube.interpose(async (_, response) => {
    if (mode === '401') response.writeHead(401).end('{"message":"Unauthorized"}')
    if (mode === 'html') response.end('<html>')
    return true
  })
  const env = { KUBECONFIG: proxy.kubeconfig }
  t.match(await run(env, '--request-timeout', '300ms'), {
    code: 1,
    stderr: /^MWAF_KUBE_REQUEST_TIMEOUT: .*within 300 ms/,
  })
  mode = 'html'
  t.match(await run(env), { code: 1, stderr: /^MWAF_KUBE_RESPONSE: .*no JSON, but "<html>"/ })
  mode = '401'
  t.match(await run(env), { code: 1, stderr: /^MWAF_KUBE_UNAUTHENTICATED: .*context x/ })
  await proxy.close()
  t.match(await run(env), { code: 1, stderr: /^MWAF_KUBE_UNREACHABLE: .*ECONNREFUSED/ })
})

t.test('a cluster without the Gateway API, or with too old a version of it, is told', async (t) => {
  let versions: readonly string[] = []
  const proxy = await kube.interpose(async (_, response, { pathname }) => {
    if (!pathname.startsWith('/apis/gateway.networking.k8s.io')) return false
    const version = pathname.split('/')[3]
    if (versions.length === 0) response.statusCode = 404
    const body =
      version === undefined
        ? { versions: versions.map((name) => ({ version: name })) }
        : { resources: [{ name: 'httproutes', kind: 'HTTPRoute' }] }
    response.end(JSON.stringify(body))
    return true
  })
  t.teardown(() => proxy.close())
  const run = () => kube.kube(['status'], { kubeconfig: proxy.kubeconfig })
  t.match(await run(), { code: 1, stderr: /^MWAF_KUBE_CRDS_ABSENT: .*does not serve gateway\.networking\.k8s\.io/ })
  versions = ['v1alpha2']
  t.match(await run(), { code: 1, stderr: /^MWAF_KUBE_VERSION: .*HTTPRoute only as v1alpha2; .*v1 or v1beta1/ })
})

t.test('KUBECONFIG may be a list; a context without namespace means default', async (t) => {
  const list = `/nonexistent:${kube.kubeconfig}:${kube.kubeconfigOf('limited')}`
  t.match(await kube.kube(['status', '--kinds', 'HTTPRoute'], { env: { KUBECONFIG: list }, kubeconfig: list }), {
    code: 3,
    stdout: /mirror default\/request-mirror:8080/,
  })
})

t.test('000.b7: y and yes mean yes, n means no, a means all the others too, q and the end of input stop', async (t) => {
  const names = ['r1', 'r2', 'r3', 'r4']
  const { patch, undo, mirror } = await scene('b7', ...names.map((name) => [name, [pathRule('/')]] as const))
  const patchedNames = async () => {
    const filters = await Promise.all(names.map((name) => readFilters('b7', name)))
    return names.filter((_, index) => filters[index]?.length === 1)
  }
  for (const [typed, expected, code] of [
    ['y\nn\nyes\nno\nn\n', ['r2'], 0],
    ['y\nwhat\ny\nq\n', ['r1'], 1],
    ['a\n', names, 0],
    ['y\ny\n', ['r1'], 1],
    ['', [], 1],
  ] as const) {
    const result = await kube.kube([...patch, '--prompt'], { stdin: typed, isTty: true })
    t.equal(result.code, code, JSON.stringify(typed))
    t.match(result.stderr, /^\+ /m, 'the change is shown before the question')
    t.strictSame(await patchedNames(), expected)
    t.equal((await kube.kube(undo)).code, 0)
    const [grant] = (await kube.admin.list(grants, mirror)).items
    if (grant !== undefined) await kube.remove(grants, mirror, stringAt(grant, 'metadata', 'name') ?? '')
  }
})

t.test('--yes answers every prompt, and needs no terminal', async (t) => {
  const { patch } = await scene('yes', ['r', [pathRule('/')]])
  t.equal((await kube.kube([...patch, '--prompt', '--yes'])).code, 0)
  t.equal((await readFilters('yes', 'r')).length, 1)
})

t.test('time spent at the prompt does not count into --timeout', async (t) => {
  const { patch } = await scene('slow', ['r', [pathRule('/')]])
  const stdin = new PassThrough()
  const running = kube.kube([...patch, '--prompt', '--timeout', '2s'], { stdin, isTty: true })
  setTimeout(() => stdin.write('a\n'), 2500)
  t.equal((await running).code, 0)
  t.equal((await readFilters('slow', 'r')).length, 1)
})

t.test('--timeout bounds the run: what was not reached is named, exit code 1', async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `r${index}`)
  const { patch } = await scene('late', ...names.map((name) => [name, [pathRule('/')]] as const))
  const startedMs = Date.now()
  const proxy = await kube.interpose(async (request, _, path) => {
    const isPatch = request.method === 'PATCH' && path.pathname.includes('/httproutes/')
    if (isPatch) await sleep(startedMs + 3100 - Date.now())
    return false
  })
  t.teardown(() => proxy.close())
  const { code, stdout } = await kube.kube([...patch, '--timeout', '3s'], { kubeconfig: proxy.kubeconfig })
  t.equal(code, 1)
  t.ok((stdout.match(/: not reached/g)?.length ?? 0) >= 4, 'at most eight were under way')
  t.match(stdout, /the time limit of 3000 ms is over/)
})

t.test('an interrupt finishes what is under way and names the rest', async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `r${index}`)
  const { patch } = await scene('interrupted', ...names.map((name) => [name, [pathRule('/')]] as const))
  const controller = new AbortController()
  const proxy = await kube.interpose(async (request, _, path) => {
    if (request.method === 'PATCH' && path.pathname.includes('/httproutes/')) controller.abort()
    return false
  })
  t.teardown(() => proxy.close())
  const { code, stdout } = await kube.kube(patch, { kubeconfig: proxy.kubeconfig, signal: controller.signal })
  t.equal(code, 1)
  t.match(stdout, /HTTPRoute interrupted\/r\d+: not reached/)
  t.match(stdout, /the run was interrupted/)
})

t.test('undo for the wrong Service says for which there is something', async (t) => {
  const { patch } = await scene('wrong', ['r', [pathRule('/')]])
  await kube.kube(patch)
  t.match(await kube.kube(['undo', '--in-namespaces', 'wrong']), {
    code: 0,
    stdout: /mirror to wrong-mirror\/request-mirror; undo those with --namespace wrong-mirror --service request-mirror/,
  })
})
