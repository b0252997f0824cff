// Each row of spec/kube.md on patch-gateways: who is admitted before and after, on the labels of real namespaces.
import t from 'tap'
import { isObject, type JsonObject, type JsonValue, stringAt, valueAt } from '#src/kube/json/json-value.js'
import { gatewayRecordAnnotation } from '#src/kube/names.js'
import { admittedKinds, admittedNamespaces } from '#src/kube/plan/listener-admission.js'
import { refOf } from '#src/kube/plan/object-ref.js'
import { type GatewayContext, planGateway, planGatewayUndo } from '#src/kube/plan/plan-gateway.js'
import { applyTo, route } from './support/objects.js'

const labelsOf = (name: string, more: Record<string, string> = {}) => ({ 'kubernetes.io/metadata.name': name, ...more })
const namespaces = new Map([
  ['mirror', labelsOf('mirror')],
  ['infra', labelsOf('infra')],
  ['app-a', labelsOf('app-a', { team: 'web' })],
  ['app-b', labelsOf('app-b', { team: 'api' })],
])
const everyone = ['mirror', 'infra', 'app-a', 'app-b']
const nameIn = (...values: string[]) => ({ key: 'kubernetes.io/metadata.name', operator: 'In', values })
const selector = (...matchExpressions: JsonObject[]): JsonObject => ({
  from: 'Selector',
  selector: { matchExpressions },
})
const matchLabels = (labels: JsonObject): JsonObject => ({ from: 'Selector', selector: { matchLabels: labels } })

const http = (allowedRoutes?: JsonValue, more: JsonObject = {}): JsonObject => ({
  name: 'http',
  protocol: 'HTTP',
  port: 80,
  ...(allowedRoutes === undefined ? {} : { allowedRoutes }),
  ...more,
})
const gateway = (listeners: readonly JsonValue[], metadata: JsonObject = {}): JsonObject => ({
  metadata: { namespace: 'infra', name: 'gw', ...metadata },
  spec: { gatewayClassName: 'x', listeners: [...listeners] },
})
const widenAll: GatewayContext = { namespace: 'mirror', namespaces, localRoutes: [], widen: true, allListeners: true }
const planned = (object: JsonObject, context: GatewayContext = widenAll) => {
  const plan = planGateway(refOf(object, 'Gateway'), object, context)
  return { plan, after: applyTo(object, plan), actions: plan.listeners.map(({ action }) => action) }
}
const admitted = (object: JsonObject, index = 0) => [
  ...admittedNamespaces(
    valueAt(object, 'spec', 'listeners', index) ?? null,
    stringAt(object, 'metadata', 'namespace') ?? '',
    namespaces,
  ),
]

interface Row {
  readonly what: string
  readonly allowed: JsonValue | undefined
  readonly before: readonly string[]
  /** `undefined`: nothing is changed. */
  readonly after?: readonly string[]
  readonly refused?: RegExp
}
const rows: readonly Row[] = [
  { what: 'nothing at all, which means Same', allowed: undefined, before: ['infra'], after: ['mirror', 'infra'] },
  { what: 'null', allowed: null, before: ['infra'], after: ['mirror', 'infra'] },
  { what: 'namespaces: null', allowed: { namespaces: null }, before: ['infra'], after: ['mirror', 'infra'] },
  { what: 'kinds only', allowed: { kinds: [{ kind: 'HTTPRoute' }] }, before: ['infra'], after: ['mirror', 'infra'] },
  { what: '000.b3: Same', allowed: { namespaces: { from: 'Same' } }, before: ['infra'], after: ['mirror', 'infra'] },
  { what: 'All', allowed: { namespaces: { from: 'All' } }, before: everyone },
  {
    what: '000.b4: labels that the mirror namespace lacks',
    allowed: { namespaces: matchLabels({ team: 'web' }) },
    before: ['app-a'],
    refused: /namespace mirror fails team In \(web\)/,
  },
  {
    what: 'one namespace by the label of its name',
    allowed: { namespaces: matchLabels({ 'kubernetes.io/metadata.name': 'app-a' }) },
    before: ['app-a'],
    after: ['mirror', 'app-a'],
  },
  {
    what: 'In with a name',
    allowed: { namespaces: selector(nameIn('app-a')) },
    before: ['app-a'],
    after: ['mirror', 'app-a'],
  },
  {
    what: 'In with a name, and a label',
    allowed: {
      namespaces: { from: 'Selector', selector: { matchLabels: { team: 'web' }, matchExpressions: [nameIn('app-a')] } },
    },
    before: ['app-a'],
    refused: /team In \(web\)/,
  },
  {
    what: 'two In with names',
    allowed: { namespaces: selector(nameIn('app-a', 'app-b'), nameIn('app-b')) },
    before: ['app-b'],
    after: ['mirror', 'app-b'],
  },
  {
    what: 'In with another label',
    allowed: { namespaces: selector({ key: 'team', operator: 'In', values: ['web'] }) },
    before: ['app-a'],
    refused: /team In \(web\)/,
  },
  {
    what: 'NotIn with the mirror alone',
    allowed: { namespaces: selector({ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['mirror'] }) },
    before: ['infra', 'app-a', 'app-b'],
    after: everyone,
  },
  {
    what: 'NotIn with the mirror and another',
    allowed: {
      namespaces: selector({ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['mirror', 'app-b'] }),
    },
    before: ['infra', 'app-a'],
    after: ['mirror', 'infra', 'app-a'],
  },
  {
    what: 'an empty selector, which admits all',
    allowed: { namespaces: { from: 'Selector', selector: {} } },
    before: everyone,
  },
  {
    what: 'Selector without a selector',
    allowed: { namespaces: { from: 'Selector' } },
    before: [],
    refused: /has no selector/,
  },
  {
    what: 'an operator that does not exist',
    allowed: { namespaces: selector({ key: 'team', operator: 'Near', values: [] }) },
    before: [],
    refused: /operator that does not exist/,
  },
  {
    what: 'a `from` of the future',
    allowed: { namespaces: { from: 'Neighbours' } },
    before: [],
    refused: /"Neighbours", which mirrorwaf does not know/,
  },
  { what: 'In with the mirror already', allowed: { namespaces: selector(nameIn('mirror')) }, before: ['mirror'] },
  {
    what: 'the name of the mirror as a label',
    allowed: { namespaces: matchLabels({ 'kubernetes.io/metadata.name': 'mirror' }) },
    before: ['mirror'],
  },
  {
    what: 'DoesNotExist of the name',
    allowed: { namespaces: selector({ key: 'kubernetes.io/metadata.name', operator: 'DoesNotExist' }) },
    before: [],
    refused: /metadata\.name DoesNotExist/,
  },
  {
    what: 'a label and the name of one namespace',
    allowed: { namespaces: matchLabels({ 'kubernetes.io/metadata.name': 'app-a', team: 'web' }) },
    before: ['app-a'],
    refused: /team In \(web\)/,
  },
]

