// Each row of spec/kube.md on patch-httproutes that a plan decides; what a server decides is in test/e2e/kube-*.test.ts.
import t from 'tap'
import { arrayAt, type JsonObject, objectsAt, stringAt, valueAt } from '#src/kube/json/json-value.js'
import { routeRecordAnnotation } from '#src/kube/names.js'
import { shareOfFraction } from '#src/kube/plan/mirror-share.js'
import { filterLimit } from '#src/kube/plan/route-plan.js'
import { headerFilter, mirrorFilter, patched, route, rule, target, targetWithPercent } from './support/objects.js'

const filtersOf = (object: JsonObject, index: number) => arrayAt(object, 'spec', 'rules', index, 'filters')
const actions = (object: JsonObject, to = target) => patched(object, to).plan.rules.map(({ action }) => action)
const redirect: JsonObject = {
  matches: [{ path: { type: 'Exact', value: '/old' } }],
  filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }],
}

t.test('a rule without filters gets one RequestMirror filter, written out in full', async (t) => {
  const { after, plan } = patched(route([rule('/')]))
  t.strictSame(filtersOf(after, 0), [mirrorFilter()])
  t.strictSame(plan.rules, [{ index: 0, name: undefined, action: 'added', reason: undefined }])
})

t.test('other filters keep their place before the one that is added', async (t) => {
  const { after } = patched(route([rule('/a', [headerFilter])]))
  t.strictSame(filtersOf(after, 0), [headerFilter, mirrorFilter()])
})

t.test('of three rules only those that lack the filter get it', async (t) => {
  const before = route([rule('/a'), rule('/b', [headerFilter]), rule('/c', [mirrorFilter()])])
  t.strictSame(actions(before), ['added', 'added', 'present'])
  t.equal(filtersOf(patched(before).after, 2).length, 1)
})

t.test('nothing but filters and the annotation changes, unknown fields included', async (t) => {
  const cors = { type: 'CORS', cors: { allowOrigins: ['https://a.example'] } }
  const before = route([
    rule('/a', [cors], { name: 'first', timeouts: { request: '3s' }, fieldOfTheFuture: { deep: [1, null] } }),
  ])
  const { after } = patched(before)
  const { filters: _, ...restBefore } = objectsAt(before, 'spec', 'rules')[0] ?? {}
  const { filters, ...restAfter } = objectsAt(after, 'spec', 'rules')[0] ?? {}
  t.strictSame(restAfter, restBefore)
  t.strictSame(valueAt(filters, 0), cors)
  t.strictSame(valueAt(after, 'spec', 'parentRefs'), valueAt(before, 'spec', 'parentRefs'))
})

t.test('a second run finds nothing to do', async (t) => {
  const { after } = patched(route([rule('/a'), rule('/b', [headerFilter])]))
  t.strictSame(patched(after).plan.operations, [])
})

t.test('000.b1: a route in the namespace of the mirror is not patched again and again', async (t) => {
  const { after } = patched(route([rule('/')], { namespace: 'mirror' }))
  t.strictSame(patched(after).plan.operations, [])
  t.equal(filtersOf(after, 0).length, 1)
})

t.test('000.b1: a filter without namespace on a route in the namespace of the mirror is ours', async (t) => {
  const filter = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'request-mirror', port: 8080 } } }
  t.strictSame(actions(route([rule('/', [filter])], { namespace: 'mirror' })), ['present'])
  t.strictSame(
    actions(route([rule('/', [filter])], { namespace: 'shop' })),
    ['added'],
    'elsewhere it names another Service',
  )
})

t.test('000.b2: a filter with explicit namespace on a route in the namespace of the mirror is ours', async (t) => {
  t.strictSame(actions(route([rule('/', [mirrorFilter()])], { namespace: 'mirror' })), ['present'])
})

for (const [difference, backendRef] of [
  ['group', { group: 'net.example' }],
  ['kind', { kind: 'ServiceImport' }],
  ['name', { name: 'another' }],
  ['namespace', { namespace: 'elsewhere' }],
] as const) {
  t.test(
    `a mirror filter with another ${difference} is somebody else's: a second one is added, with a warning`,
    async (t) => {
      const { after, plan } = patched(route([rule('/', [mirrorFilter(backendRef)])]))
      t.strictSame(filtersOf(after, 0), [mirrorFilter(backendRef), mirrorFilter()])
      t.match(plan.warnings, [/rule 0 mirrors elsewhere too/])
    },
  )
}

t.test('a filter of ours on another port is stale: the port is changed in place', async (t) => {
  const before = route([rule('/', [mirrorFilter({ port: 9090 }), headerFilter])])
  const { after, plan } = patched(before)
  t.strictSame(filtersOf(after, 0), [mirrorFilter(), headerFilter])
  t.equal(plan.rules[0]?.action, 'changed')
})

t.test('without --percent an existing share stays', async (t) => {
  t.strictSame(actions(route([rule('/', [mirrorFilter({}, { percent: 10 })])])), ['present'])
})

t.test('--percent changes the share in place', async (t) => {
  const { after } = patched(route([rule('/', [mirrorFilter({}, { percent: 10 })])]), targetWithPercent(20))
  t.strictSame(filtersOf(after, 0), [mirrorFilter({}, { percent: 20 })])
})

