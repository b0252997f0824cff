// What goes wrong around a patch: the faults of Datadog's Go tools (000.b1 to b7), other writers, missing things, people.
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { serviceResource } from '#src/kube/access/cluster.js'
import { arrayAt, type JsonObject, objectAt, objectsAt, parseJson, stringAt } from '#src/kube/json/json-value.js'
import { runCommand } from '../kube-plans/support/run-command.js'
import {
  grants,
  httpRoute,
  httpRoutes,
  KubeFixture,
  type Meddler,
  mirrorService,
  namespace,
  pathRule,
  storedMirror,
} from './support/kube-fixture.js'

t.setTimeout(600_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())

const filtersOf = (route: JsonObject, index = 0) => arrayAt(route, 'spec', 'rules', index, 'filters')
const readFilters = async (inNamespace: string, name: string, index = 0) =>
  filtersOf(await kube.read(httpRoutes, inNamespace, name), index)
/** A mirror and a namespace with routes, apart from all other tests. */
async function scene(name: string, ...routes: readonly (readonly [string, readonly JsonObject[], JsonObject?])[]) {
  const mirror = `${name}-mirror`
  await kube.create(namespace(mirror), namespace(name), mirrorService(mirror))
  for (const [route, rules, metadata] of routes) await kube.create(httpRoute(name, route, rules, metadata))
  const scope = ['--namespace', mirror, '--in-namespaces', name]
  return { mirror, patch: ['patch-httproutes', ...scope], undo: ['undo', ...scope] }
}

t.test('000.b1: a route in the namespace of the mirror gets one filter, however often the tool runs', async (t) => {
  await kube.create(namespace('b1'), mirrorService('b1'), httpRoute('b1', 'r', [pathRule('/')]))
  for (let run = 0; run < 3; run++) {
    t.equal((await kube.kube(['patch-httproutes', '--namespace', 'b1', '--in-namespaces', 'b1'])).code, 0)
  }
  t.strictSame(await readFilters('b1', 'r'), [storedMirror('b1')])
})

t.test('000.b2: an existing filter with explicit namespace stops nobody; later routes are patched', async (t) => {
  await kube.create(namespace('b2'), mirrorService('b2'))
  await kube.create(httpRoute('b2', 'a-first', [pathRule('/', { filters: [storedMirror('b2')] })]))
  await kube.create(httpRoute('b2', 'later', [pathRule('/')]))
  t.equal((await kube.kube(['patch-httproutes', '--namespace', 'b2', '--in-namespaces', 'b2'])).code, 0)
  t.strictSame(await readFilters('b2', 'a-first'), [storedMirror('b2')])
  t.strictSame(await readFilters('b2', 'later'), [storedMirror('b2')])
})

t.test('000.b6: what others write between list and patch stays; the patch is planned anew', async (t) => {
  const { mirror, patch } = await scene('b6', ['r', [pathRule('/')]])
  let meddled = 0
  const meddle: Meddler = async (request, _, path) => {
    if (request.method === 'PATCH' && path.pathname.endsWith('/httproutes/r') && meddled++ === 0) {
      await kube.edit(httpRoutes, 'b6', 'r', (route) => withRules(route, [pathRule('/v2'), pathRule('/v3')]))
    }
    return false
  }
  const proxy = await kube.interpose(meddle)
  t.teardown(() => proxy.close())
  const mark = await kube.auditMark()
  t.match(await kube.kube(patch, { kubeconfig: proxy.kubeconfig }), { code: 0, stderr: '' })
  const route = await kube.read(httpRoutes, 'b6', 'r')
  t.strictSame(
    objectsAt(route, 'spec', 'rules').map((rule) => stringAt(rule, 'matches', 0, 'path', 'value')),
    ['/v2', '/v3'],
  )
  t.strictSame([filtersOf(route, 0), filtersOf(route, 1)], [[storedMirror(mirror)], [storedMirror(mirror)]])
  const statuses = (await kube.audit(mark))
    .filter(({ verb, userAgent, path }) => verb === 'patch' && userAgent === 'mirrorwaf' && path.endsWith('/r'))
    .map(({ status }) => status)
  t.strictSame(statuses, [409, 200])
})

