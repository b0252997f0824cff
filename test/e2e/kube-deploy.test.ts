// What deploy/ ships for Kubernetes: linted, rendered, and accepted by a real API server; rights that suffice and no more.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { parseAllDocuments } from 'yaml'
import {
  arrayAt,
  isObject,
  type JsonObject,
  type JsonValue,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
} from '#src/kube/json/json-value.js'
import { httpRoute, httpRoutes, KubeFixture, mirrorService, namespace, pathRule } from './support/kube-fixture.js'
import { kubeTool } from './support/kube-tools.js'
import { repositoryRoot } from './support/repository.js'

t.setTimeout(900_000)
const run = promisify(execFile)
const deploy = join(repositoryRoot, 'deploy')
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())
const namespaceLabels = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
}
await kube.create(namespace('mirrorwaf', namespaceLabels), namespace('shop'), namespace('blog'))

const parse = (text: string): JsonObject[] =>
  [...parseAllDocuments(text)].map((document): JsonValue => document.toJS()).filter(isObject)
const named = (objects: readonly JsonObject[], kind: string, name: string) =>
  objects.find((object) => stringAt(object, 'kind') === kind && stringAt(object, 'metadata', 'name') === name)

async function kustomize(path: string): Promise<JsonObject[]> {
  return parse((await run(await kubeTool('kustomize'), ['build', join(deploy, 'kustomize', path)])).stdout)
}

async function helm(...settings: string[]): Promise<JsonObject[]> {
  const chart = join(deploy, 'helm', 'mirrorwaf')
  const flags = ['template', 'mirrorwaf', chart, '--namespace', 'mirrorwaf', '--kube-version', '1.35.4']
  return parse((await run(await kubeTool('helm'), [...flags, ...settings])).stdout)
}

/** Every container keeps to what the issue asks for; the server's own warnings judge the rest (restricted pods). */
function judgePods(t: Test, objects: readonly JsonObject[]): void {
  for (const object of objects.filter((candidate) => stringAt(candidate, 'kind') === 'Deployment')) {
    const pod = objectAt(object, 'spec', 'template', 'spec')
    t.equal(valueAt(pod, 'enableServiceLinks'), false)
    t.ok(arrayAt(pod, 'topologySpreadConstraints').length > 0)
    for (const container of objectsAt(pod, 'containers')) {
      t.equal(valueAt(container, 'securityContext', 'readOnlyRootFilesystem'), true)
      t.type(valueAt(container, 'resources', 'requests', 'cpu'), 'string')
      t.type(valueAt(container, 'resources', 'limits', 'memory'), 'string')
      t.match(container, {
        readinessProbe: { httpGet: { path: '/readyz' } },
        livenessProbe: { httpGet: { path: '/healthz' } },
      })
    }
  }
}

/** Server-side dry run of everything; what the server warns of counts as refused. */
async function accepts(t: Test, objects: readonly JsonObject[]): Promise<void> {
  t.ok(objects.length > 0)
  for (const object of objects) {
    const what = `${stringAt(object, 'kind')} ${stringAt(object, 'metadata', 'name')}`
    t.strictSame(await kube.dryRun(object, 'mirrorwaf'), [], what)
  }
}

t.test('the Dockerfile passes hadolint', async (t) => {
  const { stdout } = await run(await kubeTool('hadolint'), [join(deploy, 'Dockerfile')])
  t.equal(stdout, '')
})

t.test(
  'production dependencies and compiled code alone run the receiver and the kube commands, as in the image',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mirrorwaf-image-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    for (const name of ['package.json', 'package-lock.json', 'dist']) {
      await cp(join(repositoryRoot, name), join(folder, name), { recursive: true })
    }
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
    const main = join(folder, 'dist', 'main.js')
    t.match((await run(process.execPath, [main, 'serve', '--check'])).stdout, /valid/)
    const bin = join(folder, 'dist', 'kube', 'bin', 'patch-httproutes.js')
    t.match((await run(process.execPath, [bin, '--help'])).stdout, /Usage/)
  },
)

