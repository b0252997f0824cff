// `mirrorwaf rules`.
import { join } from 'node:path'
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { engineVersion } from '#src/engine/ddwaf.js'
import { createFakeIo } from './fake-io.js'

const good = {
  id: 'good',
  name: 'Good \x1b[31mrule',
  tags: { type: 'x' },
  conditions: [
    { operator: 'phrase_match', parameters: { inputs: [{ address: 'server.request.query' }], list: ['evil'] } },
  ],
}

t.test('text: versions, counts, and rules that can never fire with the reason', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules'], io), 0)
  t.match(out(), `engine   libddwaf ${engineVersion()}\nruleset  1.`)
  t.match(
    out(),
    /rules {4}\d+ loaded \(\d+ active, \d+ disabled, \d+ can never fire, \d+ raise no event\), \d+ skipped, 0 failed/,
  )
  t.match(
    out(),
    /can never fire on a mirrored request\n[\s\S]*needs server\.response\.status, which no mirrored request carries\n {4}nfd-000-001/,
  )
})

t.test('JSON: the same in fields, and the counts add up', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules', '--output', 'json'], io), 0)
  const { engine, counts, ...lists } = JSON.parse(out())
  t.strictSame(engine, { name: 'libddwaf', version: engineVersion() })
  t.equal(counts.never_firing, lists.never_firing.length)
  t.equal(counts.disabled, lists.disabled.length)
  t.equal(counts.loaded, counts.active + counts.disabled + counts.never_firing + counts.attributes_only)
  t.match(lists.files, [{ accepted: true, error: null, rules_version: /^1\./ }])
})

t.test('failed rules are listed with the engine’s reason; the others still load', async (t) => {
  const dir = t.testdir({ 'r.json': JSON.stringify({ rules: [good, { id: 'bad' }] }) })
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules', '--rules', join(dir, 'r.json')], io), 0)
  t.match(out(), /1 loaded .* 1 failed/)
  t.match(out(), /refused rules bad: missing key 'conditions'/)
})

t.test('a file that the engine refuses is exit 1, with the diagnostics', async (t) => {
  const dir = t.testdir({ 'r.json': JSON.stringify({ rules: [{ id: 'bad' }] }) })
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules', `--rules=${join(dir, 'r.json')}`], io), 1)
  t.match(out(), /r\.json: refused/)
})

t.test('names from a ruleset cannot move the cursor', async (t) => {
  const dir = t.testdir({ 'r.json': JSON.stringify({ rules: [{ ...good, enabled: false }] }) })
  const { io, out } = createFakeIo()
  await dispatch(['rules', `--rules=${join(dir, 'r.json')}`], io)
  t.match(out(), 'Good \\x1b[31mrule')
  t.notOk(out().includes('\x1b'))
})

t.test('options of the receiver that have nothing to do with rules are unknown here', async (t) => {
  t.equal(await dispatch(['rules', '--listen', ':1'], createFakeIo().io), 2)
  t.equal(await dispatch(['rules'], createFakeIo({ DD_APPSEC_RULES: '/nowhere.json' }).io), 1)
})

t.test('--explain: where the prefilter tests each rule, all or those named', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules', '--explain', '--output', 'json', 'crs-933-130', 'crs-942-290'], io), 0)
  const { always_engine, rules } = JSON.parse(out())
  t.equal(always_engine, '')
  t.match(rules, [
    { id: 'crs-933-130', kind: 'tested', places: ['server.request.query', 'server.request.body'] },
    { id: 'crs-942-290', kind: 'tested', places: ['server.request.query (keys)'] },
  ])
})

t.test('--explain in text names every rule under what becomes of it', async (t) => {
  const { io, out } = createFakeIo()
  t.equal(await dispatch(['rules', '--explain'], io), 0)
  t.match(out(), /tested by the prefilter \(\d{3}\)\n {2}crs-913-110 {2}server\.request\.headers\.no_cookies/)
  t.match(out(), /cannot match a mirrored request \(\d+\)/)
})

t.test('--explain of a rule that is not there says so and fails', async (t) => {
  const { io, err } = createFakeIo()
  t.equal(await dispatch(['rules', '--explain', 'no-such-rule'], io), 1)
  t.match(err(), 'the ruleset has no rule no-such-rule')
})
