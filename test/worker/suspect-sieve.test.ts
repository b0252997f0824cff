// What of a request reaches the engine: what the prefilter cannot clear, where it stands.
import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import type { EngineInput } from '#src/engine/engine.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import { RequestWalker } from '#src/request/request-walker.js'
import { prepareWalkSettings } from '#src/request/walk-settings.js'
import { SuspectSieve, shapedBytes } from '#src/worker/suspect-sieve.js'
import { prefilterOfRules, prefilterOn, regexRule, ruleOf } from '../prefilter/support/prefilter-on.js'
import { testOptions } from '../request/support/walk.js'

const padding = 'padding '.repeat(shapedBytes / 8)

/** The bodies of the parts that the engine would be given, as plain data. */
function sieve(type: string, body: string, rules: readonly object[] = [regexRule('attack')]): unknown[] {
  const prefilter = prefilterOfRules(...rules)
  t.teardown(() => prefilter.dispose())
  t.ok(prefilter.findsAllValues)
  const builder = new EngineInputBuilder()
  const parts: EngineInput[] = []
  builder.reset((_, picked) => {
    if (picked !== undefined) parts.push(picked)
    return true
  })
  const suspects = new SuspectSieve(prefilter, builder)
  suspects.startBody(false)
  const record = makeRecord({ method: 'POST', headers: [['content-type', type]], body })
  new RequestWalker(prepareWalkSettings(testOptions), new DecodeBudget()).walkBody(record, suspects)
  builder.flush()
  return parts.map((part) => JSON.parse(JSON.stringify(part['server.request.body'] ?? null)))
}

t.test('what may match keeps its place among the rest', async (t) => {
  const body = { a: 'x', b: [1, 'y', true, null, { c: 'an attack', d: ['z'] }, ['attack', 'x'], 'x'] }
  t.strictSame(sieve('application/json', JSON.stringify(body)), [
    { b: [null, null, null, null, { c: 'an attack' }, ['attack']] },
  ])
  t.strictSame(sieve('application/x-www-form-urlencoded', 'a=x&b=attack&a=y&a=attack+1&c=z&b=x'), [
    { a: [null, null, 'attack 1'], b: ['attack', null] },
  ])
})

t.test('values of a repeated key keep their numbers', async (t) => {
  t.strictSame(sieve('application/json', '{"a":"x","a":"attack","b":1}'), [{ a: [null, 'attack'] }])
  t.strictSame(sieve('application/json', '{"a":"attack","a":"x","b":1}'), [{ a: ['attack'] }])
  t.strictSame(sieve('application/json', '{"a":["x","attack"],"a":{},"a":{"c":"attack"}}'), [
    { a: [[null, 'attack'], null, { c: 'attack' }] },
  ])
})

t.test('entries that the engine would not read go on in further parts', async (t) => {
  const items = [...Array.from({ length: 300 }, () => 'x'), 'attack']
  const [picked, ...rest] = sieve('application/json', JSON.stringify(items))
  t.strictSame(rest, [])
  t.strictSame(picked, [...Array.from({ length: 44 }, () => null), 'attack'])
})

t.test('behind the limit only what may match goes on, under its keys', async (t) => {
  const picked = sieve(
    'application/json',
    JSON.stringify({
      pad: padding,
      a: 'x',
      list: [{ b: 'y' }, 'z', { c: { d: 'an attack', e: 1 }, f: 'x' }],
      g: 'attack',
    }),
  )
  t.strictSame(picked, [{ list: [{ c: { d: 'an attack' } }], g: 'attack' }])
})

t.test('nothing suspect, nothing more', async (t) => {
  for (const body of [{ pad: padding, a: ['x', { b: {} }] }, [padding, [[[]]], 'x']]) {
    t.strictSame(sieve('application/json', JSON.stringify(body)), [])
  }
})

t.test('of a long text the windows that may match', async (t) => {
  const text = 'word '.repeat(60_000)
  const windows = sieve('text/plain', `${text}attack${text}`)
    .flat()
    .filter((window) => window !== null)
  t.ok(windows.length >= 1 && windows.length <= 3, `${windows.length} windows`)
  for (const window of windows) t.match(window, 'attack')
})

t.test('forms: every value of a name that may match, once', async (t) => {
  const rest = sieve(
    'application/x-www-form-urlencoded',
    `p=${padding.replaceAll(' ', '+')}&a=x&a=attack+1&b=y&a=attack+2`,
  )
  t.strictSame(rest, [{ a: ['attack 1', 'attack 2'] }])
})

t.test('a key that may match brings all that lies under it', async (t) => {
  const keys = ruleOf({ parameters: { regex: '^attack$' }, transformers: ['keys_only'] })
  const body = { pad: padding, a: { b: 1, attack: { c: [null, 1, 'x'], d: {} }, e: 2 }, f: 3 }
  const rest = sieve('application/json', JSON.stringify(body), [keys])
  t.strictSame(rest, [{ a: { attack: { c: [null, 1, 'x'], d: {} } } }])
})

t.test('a rule of two conditions gets the values of both', async (t) => {
  const inputs = [{ address: 'server.request.body' }]
  const condition = (regex: string): object => ({ operator: 'match_regex', parameters: { inputs, regex } })
  const two = {
    id: 'r',
    name: 'r',
    tags: { type: 'r' },
    conditions: [condition('first word'), condition('second word')],
  }
  const rest = sieve('application/json', JSON.stringify([padding, 'first word', 'x', 'second word']), [two])
  t.strictSame(rest, [[null, 'first word', 'second word']])
})

t.test('numbers and booleans that a rule compares go on', async (t) => {
  const compared = ruleOf({ operator: 'equals', keyPath: ['n'], parameters: { type: 'float', value: 7 } })
  const rest = sieve('application/json', JSON.stringify({ pad: padding, n: 7, m: 8, o: true }), [compared])
  t.strictSame(rest, [{ n: 7 }])
})

t.test('what is nested deeper than is sieved goes on as it is', async (t) => {
  const body = `["${padding}",${'['.repeat(300)}"x",{"a":1}${']'.repeat(300)},"y",["attack"]]`
  const rest = sieve('application/json', body)
  const text = JSON.stringify(rest)
  t.match(text, '"x"')
  t.match(text, '"a":[1]')
  t.match(text, '"attack"')
  t.notMatch(text, '"y"')
})

t.test('rulesets that may need values which no test finds are not sieved for', async (t) => {
  const inputs = [{ address: 'server.request.body' }]
  const rare = { operator: 'match_regex', parameters: { inputs, regex: 'a rare phrase' } }
  const common = { operator: 'match_regex', parameters: { inputs, regex: '\\w' } }
  const unknown = { operator: 'crystal_ball', parameters: { inputs } }
  const rule = (...conditions: object[]): object => ({ id: 'r', name: 'r', tags: { type: 'r' }, conditions })
  const exclusions = [{ id: 'e', rules_target: [{ rule_id: 'r' }], conditions: [common] }]
  for (const [what, document, expected] of [
    ['one condition', { rules: [rule(common)] }, true],
    ['two rare ones', { rules: [rule(rare, rare)] }, true],
    ['a rare and a common one', { rules: [rule(rare, common)] }, false],
    ['a rare and an unknown one', { rules: [rule(rare, unknown)] }, false],
    ['no exclusions', { rules: [rule(rare)], exclusions: [] }, true],
    ['exclusions', { rules: [rule(rare)], exclusions }, false],
  ] as const) {
    const prefilter = prefilterOn([{ version: '2.2', ...document }])
    t.teardown(() => prefilter.dispose())
    t.equal(prefilter.findsAllValues, expected, what)
  }
})