for (const path of ['base', 'overlays/development', 'overlays/production', 'overlays/own-rules']) {
  t.test(`kustomize ${path} renders, and the API server accepts all of it without a warning`, async (t) => {
    const objects = await kustomize(path)
    await accepts(t, objects)
    judgePods(t, objects)
    const service = named(objects, 'Service', 'request-mirror')
    t.match(service, { metadata: { namespace: 'mirrorwaf' }, spec: { ports: [{ port: 8080 }] } })
    const selected = valueAt(service, 'spec', 'selector')
    t.match(valueAt(named(objects, 'Deployment', 'mirrorwaf'), 'spec', 'template', 'metadata', 'labels'), selected)
  })
}

for (const [what, settings] of [
  ['its defaults', []],
  ['the watch', ['--set', 'watch.enabled=true']],
  [
    'the watch in two namespaces',
    [
      '--set',
      'watch.enabled=true,watch.namespaces={shop,blog},watch.percent=0,watch.reportOnly=true,watch.selector=team=web',
    ],
  ],
  [
    'hijack, own rules, no autoscaler',
    [
      '--set',
      'mode=hijack,workers=8,rules.configMap=own,autoscaling.enabled=false,networkPolicy.enabled=false,podDisruptionBudget.enabled=false,env.MIRRORWAF_TRUSTED_HOPS=2,nodeSelector.a=b,priorityClassName=high',
    ],
  ],
] as const) {
  t.test(`the Helm chart with ${what} renders, and the API server accepts all of it without a warning`, async (t) => {
    const objects = await helm(...settings)
    await accepts(t, objects)
    judgePods(t, objects)
    t.ok(named(objects, 'Service', 'request-mirror'))
  })
}

t.test('the values of the chart arrive where they belong', async (t) => {
  const objects = await helm(
    '--set',
    'mode=hijack,workers=8,rules.configMap=own,rules.key=a.json,serviceMonitor.enabled=true,autoscaling.enabled=false,replicas=5',
  )
  const container = valueAt(named(objects, 'Deployment', 'mirrorwaf'), 'spec', 'template', 'spec', 'containers', 0)
  const env = new Map(objectsAt(container, 'env').map((entry) => [stringAt(entry, 'name'), stringAt(entry, 'value')]))
  t.strictSame(
    [env.get('MIRRORWAF_HIJACK'), env.get('MIRRORWAF_WORKERS'), env.get('MIRRORWAF_RULES')],
    ['true', '8', '/etc/mirrorwaf/rules/a.json'],
  )
  t.equal(valueAt(named(objects, 'Deployment', 'mirrorwaf'), 'spec', 'replicas'), 5)
  t.equal(named(objects, 'HorizontalPodAutoscaler', 'mirrorwaf'), undefined)
  const monitor = named(objects, 'ServiceMonitor', 'mirrorwaf')
  const metrics = named(objects, 'Service', 'mirrorwaf-metrics')
  t.match(valueAt(metrics, 'metadata', 'labels'), valueAt(monitor, 'spec', 'selector', 'matchLabels'))
  t.match(monitor, { spec: { endpoints: [{ port: 'metrics', path: '/metrics' }] } })
})

