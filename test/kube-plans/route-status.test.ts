import t from 'tap'
import { type JsonObject, objectAt } from '#src/kube/json/json-value.js'
import { shareOfPercent } from '#src/kube/plan/mirror-share.js'
import { refOf } from '#src/kube/plan/object-ref.js'
import { judgeRoute, type StatusContext } from '#src/kube/plan/route-status.js'
import { choices, mirrorFilter, patched, route, rule, target, targetWithPercent } from './support/objects.js'

const context: StatusContext = {
  target,
  port: undefined,
  defaultPort: 8080,
  share: undefined,
  choices,
  granted: new Set(['HTTPRoute shop']),
  brokenTarget: undefined,
  goneTargets: new Set(),
}
const judge = (object: JsonObject, more: Partial<StatusContext> = {}) =>
  judgeRoute(refOf(object, 'HTTPRoute'), object, { ...context, ...more })
const mirrored = patched(route([rule('/a'), rule('/b')])).after
const withCondition = (object: JsonObject, status: string, reason: string): JsonObject => ({
  ...object,
  status: {
    parents: [
      { parentRef: { name: 'gw' }, conditions: [{ type: 'ResolvedRefs', status, reason, message: 'because' }] },
    ],
  },
})

t.test('a route as it should be has no drift', async (t) => {
  t.match(judge(mirrored), { mirroredRules: 2, expectedRules: 2, ports: [8080], shares: ['100%'], grant: 'present' })
  t.strictSame(judge(mirrored).drift, [])
})

t.test('a rule without filter, and one with other settings than asked for, are drift', async (t) => {
  t.strictSame(judge(route([rule('/a'), rule('/b', [mirrorFilter()])])).drift, ['rule 0 is not mirrored'])
  t.match(judge(mirrored, { share: shareOfPercent(5) }).drift, [
    /rule 0 has other settings than port 8080, 5%/,
    /rule 1/,
  ])
})

t.test('without --port and --percent the record of the route counts', async (t) => {
  const other = patched(route([rule('/')]), { ...targetWithPercent(10), port: 9090 }).after
  t.strictSame(judge(other).drift, [])
  t.equal(judge(other, { port: 8080 }).drift.length, 1)
})

t.test('a gateway that refuses the reference is drift; another reason of its is a note', async (t) => {
  const refused = judge(withCondition(mirrored, 'False', 'RefNotPermitted'))
  t.strictSame(refused.drift, ['gateway shop/gw refuses a reference: because'])
  const broken = judge(withCondition(mirrored, 'False', 'BackendNotFound'))
  t.strictSame([broken.drift, broken.notes], [[], ['gateway shop/gw says BackendNotFound: because']])
  t.match(judge(withCondition(mirrored, 'True', 'ResolvedRefs')).resolvedRefs, [
    { parent: 'shop/gw', isResolved: true },
  ])
})

t.test('a missing grant is drift, and none is needed in the namespace of the mirror', async (t) => {
  t.match(judge(mirrored, { granted: new Set() }), { grant: 'missing', drift: [/no ReferenceGrant in mirror/] })
  const own = patched(route([rule('/')], { namespace: 'mirror' })).after
  t.equal(judge(own, { granted: new Set() }).grant, 'not needed')
})

t.test('orphaned filters are drift: no Service, another Service gone, labelled off', async (t) => {
  t.match(judge(mirrored, { brokenTarget: 'no Service' }).drift, [/lead nowhere: no Service/])
  t.strictSame(judge(route([rule('/a')]), { brokenTarget: 'no Service' }).drift, ['rule 0 is not mirrored'])
  const other = patched(mirrored, { ...target, service: 'old' }).after
  t.match(judge(other, { goneTargets: new Set(['mirror/old']) }).drift, [/Service mirror\/old, which does not exist/])
  const labels = { 'admission.datadoghq.com/enabled': 'false' }
  const off = patched(route([rule('/')])).after
  t.match(judge({ ...off, metadata: { ...objectAt(off, 'metadata'), labels } }).drift, [/labelled off/])
})

t.test('a redirect that is left out is no drift', async (t) => {
  const redirect = { filters: [{ type: 'RequestRedirect', requestRedirect: {} }] }
  t.match(judge(route([redirect])), { drift: [], expectedRules: 0 })
})
