// What goes wrong around a patch: the faults of Datadog's Go tools (000.b1, b2, b6), other writers, limits, servers.
import t from 'tap'
import { serviceResource } from '#src/kube/access/cluster.js'
import { arrayAt, type JsonObject, objectAt, objectsAt, parseJson, stringAt } from '#src/kube/json/json-value.js'
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
import { filtersOf, readFilters as readFiltersOf, type SceneRoute, setScene } from './support/kube-scene.js'

t.setTimeout(600_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())

const scene = (name: string, ...routes: readonly SceneRoute[]) => setScene(kube, name, ...routes)
const readFilters = (inNamespace: string, name: string, rule = 0) => readFiltersOf(kube, inNamespace, name, rule)

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

t.test('a server that goes away during a run is not asked for every route; the rest is named', async (t) => {
  const names = Array.from({ length: 40 }, (_, index) => `r${index}`)
  const { patch } = await scene('away', ...names.map((name) => [name, [pathRule('/')]] as const))
  const proxy = await kube.interpose(async (request, response, path) => {
    const isPatch = request.method === 'PATCH' && path.pathname.includes('/httproutes/')
    if (isPatch) response.destroy()
    return isPatch
  })
  t.teardown(() => proxy.close())
  const { code, stdout } = await kube.kube(patch, { kubeconfig: proxy.kubeconfig })
  t.equal(code, 1)
  const count = (result: RegExp) => stdout.match(result)?.length ?? 0
  const failed = count(/: failed$/gm)
  t.ok(failed >= 10 && failed < 20, `${failed} failed`)
  t.equal(failed + count(/: not reached$/gm), 40)
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

function withRules(route: JsonObject, rules: readonly JsonObject[]): JsonObject {
  return { ...route, spec: { ...objectAt(route, 'spec'), rules: [...rules] } }
}

function withLabels(route: JsonObject, labels: JsonObject): JsonObject {
  return { ...route, metadata: { ...objectAt(route, 'metadata'), labels } }
}
