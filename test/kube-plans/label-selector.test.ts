import t from 'tap'
import { matchesAll, parseSelector, readSelector } from '#src/kube/plan/label-selector.js'

const admits = (selector: string, labels: Record<string, string>) => matchesAll(labels, parseSelector(selector) ?? [])

for (const [selector, labels, expected] of [
  ['', {}, true],
  ['team=web', { team: 'web' }, true],
  ['team==web', { team: 'web' }, true],
  ['team=web', { team: 'api' }, false],
  ['team=web', {}, false],
  ['team!=web', {}, true],
  ['team!=web', { team: 'web' }, false],
  ['team in (web, api)', { team: 'api' }, true],
  ['team in (web, api),tier=gold', { team: 'api' }, false],
  ['team notin (web)', { team: 'api' }, true],
  ['team notin (web)', {}, true],
  ['team', { team: '' }, true],
  ['team', {}, false],
  ['!team', {}, true],
  ['!team', { team: 'x' }, false],
  ['app.example/team=web', { 'app.example/team': 'web' }, true],
  ['team=', { team: '' }, true],
] as const) {
  t.test(`selector "${selector}" ${expected ? 'takes' : 'leaves out'} ${JSON.stringify(labels)}`, async (t) => {
    t.equal(admits(selector, labels), expected)
  })
}

for (const wrong of ['=', 'a=b=c', 'a in b', 'a in (b', 'a,,b', 'a=b,', '-a=b', 'a=b c', 'a in (b;c)']) {
  t.test(`"${wrong}" is no selector`, async (t) => {
    t.equal(parseSelector(wrong), undefined)
  })
}

t.test('the object form joins labels and expressions', async (t) => {
  t.strictSame(
    readSelector({
      matchLabels: { team: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['gold'] }],
    }),
    [
      { key: 'team', operator: 'In', values: ['web'] },
      { key: 'tier', operator: 'NotIn', values: ['gold'] },
    ],
  )
})

t.test('an operator that does not exist makes the selector unreadable, not empty: empty would admit all', async (t) => {
  t.equal(readSelector({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }), undefined)
})

t.test('a label called __proto__ is an ordinary label', async (t) => {
  t.equal(matchesAll(JSON.parse('{"__proto__":"x"}'), [{ key: '__proto__', operator: 'In', values: ['x'] }]), true)
})
