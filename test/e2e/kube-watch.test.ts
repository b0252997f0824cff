// mirrorwaf kube watch against a real API server: new and changed routes, lost connections, other writers, elections.
import type { ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  arrayAt,
  isObject,
  type JsonObject,
  objectAt,
  objectsAt,
  parseJson,
  stringAt,
} from '#src/kube/json/json-value.js'
import { runKubeCommand } from '#src/kube/run-kube-command.js'
import { leaseResource } from '#src/kube/watch/leader-election.js'
import {
  grants,
  httpRoute,
  httpRoutes,
  KubeFixture,
  mirrorService,
  namespace,
  pathRule,
  storedMirror,
} from './support/kube-fixture.js'

t.setTimeout(600_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())

/** A watch that runs in this process. */
interface RunningWatch {
  /** Log lines so far. */
  readonly lines: readonly JsonObject[]
  stderr(): string
  get(path: string): Promise<{ status: number; text: string }>
  metric(name: string): Promise<number>
  stop(): Promise<number>
  readonly ended: Promise<number>
}

async function startWatch(argv: readonly string[], kubeconfig = kube.kubeconfig): Promise<RunningWatch> {
  const stderr = new PassThrough()
  const texts: string[] = []
  stderr.on('data', (chunk: Buffer) => texts.push(chunk.toString('utf8')))
  const controller = new AbortController()
  const ended = runKubeCommand(['watch', '--health-listen', '127.0.0.1:0', ...argv], {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    isTty: { stdin: false, stderr: false },
    env: { KUBECONFIG: kubeconfig },
    signal: controller.signal,
  })
  const readLines = (): JsonObject[] =>
    texts
      .join('')
      .split('\n')
      .map((line) => (line.startsWith('{') ? parseJson(line) : null))
      .filter(isObject)
  const get = async (path: string) => {
    const address = readLines().flatMap((line) => stringAt(line, 'details', 'health') ?? [])[0]
    const response = await fetch(`http://${address}${path}`)
    return { status: response.status, text: await response.text() }
  }
  return {
    get lines() {
      return readLines()
    },
    stderr: () => texts.join(''),
    get,
    metric: async (name) =>
      Number(
        (await get('/metrics')).text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      ),
    stop: async () => {
      controller.abort()
      return ended
    },
    ended,
  }
}

/** Waits for something to come true; the test's own limit is the only deadline. */
async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await sleep(50)
}
const says = (watch: RunningWatch, message: RegExp) => () =>
  watch.lines.some((line) => message.test(stringAt(line, 'message') ?? ''))
const filters = async (inNamespace: string, name: string, rule = 0) =>
  arrayAt(await kube.read(httpRoutes, inNamespace, name), 'spec', 'rules', rule, 'filters')
const isMirrored =
  (inNamespace: string, name: string, rule = 0) =>
  async () =>
    (await filters(inNamespace, name, rule)).length === 1
const withRules =
  (rules: readonly JsonObject[]) =>
  (route: JsonObject): JsonObject => ({ ...route, spec: { ...objectAt(route, 'spec'), rules: [...rules] } })
const withLabels =
  (labels: JsonObject) =>
  (route: JsonObject): JsonObject => ({ ...route, metadata: { ...objectAt(route, 'metadata'), labels } })

async function scene(name: string): Promise<string[]> {
  await kube.create(namespace(`${name}-mirror`), namespace(name), mirrorService(`${name}-mirror`))
  return ['--namespace', `${name}-mirror`, '--in-namespaces', name]
}

