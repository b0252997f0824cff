// patch-httproutes, undo, status and diff against a real API server, with each release of the Gateway API.
import t from 'tap'
import {
  arrayAt,
  isSameJson,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
  valueAt,
} from '#src/kube/json/json-value.js'
import { routeRecordAnnotation } from '#src/kube/names.js'
import {
  gatewayApiReleases,
  grants,
  grpcRoute,
  grpcRoutes,
  httpRoute,
  httpRoutes,
  KubeFixture,
  mirrorService,
  namespace,
  pathRule,
  storedMirror,
} from './support/kube-fixture.js'

const patch = (mirror: string, ...more: string[]) => ['patch-httproutes', '--namespace', mirror, ...more]
const filtersOf = (route: JsonObject, index = 0) => arrayAt(route, 'spec', 'rules', index, 'filters')
const recordOf = (route: JsonObject) => stringAt(route, 'metadata', 'annotations', routeRecordAnnotation)
/** What others wrote: all but what the server counts by itself. */
const substance = (route: JsonObject) => ({
  spec: valueAt(route, 'spec'),
  annotations: valueAt(route, 'metadata', 'annotations'),
  labels: valueAt(route, 'metadata', 'labels'),
})

// The first start on a machine compiles the server.
t.setTimeout(600_000)

