// Several rules files as one ruleset: what each adds, in which order they count, and what a bad one does.
import { join } from 'node:path'
import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { createEngine } from '#src/engine/ddwaf.js'
import { readRuleset } from '#src/engine/ruleset.js'
import { createFakeIo } from '../commands/fake-io.js'
import { rulesetText } from '../worker/support/small-ruleset.js'

const options = { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 1 }
const base = rulesetText('evil', 'base-1')
const [rule] = JSON.parse(base).rules
const custom = (id: string, phrase: string) =>
  JSON.stringify({ custom_rules: JSON.parse(rulesetText(phrase, id)).rules.map((one: object) => ({ ...one, id })) })
const enabled = (isEnabled: boolean) =>
  JSON.stringify({ rules_override: [{ rules_target: [{ rule_id: 'base-1' }], enabled: isEnabled }] })
const client = (address: string) =>
  JSON.stringify({
    rules_data: [{ id: 'blocked', type: 'ip_with_expiration', data: [{ value: address, expiration: 0 }] }],
  })
const clientRules = JSON.stringify({
  rules: [
    rule,
    {
      ...rule,
      id: 'client',
      tags: { type: 'client' },
      conditions: [{ operator: 'ip_match', parameters: { inputs: [{ address: 'http.client_ip' }], data: 'blocked' } }],
    },
  ],
})
const exclusion = JSON.stringify({
  exclusions: [{ id: 'x', rules_target: [{ rule_id: 'base-1' }], inputs: [{ address: 'server.request.query' }] }],
})

const folder = t.testdir({
  'base.json': base,
  'again.json': rulesetText('other', 'base-1'),
  'mine.json': custom('mine-1', 'mine'),
  'yours.json': custom('yours-1', 'yours'),
  'off.json': enabled(false),
  'on.json': enabled(true),
  'client-rules.json': clientRules,
  'one.json': client('192.0.2.1'),
  'two.json': client('192.0.2.2'),
  'exclusion.json': exclusion,
  'bad.json': JSON.stringify({ custom_rules: [{ id: 'broken' }] }),
  'syntax.json': '{"custom_rules": [}',
})
const paths = (...names: string[]) => names.map((name) => join(folder, `${name}.json`))

/** Rules that a request matches under these files. */
async function hits(names: readonly string[], query: string, clientIp = '198.51.100.1'): Promise<readonly string[]> {
  const engine = createEngine(await readRuleset(paths(...names)), options)
  const context = engine.createContext()
  try {
    const { matches } = context.run({ 'server.request.query': query, 'http.client_ip': clientIp }, 1_000_000)
    return matches.map(({ id }) => id).sort()
  } finally {
    context.dispose()
    engine.dispose()
  }
}

t.test('custom rules of two files stand beside those of the ruleset, in any order of the files', async (t) => {
  const all = ['base', 'mine', 'yours']
  for (const names of [all, all.toReversed()]) {
    t.strictSame(await hits(names, 'evil'), ['base-1'])
    t.strictSame(await hits(names, 'mine'), ['mine-1'])
    t.strictSame(await hits(names, 'yours'), ['yours-1'])
  }
})

t.test('an override and an exclusion silence a rule of another file, and nothing else', async (t) => {
  t.strictSame(await hits(['base', 'off', 'mine'], 'evil'), [])
  t.strictSame(await hits(['base', 'off', 'mine'], 'mine'), ['mine-1'])
  t.strictSame(await hits(['exclusion', 'base', 'mine'], 'evil'), [])
  t.strictSame(await hits(['exclusion', 'base', 'mine'], 'mine'), ['mine-1'])
})

t.test('data of two files under one id add up', async (t) => {
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    t.strictSame(await hits(['client-rules', 'one', 'two'], 'x', address), ['client'], address)
  }
  t.strictSame(await hits(['client-rules', 'one'], 'x', '192.0.2.2'), [])
})

t.test('a rule that two files bring is refused, by the name of the second file', async (t) => {
  await t.rejects(hits(['base', 'again'], 'evil'), {
    code: 'MWAF_RULESET_INVALID',
    message: /again\.json.*duplicate rule/,
  })
})

t.test('the report names every file with what became of it', async (t) => {
  const names = ['base', 'mine', 'bad']
  const { io, out } = createFakeIo()
  const code = await dispatch(['rules', '--output', 'json', ...paths(...names).map((path) => `--rules=${path}`)], io)
  const { files, counts } = JSON.parse(out())
  t.strictSame(
    files.map(({ path }: { path: string }) => path),
    paths(...names),
  )
  t.strictSame(
    files.map(({ accepted }: { accepted: boolean }) => accepted),
    [true, true, false],
  )
  t.equal(counts.loaded, 2)
  t.equal(code, 1, 'a file of which nothing is usable is a fault')
})

t.test('a second file that cannot be read or used refuses the ruleset, and says which', async (t) => {
  await t.rejects(readRuleset(paths('base', 'syntax')), { code: 'MWAF_RULESET_INVALID', message: /syntax\.json/ })
  await t.rejects(readRuleset(paths('base', 'missing')), { code: 'MWAF_RULESET_READ', message: /missing\.json/ })
  t.throws(() =>
    createEngine(
      {
        documents: [
          { path: 'a', text: base },
          { path: 'bad', text: '{"custom_rules":[{"id":"x"}]}' },
        ],
      },
      options,
    ),
  )
})