t.test('helm lint finds nothing, and values that mean nothing are refused', async (t) => {
  const chart = join(deploy, 'helm', 'mirrorwaf')
  const tool = await kubeTool('helm')
  t.match((await run(tool, ['lint', '--strict', chart])).stdout, /0 chart\(s\) failed/)
  for (const wrong of ['mode=maybe', 'workers=0', 'nonsense=1', 'watch.percent=101', 'service.port=0']) {
    const failure = await helm('--set', wrong).catch((error: unknown) => String(error))
    t.match(failure, /values don't meet the specifications|at '\//, wrong)
  }
})

t.test('the examples are accepted, and are what patch-httproutes would make', async (t) => {
  await kube.create(mirrorService('mirrorwaf'))
  for (const file of await readdir(join(deploy, 'examples'))) {
    const objects = parse(await readFile(join(deploy, 'examples', file), 'utf8'))
    await accepts(t, objects)
    await kube.create(...objects)
    t.match(
      await kube.kube(['diff', '--namespace', 'mirrorwaf', '--in-namespaces', 'shop']),
      { code: 0, stdout: /1 unchanged/ },
      file,
    )
    for (const object of objects) await kube.delete(object)
  }
})

t.test('the rights in deploy/ suffice, and with one fewer the command names it and does nothing', async (t) => {
  const rendered = await kustomize('overlays/production')
  for (const [role, argv] of [
    ['mirrorwaf-patch', ['patch-httproutes', '--namespace', 'mirrorwaf', '--yes']],
    ['mirrorwaf-watch', ['watch', '--namespace', 'mirrorwaf', '--health-listen', '127.0.0.1:0']],
  ] as const) {
    const roles = ['ClusterRole', 'Role']
      .map((kind) => named(rendered, kind, role))
      .filter((found) => found !== undefined)
    t.equal(roles.length, 2)
    for (const object of roles) await kube.create(object, bindingOf(object))
    // A watch runs until it is stopped: here, when it has done its work.
    const asLimited = async () => {
      const controller = new AbortController()
      const running = kube.kube(argv, { user: 'limited', signal: controller.signal })
      const ended = running.then(() => true)
      while (!(await isPatched()) && !(await Promise.race([ended, sleep(50, false)])));
      controller.abort()
      return running
    }
    const isPatched = async () =>
      arrayAt(await kube.read(httpRoutes, 'blog', role), 'spec', 'rules', 0, 'filters').length === 1
    await kube.create(httpRoute('blog', role, [pathRule('/')]))
    t.match(await asLimited(), { code: 0 }, `${role} suffices`)
    t.ok(await isPatched())
    await kube.delete(httpRoute('blog', role, []))
    await kube.create(httpRoute('blog', role, [pathRule('/')]))

    for (const [object, rule, verb] of roles.flatMap(eachRight)) {
      await kube.replaceObject(withoutRight(object, rule, verb))
      const result = await asLimited()
      const resource = stringAt(object, 'rules', rule, 'resources', 0)
      t.match(
        result,
        { code: 1, stderr: new RegExp(`MWAF_KUBE_RIGHTS_MISSING: .*\\b${verb}\\b[^;]*${resource}`) },
        `${role} without ${verb} ${resource}`,
      )
      await kube.replaceObject(object)
    }
    t.notOk(await isPatched())
    for (const object of roles) {
      await kube.delete(bindingOf(object))
      await kube.delete(object)
    }
  }
})

t.test('the commands of the guide are commands that exist, with options that exist', async (t) => {
  const guide = await readFile(join(deploy, 'kubernetes.md'), 'utf8')
  const commands = [...guide.matchAll(/npx mirrorwaf kube (.+)/g)].map(([, line = '']) => line.split(' >')[0] ?? '')
  t.ok(commands.length > 8)
  const known = new Set<string>()
  for (const line of commands) {
    const [name = '', ...argv] = line.split(' ')
    known.add(name)
    const result = await kube.kube([
      name,
      ...argv.filter((word) => !word.includes('/') && !word.endsWith('.yaml')),
      ...(name === 'emit' ? [] : ['--in-namespaces', 'blog']),
    ])
    t.not(result.code, 2, line)
    t.notMatch(result.stderr, /^MWAF_(?!KUBE_)/, line)
  }
  t.strictSame([...known].toSorted(), ['diff', 'emit', 'patch-gateways', 'patch-httproutes', 'status', 'undo'])
  for (const [, path = ''] of guide.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    await t.resolves(
      readdir(join(deploy, path)).catch(() => readFile(join(deploy, path))),
      path,
    )
  }
})

/** Binds a role to the user that may do nothing. */
function bindingOf(role: JsonObject): JsonObject {
  const kind = stringAt(role, 'kind') ?? ''
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: `${kind}Binding`,
    metadata: objectAt(role, 'metadata') ?? {},
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: stringAt(role, 'metadata', 'name') ?? '' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }],
  }
}

/** Every verb of every rule of a role. */
function eachRight(role: JsonObject): [role: JsonObject, rule: number, verb: string][] {
  return objectsAt(role, 'rules').flatMap((rule, index) =>
    arrayAt(rule, 'verbs').map((verb): [JsonObject, number, string] => [role, index, String(verb)]),
  )
}

function withoutRight(role: JsonObject, index: number, verb: string): JsonObject {
  const rules = objectsAt(role, 'rules').map((rule, position) =>
    position === index ? { ...rule, verbs: arrayAt(rule, 'verbs').filter((other) => other !== verb) } : rule,
  )
  // A rule without verbs is refused by the server.
  return { ...role, rules: rules.filter((rule) => arrayAt(rule, 'verbs').length > 0) }
}