for (const release of gatewayApiReleases) {
  t.test(`Gateway API ${release}`, async (t) => {
    const kube = await KubeFixture.start(release)
    t.teardown(() => kube.stop())

    t.test('routes of both kinds are mirrored, grants first, and undo gives back exactly what was there', async (t) => {
      await kube.create(
        ...['a-mirror', 'a-shop', 'a-blog'].map((name) => namespace(name)),
        mirrorService('a-mirror'),
        httpRoute('a-shop', 'checkout', [
          pathRule('/a', {
            filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['x-a'] } }],
            timeouts: { request: '3s' },
          }),
          pathRule('/b'),
        ]),
        grpcRoute('a-blog', 'feed', [{ backendRefs: [{ name: 'foo', port: 80 }] }]),
        httpRoute('a-mirror', 'own', [pathRule('/')]),
      )
      const places = [
        [httpRoutes, 'a-shop', 'checkout'],
        [grpcRoutes, 'a-blog', 'feed'],
        [httpRoutes, 'a-mirror', 'own'],
      ] as const
      const before = await Promise.all(
        places.map(([resource, inNamespace, name]) => kube.read(resource, inNamespace, name)),
      )
      const mark = await kube.auditMark()

      const result = await kube.kube(patch('a-mirror'))
      t.match(result, { code: 0, stderr: '' })
      const checkout = await kube.read(httpRoutes, 'a-shop', 'checkout')
      t.strictSame(filtersOf(checkout, 0).at(-1), storedMirror('a-mirror'))
      t.equal(filtersOf(checkout, 0).length, 2)
      t.strictSame(filtersOf(checkout, 1), [storedMirror('a-mirror')])
      t.strictSame(filtersOf(await kube.read(grpcRoutes, 'a-blog', 'feed')), [storedMirror('a-mirror')])
      t.strictSame(filtersOf(await kube.read(httpRoutes, 'a-mirror', 'own')), [storedMirror('a-mirror')])

      const writes = (await kube.audit(mark)).filter(({ verb }) => verb === 'patch')
      t.match(writes[0]?.path, /referencegrants/, '000.b5: the grant is there before the first route')
      t.equal(writes.length, 4)
      for (const { query, userAgent, status } of writes) {
        t.equal(query.get('fieldManager'), 'mirrorwaf')
        t.equal(query.get('fieldValidation'), 'Strict')
        t.equal(query.get('dryRun'), null)
        t.match({ userAgent, status }, { userAgent: 'mirrorwaf' })
        t.ok(status < 300)
      }
      const [grant] = (await kube.admin.list(grants, 'a-mirror')).items
      t.strictSame(
        arrayAt(grant, 'spec', 'from').map((from) => `${stringAt(from, 'kind')} ${stringAt(from, 'namespace')}`),
        ['GRPCRoute a-blog', 'HTTPRoute a-shop'],
      )

      const again = await kube.kube(patch('a-mirror'))
      t.equal(again.code, 0)
      t.strictSame(
        (await kube.audit(mark)).filter(({ verb }) => verb === 'patch').length,
        4,
        '000.b1: a second run writes nothing',
      )

      const undone = await kube.kube(['undo', '--namespace', 'a-mirror'])
      t.equal(undone.code, 0)
      const after = await Promise.all(
        places.map(([resource, inNamespace, name]) => kube.read(resource, inNamespace, name)),
      )
      t.strictSame(after.map(substance), before.map(substance))
      t.strictSame((await kube.admin.list(grants, 'a-mirror')).items, [])
      const undoneTwice = await kube.kube(['undo', '--namespace', 'a-mirror'])
      t.equal(undoneTwice.code, 0)
    })

    t.test(
      'a share is written where the release knows it, and refused before anything is written where not',
      async (t) => {
        await kube.create(namespace('b-mirror'), mirrorService('b-mirror'), httpRoute('b-mirror', 'r', [pathRule('/')]))
        const mark = await kube.auditMark()
        const result = await kube.kube(patch('b-mirror', '--percent', '10', '--in-namespaces', 'b-mirror'))
        const route = await kube.read(httpRoutes, 'b-mirror', 'r')
        if (release === 'v1.2.1') {
          t.match(result, { code: 1, stderr: /^MWAF_KUBE_SHARE_UNSUPPORTED: .*percent in HTTPRoute/ })
          t.strictSame(filtersOf(route), [])
          t.strictSame(
            (await kube.audit(mark)).filter(({ verb }) => verb === 'patch'),
            [],
          )
          return
        }
        t.equal(result.code, 0)
        t.strictSame(filtersOf(route), [storedMirror('b-mirror', { percent: 10 })])
        await kube.kube(patch('b-mirror', '--fraction', '1/8', '--in-namespaces', 'b-mirror'))
        t.strictSame(filtersOf(await kube.read(httpRoutes, 'b-mirror', 'r')), [
          storedMirror('b-mirror', { fraction: { numerator: 1, denominator: 8 } }),
        ])
        await kube.kube(patch('b-mirror', '--percent', '100', '--in-namespaces', 'b-mirror'))
        t.strictSame(filtersOf(await kube.read(httpRoutes, 'b-mirror', 'r')), [storedMirror('b-mirror')])
      },
    )

    t.test('a dry run shows a diff, has the server check it, and stores nothing', async (t) => {
      await kube.create(...['c-mirror', 'c-shop'].map((name) => namespace(name)), mirrorService('c-mirror'))
      await kube.create(httpRoute('c-shop', 'r', [pathRule('/')]))
      const mark = await kube.auditMark()
      const scope = ['--in-namespaces', 'c-shop']
      const dry = await kube.kube(patch('c-mirror', '--dry-run', ...scope))
      t.match(dry, { code: 0, stdout: /^\+ {8}- requestMirror:$/m })
      const patches = (await kube.audit(mark)).filter(({ verb }) => verb === 'patch')
      t.strictSame(
        patches.map(({ query, status }) => [query.get('dryRun'), status]),
        [
          ['All', 201],
          ['All', 200],
        ],
      )
      t.strictSame(filtersOf(await kube.read(httpRoutes, 'c-shop', 'r')), [])
      t.strictSame((await kube.admin.list(grants, 'c-mirror')).items, [])

      t.equal((await kube.kube(['diff', '--namespace', 'c-mirror', ...scope])).code, 3)
      t.equal((await kube.kube(patch('c-mirror', ...scope))).code, 0)
      t.match(await kube.kube(['diff', '--namespace', 'c-mirror', ...scope]), { code: 0, stdout: /: 1 unchanged/ })
    })

    t.test('status tells drift by exit code, and names it', async (t) => {
      await kube.create(...['d-mirror', 'd-shop'].map((name) => namespace(name)), mirrorService('d-mirror'))
      await kube.create(httpRoute('d-shop', 'r', [pathRule('/a'), pathRule('/b')]))
      const status = ['status', '--namespace', 'd-mirror', '--in-namespaces', 'd-shop']
      t.match(await kube.kube(status), { code: 3, stdout: /rule 1 is not mirrored/ })
      await kube.kube(patch('d-mirror', '--in-namespaces', 'd-shop'))
      t.match(await kube.kube(status), { code: 0, stdout: /d-shop +HTTPRoute +r +2\/2 +8080 +100% +present +-\n/ })

      const [grant] = (await kube.admin.list(grants, 'd-mirror')).items
      await kube.remove(grants, 'd-mirror', stringAt(grant, 'metadata', 'name') ?? '')
      t.match(await kube.kube(status), { code: 3, stdout: /no ReferenceGrant in d-mirror lets it mirror/ })
      t.equal((await kube.kube(patch('d-mirror', '--in-namespaces', 'd-shop'))).code, 0)
      t.equal((await kube.kube(status)).code, 0)

      await kube.edit(httpRoutes, 'd-shop', 'r', (route) => withLabel(route, 'false'))
      t.match(await kube.kube(status), { code: 3, stdout: /labelled off and still has filters/ })
      await kube.edit(httpRoutes, 'd-shop', 'r', (route) => withLabel(route, 'true'))

      await kube.remove(serviceResourceOf(), 'd-mirror', 'request-mirror')
      const orphaned = await kube.kube([...status, '--output', 'json'])
      t.equal(orphaned.code, 3)
      t.match(stringAt(parseJson(orphaned.stdout), 'routes', 0, 'drift', 0), /lead nowhere: There is no Service/)
    })

    t.test('CORS filters survive where the release has them: nothing goes through types', async (t) => {
      if (release === 'v1.2.1' || release === 'v1.4.1') {
        t.pass('the standard channel of this release has no CORS filter')
        return
      }
      const cors = { type: 'CORS', cors: { allowOrigins: ['https://a.example'] } }
      await kube.create(namespace('e-mirror'), mirrorService('e-mirror'))
      await kube.create(
        httpRoute('e-mirror', 'r', [
          pathRule('/a', { filters: [cors] }),
          pathRule('/b', { backendRefs: [{ name: 'foo', port: 80, filters: [cors] }] }),
        ]),
      )
      const before = await kube.read(httpRoutes, 'e-mirror', 'r')
      t.equal((await kube.kube(patch('e-mirror', '--in-namespaces', 'e-mirror'))).code, 0)
      const after = await kube.read(httpRoutes, 'e-mirror', 'r')
      t.strictSame(filtersOf(after, 0)[0], filtersOf(before, 0)[0])
      t.ok(
        isSameJson(
          valueAt(after, 'spec', 'rules', 1, 'backendRefs'),
          valueAt(before, 'spec', 'rules', 1, 'backendRefs'),
        ),
      )
    })

    t.test('the record on the route is what undo reads', async (t) => {
      t.type(recordOf(await kube.read(httpRoutes, 'c-shop', 'r')), 'string')
      t.equal((await kube.kube(['undo', '--namespace', 'c-mirror', '--in-namespaces', 'c-shop'])).code, 0)
      t.equal(recordOf(await kube.read(httpRoutes, 'c-shop', 'r')), undefined)
    })
  })
}

function withLabel(route: JsonObject, enabled: string): JsonObject {
  const metadata = objectAt(route, 'metadata')
  return { ...route, metadata: { ...metadata, labels: { 'admission.datadoghq.com/enabled': enabled } } }
}

function serviceResourceOf() {
  return { group: '', version: 'v1', plural: 'services', kind: 'Service' }
}