t.test('new routes and rules are mirrored, labelled-off ones are not any more, and grants follow', async (t) => {
  const flags = await scene('life')
  await kube.create(httpRoute('life', 'before', [pathRule('/')]))
  const mark = await kube.auditMark()
  const watch = await startWatch(flags)
  await until(isMirrored('life', 'before'))
  t.strictSame(await filters('life', 'before'), [storedMirror('life-mirror')])

  await kube.create(httpRoute('life', 'later', [pathRule('/')]))
  await until(isMirrored('life', 'later'))
  await kube.edit(httpRoutes, 'life', 'later', (route) =>
    withRules([...objectsAt(route, 'spec', 'rules'), pathRule('/new')])(route),
  )
  await until(isMirrored('life', 'later', 1))

  for (const name of ['before', 'later']) {
    await kube.edit(httpRoutes, 'life', name, withLabels({ 'admission.datadoghq.com/enabled': 'false' }))
    await until(async () => (await filters('life', name)).length === 0)
  }
  const countGrants = async () => (await kube.admin.list(grants, 'life-mirror')).items.length
  await until(async () => (await countGrants()) === 0)
  await kube.edit(httpRoutes, 'life', 'later', withLabels({}))
  await until(isMirrored('life', 'later', 1))
  t.equal(await countGrants(), 1)

  const [grant] = (await kube.admin.list(grants, 'life-mirror')).items
  await kube.remove(grants, 'life-mirror', stringAt(grant, 'metadata', 'name') ?? '')
  await until(async () => (await countGrants()) === 1)
  await kube.remove(httpRoutes, 'life', 'later')
  await until(async () => (await countGrants()) === 0)

  t.strictSame(await watch.get('/healthz'), { status: 200, text: '{"status":"ok"}' })
  t.equal((await watch.get('/readyz')).status, 200)
  t.equal((await watch.get('/nothing')).status, 404)
  t.equal(await watch.metric('mirrorwaf_kube_leader'), 1)
  t.equal(await watch.metric('mirrorwaf_kube_fights_total'), 0, 'labels off and on again are no fight')
  t.match((await watch.get('/metrics')).text, /^mirrorwaf_kube_routes\{state="left-alone"\} 1$/m)
  t.equal(await watch.stop(), 0)

  const requests = await kube.audit(mark)
  const watches = requests.filter(({ verb }) => verb === 'watch')
  t.ok(
    watches.length > 0 &&
      watches.every(({ query }) => query.get('allowWatchBookmarks') === 'true' && query.get('resourceVersion')),
  )
  const patches = requests.filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'mirrorwaf')
  t.ok(
    patches.every(
      ({ query }) => query.get('fieldManager') === 'mirrorwaf' && query.get('fieldValidation') === 'Strict',
    ),
  )
  t.match(patches[0]?.path, /referencegrants/)
})

t.test('a filter that GitOps keeps removing is put back later each time, and it is said who removes it', async (t) => {
  const flags = await scene('fight')
  await kube.create(httpRoute('fight', 'r', [pathRule('/')]))
  const watch = await startWatch(flags)
  const pausesMs: number[] = []
  for (let round = 0; round < 4; round++) {
    await until(isMirrored('fight', 'r'))
    if (round === 3) break
    await kube.edit(httpRoutes, 'fight', 'r', withRules([pathRule('/')]))
    const removedMs = performance.now()
    await until(isMirrored('fight', 'r'))
    pausesMs.push(performance.now() - removedMs)
  }
  const warning = watch.lines.findLast((line) => /others removed the filter/.test(stringAt(line, 'message') ?? ''))
  t.match(warning, { level: 'warn', details: { object: 'HTTPRoute fight/r', by: 'argocd-controller' } })
  t.ok((pausesMs[2] ?? 0) > (pausesMs[0] ?? 0), `the pauses grow: ${pausesMs.map(Math.round).join(', ')} ms`)
  await until(async () => (await watch.metric('mirrorwaf_kube_fights_total')) === 3)
  t.equal(await watch.stop(), 0)
})

t.test('a connection that breaks is taken up where it broke; nothing in between is missed', async (t) => {
  const flags = await scene('broken')
  const open = new Set<ServerResponse>()
  let mayConnect = true
  let lists = 0
  const proxy = await kube.interpose(async (_, response, { pathname, searchParams }) => {
    if (!pathname.endsWith('/httproutes')) return false
    if (searchParams.get('watch') === null) lists++
    else if (mayConnect) open.add(response)
    else response.destroy()
    return !mayConnect
  })
  const watch = await startWatch(flags, proxy.kubeconfig)
  await until(says(watch, /in step/))
  await until(() => open.size > 0)
  mayConnect = false
  for (const response of open) response.destroy()
  await kube.create(httpRoute('broken', 'meanwhile', [pathRule('/')]))
  await until(async () => (await watch.metric('mirrorwaf_kube_watch_errors_total')) >= 2)
  mayConnect = true
  await until(isMirrored('broken', 'meanwhile'))
  t.equal(lists, 1, 'no second list')
  t.equal(await watch.stop(), 0)
  await proxy.close()
})

t.test('410 Gone, in the stream or as the answer, means a new list', async (t) => {
  const flags = await scene('expired')
  const refusals = [
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n',
    '{"kind":"Status","code":410}\n',
  ]
  const lists: number[] = []
  const proxy = await kube.interpose(async (_, response, { pathname, searchParams }) => {
    if (!pathname.endsWith('/httproutes')) return false
    if (searchParams.get('watch') === null) {
      lists.push(1)
      return false
    }
    const refusal = refusals.shift()
    if (refusal === undefined) return false
    await kube.create(httpRoute('expired', `r${refusals.length}`, [pathRule('/')]))
    response.writeHead(refusal.includes('ERROR') ? 200 : 410).end(refusal)
    return true
  })
  const watch = await startWatch(flags, proxy.kubeconfig)
  await until(isMirroredIfThere('expired', 'r1'))
  await until(isMirroredIfThere('expired', 'r0'))
  t.equal(lists.length, 3)
  t.equal(await watch.stop(), 0)
  await proxy.close()
})

