import t from 'tap'
import { type JsonObject, objectAt } from '#src/kube/json/json-value.js'
import type { RouteKind } from '#src/kube/plan/object-ref.js'
import { entriesPerGrant, type GrantEntry, grantManifest, planGrants, readEntries } from '#src/kube/plan/plan-grants.js'

const target = { namespace: 'mirror', service: 'request-mirror' }
const entry = (namespace: string, kind: RouteKind = 'HTTPRoute'): GrantEntry => ({ kind, namespace })
const grant = (name: string, ...entries: GrantEntry[]) => grantManifest('v1beta1', target, { name, entries })
const namespaces = (count: number) =>
  Array.from({ length: count }, (_, index) => entry(`ns-${String(index).padStart(2, '0')}`))
const plan = (existing: JsonObject[], needed: GrantEntry[], isInScope = (_: GrantEntry) => true) =>
  planGrants({ target, existing, needed, isInScope })

t.test('a grant names route kind, namespace and the one Service', async (t) => {
  t.strictSame(objectAt(grant('g', entry('shop')), 'spec'), {
    from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
    to: [{ group: '', kind: 'Service', name: 'request-mirror' }],
  })
})

t.test('000.b5: a grant is planned for each namespace and kind of route', async (t) => {
  const { writes } = plan([], [entry('shop'), entry('shop', 'GRPCRoute'), entry('blog'), entry('shop')])
  t.strictSame(writes, [
    {
      name: 'mirrorwaf-request-mirror',
      before: undefined,
      entries: [entry('shop', 'GRPCRoute'), entry('blog'), entry('shop')],
    },
  ])
})

t.test('routes in the namespace of the mirror need no grant', async (t) => {
  t.strictSame(plan([], [entry('mirror')]).writes, [])
})

t.test('sixteen entries fit into one grant, the seventeenth opens a second', async (t) => {
  t.strictSame(
    plan([], namespaces(entriesPerGrant)).writes.map(({ entries }) => entries.length),
    [16],
  )
  t.strictSame(
    plan([], namespaces(entriesPerGrant + 1)).writes.map(({ name, entries }) => [name, entries.length]),
    [
      ['mirrorwaf-request-mirror', 16],
      ['mirrorwaf-request-mirror-2', 1],
    ],
  )
})

t.test('a grant that says all already is not written again', async (t) => {
  const { writes, removals, missing, unneeded } = plan([grant('g', entry('shop'))], [entry('shop')])
  t.strictSame([writes, removals, missing, unneeded], [[], [], [], []])
})

t.test('a new namespace goes where there is room; entries do not move between grants', async (t) => {
  const full = grant('full', ...namespaces(16))
  const half = grant('half', entry('shop'))
  const { writes } = plan([full, half], [...namespaces(16), entry('shop'), entry('blog')])
  t.strictSame(writes, [{ name: 'half', before: half, entries: [entry('shop'), entry('blog')] }])
})

t.test('an entry that nothing needs goes, and an empty grant with it', async (t) => {
  const old = grant('old', entry('gone'))
  const mixed = grant('mixed', entry('gone-too'), entry('shop'))
  const { writes, removals, unneeded } = plan([old, mixed], [entry('shop')])
  t.strictSame(removals, [old])
  t.strictSame(writes, [{ name: 'mixed', before: mixed, entries: [entry('shop')] }])
  t.strictSame(unneeded, [entry('gone'), entry('gone-too')])
})

t.test('entries for routes that this run did not see are kept', async (t) => {
  const old = grant('old', entry('unseen'))
  const { writes, removals } = plan([old], [], ({ namespace }) => namespace !== 'unseen')
  t.strictSame([writes, removals], [[], []])
})

t.test('what a grant of others allows needs no grant of ours', async (t) => {
  const { labels: _, ...metadata } = { name: 'theirs', namespace: 'mirror', labels: {} }
  const theirs: JsonObject = {
    metadata,
    spec: {
      from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
      to: [{ group: '', kind: 'Service' }],
    },
  }
  t.strictSame(plan([theirs], [entry('shop'), entry('blog')]).missing, [entry('blog')])
})

t.test('a grant of others for another Service, kind or group does not count', async (t) => {
  const from = [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }]
  const others: JsonObject[] = [
    { metadata: { name: 'a' }, spec: { from, to: [{ group: '', kind: 'Service', name: 'other' }] } },
    { metadata: { name: 'b' }, spec: { from, to: [{ group: '', kind: 'Secret' }] } },
    {
      metadata: { name: 'c' },
      spec: { from: [{ ...from[0], group: 'net.example' }], to: [{ group: '', kind: 'Service' }] },
    },
    {
      metadata: { name: 'd' },
      spec: { from: [{ ...from[0], kind: 'TCPRoute' }], to: [{ group: '', kind: 'Service' }] },
    },
  ]
  t.strictSame(plan(others, [entry('shop')]).missing, [entry('shop')])
})

t.test('a name that somebody else has taken is not touched', async (t) => {
  const theirs: JsonObject = { metadata: { name: 'mirrorwaf-request-mirror' }, spec: { from: [], to: [] } }
  t.equal(plan([theirs], [entry('shop')]).writes[0]?.name, 'mirrorwaf-request-mirror-2')
})

t.test('a grant of ours that somebody changed is put right', async (t) => {
  const sound = grant('g', entry('shop'))
  const widened = {
    ...sound,
    spec: {
      ...objectAt(sound, 'spec'),
      to: [
        { group: '', kind: 'Service' },
        { group: '', kind: 'Secret' },
      ],
    },
  }
  t.strictSame(plan([widened], [entry('shop')]).writes, [{ name: 'g', before: widened, entries: [entry('shop')] }])
})

t.test('grants for another Service of the same namespace are not ours', async (t) => {
  const other = grantManifest('v1', { namespace: 'mirror', service: 'other' }, { name: 'o', entries: [entry('shop')] })
  t.strictSame(readEntries(other, 'request-mirror'), [])
  t.strictSame(plan([other], []).removals, [])
})
