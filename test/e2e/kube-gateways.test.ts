// patch-gateways and its undo against a real API server, with each release of the Gateway API.
import t from 'tap'
import { type JsonObject, stringAt, valueAt } from '#src/kube/json/json-value.js'
import { gatewayRecordAnnotation } from '#src/kube/names.js'
import { gatewayApiReleases, gateways, httpRoute, KubeFixture, namespace, pathRule } from './support/kube-fixture.js'

t.setTimeout(600_000)

const gateway = (inNamespace: string, name: string, listeners: readonly JsonObject[]): JsonObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: inNamespace, name },
  spec: { gatewayClassName: 'none', listeners: [...listeners] },
})
const listener = (name: string, port: number, allowedRoutes?: JsonObject): JsonObject => ({
  name,
  port,
  protocol: 'HTTP',
  ...(allowedRoutes === undefined ? {} : { allowedRoutes }),
})
const allowed = (object: JsonObject, index: number) =>
  valueAt(object, 'spec', 'listeners', index, 'allowedRoutes', 'namespaces')
const nameIn = (...values: string[]) => ({
  from: 'Selector',
  selector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] },
})
const webOnly: JsonObject = { namespaces: { from: 'Selector', selector: { matchLabels: { team: 'web' } } } }

for (const release of gatewayApiReleases) {
  t.test(`Gateway API ${release}`, async (t) => {
    const kube = await KubeFixture.start(release)
    t.teardown(() => kube.stop())
    await kube.create(namespace('mirror'), namespace('infra'), namespace('app-a', { team: 'web' }))
    await kube.create(
      gateway('infra', 'plain', [listener('same', 80), listener('all', 81, { namespaces: { from: 'All' } })]),
      gateway('infra', 'web', [listener('web', 80, webOnly), listener('same', 81)]),
      gateway('infra', 'broken', [listener('none', 80, { namespaces: { from: 'Selector' } })]),
    )
    const run = (...flags: string[]) => kube.kube(['patch-gateways', '--namespace', 'mirror', ...flags])
    const writesSince = async (mark: number) =>
      (await kube.audit(mark)).filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'mirrorwaf')

    await t.test('no Gateway is touched while no Route lives in the namespace of the mirror', async (t) => {
      const mark = await kube.auditMark()
      t.match(await run(), { code: 0, stdout: /No Route lives in namespace mirror, so no Gateway has to admit it/ })
      t.equal((await run('--widen')).code, 0)
      t.strictSame(await writesSince(mark), [])
    })

    await t.test('a Route that is kept out is named with exit code 3; only --widen changes its listener', async (t) => {
      const parentRefs = [{ name: 'plain', namespace: 'infra', sectionName: 'same' }]
      const own = httpRoute('mirror', 'own', [pathRule('/')])
      await kube.create({ ...own, spec: { parentRefs, rules: [pathRule('/')] } })
      const before = await kube.read(gateways, 'infra', 'plain')
      const mark = await kube.auditMark()
      t.match(await run(), {
        code: 3,
        stdout: /Gateway infra\/plain: drift \(listener same narrow: it keeps HTTPRoute mirror\/own out; --widen would/,
      })
      t.strictSame(await writesSince(mark), [])

      t.match(await run('--widen', '--dry-run'), { code: 0, stdout: /^-\s+from: Same$/m })
      t.strictSame(
        (await writesSince(mark)).map(({ query }) => query.get('dryRun')),
        ['All'],
      )

      t.equal((await run('--widen')).code, 0)
      const after = await kube.read(gateways, 'infra', 'plain')
      t.strictSame(allowed(after, 0), nameIn('infra', 'mirror'))
      t.strictSame(allowed(after, 1), allowed(before, 1))
      t.type(stringAt(after, 'metadata', 'annotations', gatewayRecordAnnotation), 'string')
      const [, write] = await writesSince(mark)
      t.equal(write?.query.get('fieldManager'), 'mirrorwaf')
      t.equal(write?.query.get('fieldValidation'), 'Strict')
      t.equal((await run('--widen')).code, 0)
      t.equal((await writesSince(mark)).length, 2, 'a second run writes nothing')

      t.equal((await kube.kube(['undo', '--namespace', 'mirror'])).code, 0)
      const back = await kube.read(gateways, 'infra', 'plain')
      t.strictSame(valueAt(back, 'spec'), valueAt(before, 'spec'))
      t.equal(stringAt(back, 'metadata', 'annotations', gatewayRecordAnnotation), undefined)
    })

    await t.test(
      'what cannot be widened without shutting somebody out is refused and named; the rest is done',
      async (t) => {
        const { code, stdout } = await run('--widen', '--all-listeners')
        t.equal(code, 1)
        t.match(stdout, /Gateway infra\/web: incomplete \(listener web refused: namespace mirror fails team In \(web\)/)
        t.match(
          stdout,
          /Gateway infra\/broken: incomplete \(listener none refused: it says Selector and has no selector/,
        )
        const web = await kube.read(gateways, 'infra', 'web')
        t.match(allowed(web, 0), { selector: { matchLabels: { team: 'web' } } })
        t.strictSame(allowed(web, 1), nameIn('infra', 'mirror'), '000.b3: the listener beside it is widened')
        t.equal((await kube.kube(['undo', '--namespace', 'mirror'])).code, 0)
        t.match(allowed(await kube.read(gateways, 'infra', 'web'), 1), { from: 'Same' })
      },
    )

    await t.test('rights are checked first, fewer without --widen', async (t) => {
      const { code, stderr } = await kube.kube(['patch-gateways', '--namespace', 'mirror', '--widen'], {
        user: 'limited',
      })
      t.equal(code, 1)
      t.match(
        stderr,
        /^MWAF_KUBE_RIGHTS_MISSING: .*get, list, patch gateways\.gateway\.networking\.k8s\.io in all namespaces/,
      )
      t.match(stderr, /list namespaces in all namespaces/)
    })

    await t.test('a namespace that does not exist is told', async (t) => {
      t.match(await kube.kube(['patch-gateways', '--namespace', 'nowhere']), {
        code: 1,
        stderr: /^MWAF_KUBE_NAMESPACE_ABSENT/,
      })
    })
  })
}