t.test('a route that changes again and again is given up after five attempts, named, with exit code 1', async (t) => {
  const { patch } = await scene('busy', ['r', [pathRule('/')]], ['calm', [pathRule('/')]])
  let edits = 0
  const proxy = await kube.interpose(async (request, _, path) => {
    if (request.method === 'PATCH' && path.pathname.endsWith('/httproutes/r')) {
      edits++
      await kube.edit(httpRoutes, 'busy', 'r', (route) => withLabels(route, { edit: `n${edits}` }))
    }
    return false
  })
  t.teardown(() => proxy.close())
  const { code, stdout } = await kube.kube(patch, { kubeconfig: proxy.kubeconfig })
  t.equal(code, 1)
  t.equal(edits, 5)
  t.match(stdout, /HTTPRoute busy\/r: failed\n.*\n {2}MWAF_KUBE_CONFLICT: HTTPRoute busy\/r changed 5 times/)
  t.equal((await readFilters('busy', 'calm')).length, 1, 'others go on')
})

t.test('a route that is deleted in between needs nothing any more', async (t) => {
  const { patch } = await scene('gone', ['r', [pathRule('/')]])
  const proxy = await kube.interpose(async (request, _, path) => {
    if (request.method === 'PATCH' && path.pathname.endsWith('/httproutes/r'))
      await kube.remove(httpRoutes, 'gone', 'r')
    return false
  })
  t.teardown(() => proxy.close())
  t.match(await kube.kube(patch, { kubeconfig: proxy.kubeconfig }), { code: 0, stdout: /HTTPRoute gone\/r: gone/ })
  t.strictSame((await kube.admin.list(grants, 'gone-mirror')).items, [], 'and its grant is taken back')
})

t.test('a server that drops what was written is not believed', async (t) => {
  const { patch } = await scene('dropped', ['r', [pathRule('/')]])
  const proxy = await kube.interpose(async (request, response, path) => {
    if (request.method !== 'PATCH' || !path.pathname.endsWith('/httproutes/r')) return false
    response.setHeader('warning', '299 - "unknown field \\"spec.rules[0].filters\\""')
    response.end(JSON.stringify(await kube.read(httpRoutes, 'dropped', 'r')))
    return true
  })
  t.teardown(() => proxy.close())
  const { code, stdout } = await kube.kube(patch, { kubeconfig: proxy.kubeconfig })
  t.equal(code, 1)
  t.match(stdout, /MWAF_KUBE_NOT_KEPT: .*spec\.rules\.0\.filters.*unknown field "spec\.rules\[0\]\.filters"/)
})

t.test('a busy server is asked again after the time that it names', async (t) => {
  const { patch } = await scene('throttled', ['r', [pathRule('/')]])
  let refusals = 0
  const proxy = await kube.interpose(async (request, response, path) => {
    if (request.method !== 'PATCH' || !path.pathname.endsWith('/httproutes/r') || refusals++ > 0) return false
    response.writeHead(429, { 'retry-after': '1' }).end('{}')
    return true
  })
  t.teardown(() => proxy.close())
  t.equal((await kube.kube(patch, { kubeconfig: proxy.kubeconfig })).code, 0)
  t.equal((await readFilters('throttled', 'r')).length, 1)
})

t.test('a rule with 16 filters is told before anything is tried; the others go on; exit code 1', async (t) => {
  const full = Array.from({ length: 16 }, (_, index) => storedMirror('other', {}, 1000 + index))
  const { mirror, patch } = await scene('full', ['r', [pathRule('/a', { filters: full }), pathRule('/b')]])
  const { code, stdout } = await kube.kube(patch)
  t.equal(code, 1)
  t.match(stdout, /HTTPRoute full\/r: incomplete .*rule 0 blocked: it has 16 filters, the most allowed/)
  t.equal((await readFilters('full', 'r', 0)).length, 16)
  t.strictSame(await readFilters('full', 'r', 1), [storedMirror(mirror)])
})