for (const { what, allowed, before, after, refused } of rows) {
  t.test(`allowedRoutes with ${what}: nobody is shut out`, async (t) => {
    const object = gateway([http(allowed)])
    t.strictSame(admitted(object), before)
    const result = planned(object)
    t.strictSame(new Set(admitted(result.after)), new Set(after ?? before))
    if (after === undefined) t.strictSame(result.plan.operations, [])
    if (refused !== undefined) t.match(result.plan.listeners, [{ action: 'refused', reason: refused }])
    t.strictSame(planned(result.after).plan.operations, [], 'a second run changes nothing')
    const back = applyTo(result.after, planGatewayUndo(refOf(object, 'Gateway'), result.after, 'mirror'))
    if (after === undefined) t.strictSame(back, object)
    else t.strictSame(admitted(back), before, 'undo admits whom it admitted before')
  })
}

t.test('a Gateway in the namespace of the mirror admits it by Same', async (t) => {
  const object = gateway([http({ namespaces: { from: 'Same' } })], { namespace: 'mirror' })
  t.strictSame(planned(object).actions, ['admitted'])
})

t.test('000.b3: of several listeners only those that need it change, and kinds stay', async (t) => {
  const kinds = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }]
  const object = gateway([
    http({ namespaces: { from: 'Same' }, kinds }, { name: 'a' }),
    http({ namespaces: { from: 'All' } }, { name: 'b' }),
    http({ namespaces: matchLabels({ team: 'web' }) }, { name: 'c' }),
  ])
  const { after, actions } = planned(object)
  t.strictSame(actions, ['widened', 'admitted', 'refused'])
  t.strictSame(admitted(after, 0), ['mirror', 'infra'])
  t.strictSame(valueAt(after, 'spec', 'listeners', 0, 'allowedRoutes', 'kinds'), kinds)
  t.strictSame(valueAt(after, 'spec', 'listeners', 2), valueAt(object, 'spec', 'listeners', 2))
})

for (const [protocol, allowedRoutes] of [
  ['TCP', {}],
  ['TLS', {}],
  ['UDP', {}],
  ['HTTP', { kinds: [{ kind: 'TCPRoute' }] }],
  ['HTTP', { kinds: [{ group: 'net.example', kind: 'HTTPRoute' }] }],
] as const) {
  t.test(
    `a ${protocol} listener with ${JSON.stringify(allowedRoutes)} admits no route that mirrors: left alone`,
    async (t) => {
      t.strictSame(planned(gateway([http(allowedRoutes, { protocol })])).actions, ['skipped'])
    },
  )
}

t.test('an HTTPS listener takes both kinds, a TLS listener those that it names', async (t) => {
  t.strictSame(admittedKinds(http(undefined, { protocol: 'HTTPS' })), ['HTTPRoute', 'GRPCRoute'])
  t.strictSame(admittedKinds(http({ kinds: [{ kind: 'GRPCRoute' }] }, { protocol: 'TLS' })), ['GRPCRoute'])
})