t.test('--percent takes the place of a fraction, and the other way round: both at once are refused', async (t) => {
  const fraction = mirrorFilter({}, { fraction: { numerator: 1, denominator: 8 } })
  t.strictSame(filtersOf(patched(route([rule('/', [fraction])]), targetWithPercent(20)).after, 0), [
    mirrorFilter({}, { percent: 20 }),
  ])
  const to = { ...target, share: shareOfFraction(1, 8) }
  t.strictSame(filtersOf(patched(route([rule('/', [mirrorFilter({}, { percent: 3 })])]), to).after, 0), [fraction])
})

t.test('an equal share in another form is left as it is', async (t) => {
  const fraction = mirrorFilter({}, { fraction: { numerator: 5 } })
  t.strictSame(actions(route([rule('/', [fraction])]), targetWithPercent(5)), ['present'])
})

t.test('all is said by neither percent nor fraction: older releases know neither', async (t) => {
  t.strictSame(filtersOf(patched(route([rule('/')]), targetWithPercent(100)).after, 0), [mirrorFilter()])
  t.strictSame(actions(route([rule('/', [mirrorFilter()])]), targetWithPercent(100)), ['present'])
})

t.test('percent 0 keeps the filter and mirrors nothing', async (t) => {
  t.strictSame(filtersOf(patched(route([rule('/')]), targetWithPercent(0)).after, 0), [
    mirrorFilter({}, { percent: 0 }),
  ])
})

t.test('rules that only redirect are skipped unless asked for', async (t) => {
  const before = route([redirect, rule('/')])
  t.strictSame(actions(before), ['skipped', 'added'])
  const asked = patched(before, target, { includeRedirects: true, adopt: false })
  t.strictSame(
    asked.plan.rules.map(({ action }) => action),
    ['added', 'added'],
  )
})

t.test('the sixteenth filter still fits, a seventeenth is never tried; other rules go on', async (t) => {
  const fill = (count: number) => Array.from({ length: count }, () => headerFilter)
  const { plan, after } = patched(route([rule('/a', fill(filterLimit - 1)), rule('/b', fill(filterLimit)), rule('/c')]))
  t.strictSame(
    plan.rules.map(({ action }) => action),
    ['added', 'blocked', 'added'],
  )
  t.match(plan.rules[1]?.reason, /16 filters/)
  t.equal(filtersOf(after, 0).length, 16)
  t.equal(filtersOf(after, 1).length, 16)
})

t.test('a route with the opt-out label is skipped', async (t) => {
  const { plan } = patched(route([rule('/')], { labels: { 'admission.datadoghq.com/enabled': 'false' } }))
  t.strictSame(plan.operations, [])
  t.match(plan.skipped, /label/)
})

t.test('the opt-out label with another value skips nothing', async (t) => {
  const { plan } = patched(route([rule('/')], { labels: { 'admission.datadoghq.com/enabled': 'true' } }))
  t.not(plan.operations.length, 0)
})

t.test('a route without rules is left alone with a warning', async (t) => {
  const { plan } = patched(route([]))
  t.strictSame(plan.operations, [])
  t.match(plan.warnings, [/no rules/])
})

t.test('the default rule without backends is mirrored, with a warning', async (t) => {
  const { plan } = patched(route([{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }]))
  t.match(plan.rules, [{ action: 'added' }])
  t.match(plan.warnings, [/no backendRefs/])
})

t.test('a rule whose backendRefs mirror to the Service is not mirrored twice', async (t) => {
  const backendRefs = [{ name: 'foo', port: 80, filters: [mirrorFilter()] }]
  const { plan } = patched(route([rule('/', undefined, { backendRefs })]))
  t.match(plan.rules, [{ action: 'skipped', reason: /backendRefs/ }])
})

t.test('doubled filters, as the Go tool leaves them, are told; --adopt keeps one of them', async (t) => {
  const before = route([rule('/', [mirrorFilter(), headerFilter, mirrorFilter(), mirrorFilter()])])
  const { plan } = patched(before)
  t.strictSame(plan.operations, [])
  t.match(plan.warnings, [/3 times; --adopt/])
  t.strictSame(filtersOf(patched(before, target, { includeRedirects: false, adopt: true }).after, 0), [
    mirrorFilter(),
    headerFilter,
  ])
})

t.test('a route whose record cannot be read is left alone: undo would not know what is ours', async (t) => {
  const { plan } = patched(route([rule('/')], { annotations: { [routeRecordAnnotation]: '{broken' } }))
  t.strictSame(plan.operations, [])
  t.match(plan.skipped, /record annotation cannot be read/)
})

t.test('the record names Service, port, share and rules', async (t) => {
  const { after } = patched(route([rule('/a', undefined, { name: 'cart' }), rule('/b')]), targetWithPercent(10))
  const text = stringAt(after, 'metadata', 'annotations', routeRecordAnnotation) ?? ''
  t.match(JSON.parse(text), {
    'mirror/request-mirror': {
      port: 8080,
      percent: 10,
      rules: [{ name: 'cart', index: 0, list: 'new' }, { index: 1 }],
    },
  })
})

t.test('annotations of others stay', async (t) => {
  const { after } = patched(route([rule('/')], { annotations: { 'a.example/b~c': 'kept' } }))
  t.equal(stringAt(after, 'metadata', 'annotations', 'a.example/b~c'), 'kept')
})

t.test('a filter that was there before is not recorded as ours', async (t) => {
  const { plan } = patched(route([rule('/', [mirrorFilter()])]))
  t.strictSame(plan.operations, [])
})