t.test('17 namespaces take two grants, and an undo of one namespace takes back one entry', async (t) => {
  const names = Array.from({ length: 17 }, (_, index) => `many-${String(index).padStart(2, '0')}`)
  await kube.create(namespace('many-mirror'), mirrorService('many-mirror'))
  for (const name of names) await kube.create(namespace(name), httpRoute(name, 'r', [pathRule('/')]))
  const scope = ['--namespace', 'many-mirror', '--in-namespaces', names.join(',')]
  t.equal((await kube.kube(['patch-httproutes', ...scope])).code, 0)
  const countEntries = async () =>
    (await kube.admin.list(grants, 'many-mirror')).items.map((grant) => arrayAt(grant, 'spec', 'from').length)
  t.strictSame(await countEntries(), [16, 1])
  t.equal((await kube.kube(['undo', '--namespace', 'many-mirror', '--in-namespaces', 'many-03'])).code, 0)
  t.strictSame(await countEntries(), [15, 1])
  t.equal((await kube.kube(['undo', ...scope])).code, 0)
  t.strictSame(await countEntries(), [])
})

t.test('routes outside of --selector and --in-namespaces, and those labelled off, are left alone', async (t) => {
  const { patch } = await scene(
    'picky',
    ['web', [pathRule('/')], { labels: { team: 'web' } }],
    ['api', [pathRule('/')], { labels: { team: 'api' } }],
    ['off', [pathRule('/')], { labels: { team: 'web', 'admission.datadoghq.com/enabled': 'false' } }],
  )
  t.match(await kube.kube([...patch, '--selector', 'team=web']), { code: 0, stdout: /picky\/off: skipped/ })
  t.equal((await readFilters('picky', 'web')).length, 1)
  t.equal((await readFilters('picky', 'api')).length, 0)
  t.equal((await readFilters('picky', 'off')).length, 0)
})

t.test('a redirect is mirrored only when asked for', async (t) => {
  const redirect = { filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }] }
  const { patch, undo } = await scene('redirect', ['r', [redirect]])
  t.equal((await kube.kube(patch)).code, 0)
  t.equal((await readFilters('redirect', 'r')).length, 1)
  t.equal((await kube.kube([...patch, '--include-redirects'])).code, 0)
  t.equal((await readFilters('redirect', 'r')).length, 2)
  t.equal((await kube.kube(undo)).code, 0)
  t.equal((await readFilters('redirect', 'r')).length, 1)
})

t.test('--json tells everything to programs', async (t) => {
  const { patch } = await scene('json', ['r', [pathRule('/')]])
  const { stdout } = await kube.kube([...patch, '--output', 'json'])
  t.match(parseJson(stdout), {
    command: 'patch-httproutes',
    target: 'json-mirror/request-mirror:8080',
    exitCode: 0,
    summary: { written: 2 },
    objects: [
      { ref: { kind: 'ReferenceGrant' }, result: 'written' },
      {
        ref: { kind: 'HTTPRoute', namespace: 'json', name: 'r' },
        result: 'written',
        rules: [{ index: 0, action: 'added' }],
        warnings: ['its Gateway json/gw does not exist'],
      },
    ],
  })
})

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

t.test('a Service behind an ExternalName is told', async (t) => {
  await kube.create(namespace('external'), {
    ...mirrorService('external'),
    spec: { type: 'ExternalName', externalName: 'a.example', ports: [{ port: 8080 }] },
  })
  t.match(await kube.kube(['patch-httproutes', '--namespace', 'external', '--in-namespaces', 'external']), {
    code: 0,
    stdout: /ExternalName/,
  })
  await kube.remove(serviceResource, 'external', 'request-mirror')
})

t.test('undo for the wrong Service says for which there is something', async (t) => {
  const { patch } = await scene('wrong', ['r', [pathRule('/')]])
  await kube.kube(patch)
  t.match(await kube.kube(['undo', '--in-namespaces', 'wrong']), {
    code: 0,
    stdout: /mirror to wrong-mirror\/request-mirror; undo those with --namespace wrong-mirror --service request-mirror/,
  })
})

function withRules(route: JsonObject, rules: readonly JsonObject[]): JsonObject {
  return { ...route, spec: { ...objectAt(route, 'spec'), rules: [...rules] } }
}

function withLabels(route: JsonObject, labels: JsonObject): JsonObject {
  return { ...route, metadata: { ...objectAt(route, 'metadata'), labels } }
}