t.test('a Gateway that is labelled off is skipped', async (t) => {
  const object = gateway([http()], { labels: { 'admission.datadoghq.com/enabled': 'false' } })
  t.match(planned(object).plan.skipped, /label/)
})

const localRoute = (parent: JsonObject) => {
  const object = { ...route([], { namespace: 'mirror', name: 'own' }), spec: { parentRefs: [parent] } }
  return { kind: 'HTTPRoute' as const, ref: refOf(object, 'HTTPRoute'), route: object }
}
const asking = (parent: JsonObject, widen = false): GatewayContext => ({
  ...widenAll,
  widen,
  allListeners: false,
  localRoutes: [localRoute(parent)],
})

t.test('without a Route in the namespace of the mirror nothing is touched, --widen or not', async (t) => {
  for (const widen of [false, true]) {
    const { plan, actions } = planned(gateway([http()]), { ...widenAll, widen, allListeners: false })
    t.strictSame([plan.operations, actions], [[], ['unneeded']])
  }
})

t.test('a listener that keeps such a Route out is named, and changed only with --widen', async (t) => {
  const parent = { name: 'gw', namespace: 'infra' }
  const narrow = planned(gateway([http()]), asking(parent))
  t.strictSame(narrow.plan.operations, [])
  t.match(narrow.plan.listeners, [{ action: 'narrow', reason: 'it keeps HTTPRoute mirror/own out' }])
  t.strictSame(admitted(planned(gateway([http()]), asking(parent, true)).after), ['mirror', 'infra'])
})

for (const [what, parent, isAsked] of [
  ['the listener by name', { name: 'gw', namespace: 'infra', sectionName: 'http' }, true],
  ['another listener', { name: 'gw', namespace: 'infra', sectionName: 'other' }, false],
  ['its port', { name: 'gw', namespace: 'infra', port: 80 }, true],
  ['another port', { name: 'gw', namespace: 'infra', port: 81 }, false],
  ['a Gateway of its own namespace', { name: 'gw' }, false],
  ['another Gateway', { name: 'other', namespace: 'infra' }, false],
  ['a Service', { name: 'gw', namespace: 'infra', kind: 'Service', group: '' }, false],
] as const) {
  t.test(`a Route that names ${what} ${isAsked ? 'asks for it' : 'does not ask for it'}`, async (t) => {
    t.strictSame(planned(gateway([http()]), asking(parent)).actions, [isAsked ? 'narrow' : 'unneeded'])
  })
}

t.test('the old allowedRoutes stand in an annotation, and undo gives them back exactly', async (t) => {
  const object = gateway([http({ namespaces: { from: 'Same' }, kinds: [{ kind: 'HTTPRoute' }] })])
  const { after } = planned(object)
  const text = stringAt(after, 'metadata', 'annotations', gatewayRecordAnnotation) ?? ''
  t.match(JSON.parse(text), {
    mirror: { http: { was: { namespaces: { from: 'Same' }, kinds: [{ kind: 'HTTPRoute' }] } } },
  })
  const undo = planGatewayUndo(refOf(object, 'Gateway'), after, 'mirror')
  t.strictSame(applyTo(after, undo), object)
  t.strictSame(planGatewayUndo(refOf(object, 'Gateway'), object, 'mirror').operations, [], 'twice is harmless')
})

t.test('undo leaves a listener that others changed since, and says what it was', async (t) => {
  const { after } = planned(gateway([http({ namespaces: { from: 'Same' } })]))
  const spec = valueAt(after, 'spec')
  const changed = {
    ...after,
    spec: { ...(isObject(spec) ? spec : {}), listeners: [http({ namespaces: { from: 'All' } })] },
  }
  const undo = planGatewayUndo(refOf(after, 'Gateway'), changed, 'mirror')
  t.match(undo.listeners, [{ action: 'left', reason: /others changed it since.*Same/ }])
  t.strictSame(admitted(applyTo(changed, undo)), everyone)
})

t.test('the record of another mirror on the same Gateway stays', async (t) => {
  const first = planned(gateway([http()])).after
  const both = planned(first, { ...widenAll, namespace: 'app-a' }).after
  t.strictSame(admitted(both), ['mirror', 'infra', 'app-a'])
  const back = applyTo(both, planGatewayUndo(refOf(both, 'Gateway'), both, 'app-a'))
  t.strictSame(admitted(back), ['mirror', 'infra'])
  t.strictSame(planGatewayUndo(refOf(back, 'Gateway'), back, 'app-a').operations, [])
  t.strictSame(admitted(applyTo(back, planGatewayUndo(refOf(back, 'Gateway'), back, 'mirror'))), ['infra'])
})

t.test('a Gateway whose record cannot be read is left alone', async (t) => {
  const object = gateway([http()], { annotations: { [gatewayRecordAnnotation]: '[' } })
  t.match(planned(object).plan.skipped, /cannot be read/)
  t.match(planGatewayUndo(refOf(object, 'Gateway'), object, 'mirror').skipped, /cannot be read/)
})