t.test('of two instances one works; the other takes over when it stops', async (t) => {
  const flags = await scene('pair')
  const first = await startWatch([...flags, '--identity', 'one'])
  await until(says(first, /in step/))
  const second = await startWatch([...flags, '--identity', 'two'])
  await until(says(second, /waiting for the Lease/))
  await kube.create(httpRoute('pair', 'a', [pathRule('/')]))
  await until(isMirrored('pair', 'a'))
  t.notOk(says(second, /leading/)())
  t.equal(await first.stop(), 0)
  await until(says(second, /leading/))
  await kube.create(httpRoute('pair', 'b', [pathRule('/')]))
  await until(isMirrored('pair', 'b'))
  const lease = await kube.read(leaseResource, 'pair-mirror', 'mirrorwaf-watch')
  t.match(lease, { spec: { holderIdentity: 'two', leaseTransitions: 1 } })

  await kube.edit(leaseResource, 'pair-mirror', 'mirrorwaf-watch', (held) => ({
    ...held,
    spec: { ...objectAt(held, 'spec'), holderIdentity: 'three', leaseDurationSeconds: 3600 },
  }))
  t.equal(await second.ended, 1, 'who loses the Lease stops')
  t.match(second.stderr(), /^MWAF_KUBE_LEASE_LOST: The Lease pair-mirror\/mirrorwaf-watch went to three/m)
})

t.test('a Lease whose holder died is taken after it ran out, whatever its clock said, and not before', async (t) => {
  const flags = await scene('dead')
  await kube.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'dead-mirror', name: 'mirrorwaf-watch' },
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 3, renewTime: '2001-01-01T00:00:00.000000Z' },
  })
  const startedMs = performance.now()
  const watch = await startWatch([...flags, '--identity', 'alive'])
  await until(says(watch, /leading/))
  t.ok(performance.now() - startedMs >= 3000)
  t.equal(await watch.stop(), 0)
  const lease = await kube.read(leaseResource, 'dead-mirror', 'mirrorwaf-watch')
  t.match(lease, { spec: { holderIdentity: '', leaseTransitions: 1 } }, 'and given back at the end')
})

t.test('--report-only counts what deviates and changes nothing, the Lease included', async (t) => {
  const flags = await scene('report')
  await kube.create(httpRoute('report', 'r', [pathRule('/')]))
  const mark = await kube.auditMark()
  const watch = await startWatch([...flags, '--report-only'])
  await until(says(watch, /is not as it should be/))
  await until(says(watch, /grants are not as they should be/))
  t.match((await watch.get('/metrics')).text, /^mirrorwaf_kube_routes\{state="pending"\} 1$/m)
  t.equal(await watch.stop(), 0)
  const writes = (await kube.audit(mark)).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
  t.strictSame(writes, [])
  t.equal(await kube.admin.get(leaseResource, 'report-mirror', 'mirrorwaf-watch'), undefined)
})

t.test('a route that the server refuses to change is tried again, and the others go on', async (t) => {
  const flags = await scene('refused')
  await kube.create(httpRoute('refused', 'bad', [pathRule('/')]), httpRoute('refused', 'good', [pathRule('/')]))
  let refusals = 0
  const proxy = await kube.interpose(async (request, response, { pathname }) => {
    if (request.method !== 'PATCH' || !pathname.endsWith('/bad') || refusals === 2) return false
    refusals++
    response.writeHead(422).end('{"message":"no"}')
    return true
  })
  const watch = await startWatch(flags, proxy.kubeconfig)
  await until(isMirrored('refused', 'good'))
  await until(isMirrored('refused', 'bad'))
  t.equal(await watch.metric('mirrorwaf_kube_failures_total'), 2)
  t.equal(await watch.stop(), 0)
  await proxy.close()
})

t.test('what makes a watch impossible is told at the start', async (t) => {
  t.match(await kube.kube(['watch', '--namespace', 'nowhere']), { code: 1, stderr: /^MWAF_KUBE_NAMESPACE_ABSENT/ })
  t.match(await kube.kube(['watch', '--resync', '1ms']), { code: 2, stderr: /^MWAF_OPTIONS_VALUE/ })
  t.match(await kube.kube(['watch', '--namespace', 'life-mirror', '--health-listen', '192.0.2.1:1']), {
    code: 1,
    stderr: /^MWAF_LISTENER_ADDRESS: .*--health-listen/m,
  })
})

function isMirroredIfThere(inNamespace: string, name: string) {
  return async () => {
    const route = await kube.admin.get(httpRoutes, inNamespace, name)
    return arrayAt(route, 'spec', 'rules', 0, 'filters').length === 1
  }
}
