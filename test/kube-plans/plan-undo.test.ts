import t from 'tap'
import { arrayAt, type JsonObject, objectAt, objectsAt } from '#src/kube/json/json-value.js'
import { routeRecordAnnotation } from '#src/kube/names.js'
import { refOf } from '#src/kube/plan/object-ref.js'
import { planUndo } from '#src/kube/plan/plan-undo.js'
import {
  applyTo,
  headerFilter,
  mirrorFilter,
  patched,
  route,
  rule,
  target,
  targetWithPercent,
} from './support/objects.js'

const undo = (object: JsonObject, adopt = false) => planUndo(refOf(object, 'HTTPRoute'), object, { target, adopt })
const undone = (object: JsonObject, adopt = false) => applyTo(object, undo(object, adopt))
const filtersOf = (object: JsonObject, index: number) => arrayAt(object, 'spec', 'rules', index, 'filters')
const ruleEdit = (object: JsonObject, edit: (rules: readonly JsonObject[]) => JsonObject[]): JsonObject => {
  return { ...object, spec: { rules: edit(objectsAt(object, 'spec', 'rules')) } }
}

const untouched: readonly (readonly [string, JsonObject])[] = [
  ['without filters', route([rule('/')])],
  ['with an empty list of filters', route([rule('/', [])])],
  ['with other filters', route([rule('/a', [headerFilter]), rule('/b')])],
  ['with annotations', route([rule('/')], { annotations: { a: 'b' } })],
  ['with a filter of ours on another port', route([rule('/', [mirrorFilter({ port: 9090 }, { percent: 100 })])])],
  ['with a filter that mirrors a fraction', route([rule('/', [mirrorFilter({}, { fraction: { numerator: 5 } })])])],
  ['with a mirror filter to somebody else', route([rule('/', [mirrorFilter({ name: 'other' })])])],
]
for (const [what, before] of untouched) {
  t.test(`undo gives back exactly what was there: a route ${what}`, async (t) => {
    const { after } = patched(before, targetWithPercent(10))
    t.notSame(after, before)
    t.strictSame(undone(after), before)
  })
}

t.test('undo twice is harmless', async (t) => {
  const { after } = patched(route([rule('/')]))
  t.strictSame(undo(undone(after)).operations, [])
})

t.test('a route that was never patched is left alone', async (t) => {
  t.strictSame(undo(route([rule('/')])).operations, [])
})

t.test('a filter to the Service that others added is left and told; --adopt removes it', async (t) => {
  const before = route([rule('/a', [mirrorFilter()]), rule('/b')])
  const { after } = patched(before)
  t.strictSame(undone(after), before)
  t.match(undo(after).rules, [
    { index: 0, action: 'left', reason: /--adopt/ },
    { index: 1, action: 'removed' },
  ])
  t.strictSame(filtersOf(undone(after, true), 0), [])
})

t.test('work of others since then stays: filters, rules and their order', async (t) => {
  const { after } = patched(route([rule('/a'), rule('/b')]))
  const edited = ruleEdit(after, ([a, b]) => [
    rule('/new', [mirrorFilter({ name: 'other' })]),
    { ...b, filters: [headerFilter, ...arrayAt(b, 'filters')] },
    { ...a, timeouts: { request: '1s' } },
  ])
  const back = undone(edited)
  t.strictSame(filtersOf(back, 0), [mirrorFilter({ name: 'other' })])
  t.strictSame(filtersOf(back, 1), [headerFilter])
  t.strictSame(arrayAt(back, 'spec', 'rules')[2], { ...rule('/a'), timeouts: { request: '1s' } })
})

t.test('a rule is found again by its name, whatever else was changed', async (t) => {
  const { after } = patched(route([rule('/a', [mirrorFilter()], { name: 'theirs' }), rule('/b', [], { name: 'ours' })]))
  const edited = ruleEdit(after, ([theirs, ours]) => [
    { ...ours, matches: [] },
    { ...theirs, matches: [] },
  ])
  t.match(undo(edited).rules, [
    { name: 'ours', action: 'removed' },
    { name: 'theirs', action: 'left' },
  ])
})

t.test('a rule without name is found again by its matches when others moved it', async (t) => {
  const { after } = patched(route([rule('/theirs', [mirrorFilter()]), rule('/ours')]))
  const moved = ruleEdit(after, (rules) => rules.toReversed())
  t.match(undo(moved).rules, [
    { index: 0, action: 'removed' },
    { index: 1, action: 'left' },
  ])
})

t.test(
  'when every match was rewritten, our filters still go as long as there are no more of them than recorded',
  async (t) => {
    const { after } = patched(route([rule('/a'), rule('/b')]))
    const rewritten = ruleEdit(after, ([a, b]) => [rule('/x'), { ...b, matches: [] }, { ...a, matches: [] }])
    t.match(undo(rewritten).rules, [
      { index: 1, action: 'removed' },
      { index: 2, action: 'removed' },
    ])
  },
)

t.test('of two filters to the Service in a rule the one that mirrorwaf added is the last', async (t) => {
  const { after } = patched(route([rule('/a')]))
  const edited = ruleEdit(after, ([a]) => [
    { ...a, filters: [mirrorFilter({}, { percent: 1 }), ...arrayAt(a, 'filters')] },
  ])
  t.strictSame(filtersOf(undone(edited), 0), [mirrorFilter({}, { percent: 1 })])
})

t.test('the record of another mirror on the same route stays, and so do its filters', async (t) => {
  const other = { ...target, service: 'staging-mirror' }
  const both = patched(patched(route([rule('/')])).after, other).after
  const back = undone(both)
  t.strictSame(filtersOf(back, 0), [mirrorFilter({ name: 'staging-mirror' })])
  const again = planUndo(refOf(back, 'HTTPRoute'), back, { target: other, adopt: false })
  t.strictSame(filtersOf(applyTo(back, again), 0), [])
})

t.test('a record that cannot be read: nothing is guessed, unless --adopt says that all is ours', async (t) => {
  const before = route([rule('/', [mirrorFilter()])], { annotations: { [routeRecordAnnotation]: 'x' } })
  t.match(undo(before).skipped, /cannot be read/)
  t.strictSame(undone(before, true), route([rule('/', [])]))
})

t.test('the opt-out label does not keep undo away', async (t) => {
  const { after } = patched(route([rule('/')]))
  const labelled = {
    ...after,
    metadata: { labels: { 'admission.datadoghq.com/enabled': 'false' }, ...objectAt(after, 'metadata') },
  }
  t.match(undo(labelled).rules, [{ action: 'removed' }])
})
