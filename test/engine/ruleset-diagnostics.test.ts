// What `mirrorwaf rules` knows about a ruleset.
import t from 'tap'
import { engineVersion } from '#src/engine/ddwaf.js'
import { type RulesetSource, readRuleset } from '#src/engine/ruleset.js'
import { diagnoseRuleset, failedRules, type RuleNote } from '#src/engine/ruleset-diagnostics.js'

interface RuleFields {
  readonly [field: string]: unknown
}

function rule(id: string, addresses: readonly string[], fields: RuleFields = {}): object {
  const conditions = addresses.map((address) => ({
    operator: 'phrase_match',
    parameters: { inputs: [{ address }], list: ['evil'] },
  }))
  return { id, name: `rule ${id}`, tags: { type: id, group: 'g' }, conditions, ...fields }
}

function source(...documents: object[]): RulesetSource {
  return { documents: documents.map((document, index) => ({ path: `${index}.json`, text: JSON.stringify(document) })) }
}

function idsOf(notes: readonly RuleNote[]): string[] {
  return notes.map(({ id }) => id)
}

t.test('the packaged ruleset: what needs a response, a database or a file can never fire', async (t) => {
  const diagnostics = diagnoseRuleset(await readRuleset([]))
  const inert = idsOf(diagnostics.neverFiring)
  for (const family of [/^nfd-000-/, /^rasp-/, /^api-010-/, /^api-100-/, /^llm-/, /^blk-/, /^dog-920-110$/]) {
    t.ok(
      inert.some((id) => family.test(id)),
      String(family),
    )
  }
  t.notOk(inert.includes('crs-933-130'))
  t.ok(
    idsOf(diagnostics.attributesOnly).includes('api-001-100'),
    'the JWT rules are fed by a processor, so they do match',
  )
  t.ok(idsOf(diagnostics.disabled).every((id) => id.startsWith('strc-')))
  t.match(diagnostics.skipped, [{ id: 'dog-920-001', reason: /up to 1\.24\.9/ }])
  t.equal(diagnostics.engine.version, engineVersion())
  t.strictSame(failedRules(diagnostics.documents), [])
  const { loadedCount, activeCount, disabled, neverFiring, attributesOnly } = diagnostics
  t.equal(activeCount, loadedCount - disabled.length - neverFiring.length - attributesOnly.length)
})

t.test(
  'one condition that no copy can meet makes a rule inert, one address of several that can does not',
  async (t) => {
    const twoInputs = {
      inputs: [{ address: 'server.response.status' }, { address: 'server.request.body' }],
      list: ['evil'],
    }
    const diagnostics = diagnoseRuleset(
      source({
        rules: [
          rule('both', ['server.request.query', 'server.response.status']),
          rule('either', [], { conditions: [{ operator: 'phrase_match', parameters: twoInputs }] }),
        ],
      }),
    )
    t.match(diagnostics.neverFiring, [{ id: 'both', reason: /needs server\.response\.status/ }])
    t.equal(diagnostics.activeCount, 1)
  },
)

t.test('a rule that looks values up needs a file with those values', async (t) => {
  const conditions = [
    { operator: 'ip_match', parameters: { inputs: [{ address: 'http.client_ip' }], data: 'blocked' } },
  ]
  const rules = { rules: [rule('ip', [], { conditions })] }
  const entry = { id: 'blocked', type: 'ip_with_expiration', data: [{ value: '192.0.2.1' }] }
  t.match(diagnoseRuleset(source(rules)).neverFiring, [{ id: 'ip', reason: /blocked, for which no file/ }])
  t.strictSame(diagnoseRuleset(source(rules, { rules_data: [entry] })).neverFiring, [])
  t.equal(diagnoseRuleset(source(rules, { rules_data: [{ ...entry, data: [] }] })).neverFiring.length, 1)
})

t.test('overrides disable and enable; one by id weighs more than one by tags', async (t) => {
  const rules = {
    rules: [
      rule('off', ['server.request.query'], { enabled: false }),
      rule('on', ['server.request.query']),
      rule('kept', ['server.request.query']),
    ],
  }
  t.match(diagnoseRuleset(source(rules)).disabled, [{ id: 'off', reason: 'disabled in its file' }])
  const overrides = {
    rules_override: [
      { rules_target: [{ rule_id: 'kept' }], enabled: true },
      { rules_target: [{ tags: { group: 'g' } }], enabled: false },
    ],
  }
  const diagnostics = diagnoseRuleset(source(rules, overrides))
  t.strictSame(idsOf(diagnostics.disabled), ['off', 'on'])
  t.equal(diagnostics.disabled[1]?.reason, 'disabled by rules_override')
})

t.test('failed rules come with the engine’s reason, and the rest of the file is loaded', async (t) => {
  const badRegex = {
    operator: 'match_regex',
    parameters: { inputs: [{ address: 'server.request.query' }], regex: '(' },
  }
  const unknown = { operator: 'nope', parameters: { inputs: [{ address: 'server.request.query' }] } }
  const diagnostics = diagnoseRuleset(
    source({
      rules: [
        rule('good', ['server.request.query']),
        rule('regex', [], { conditions: [badRegex] }),
        rule('unknown', [], { conditions: [unknown] }),
      ],
    }),
  )
  t.equal(diagnostics.loadedCount, 1)
  t.match(failedRules(diagnostics.documents), [
    { id: 'regex', reason: /invalid regular expression/ },
    { id: 'unknown', reason: /unknown operator/ },
  ])
})

t.test('a rule for another engine version is skipped with its bound', async (t) => {
  const diagnostics = diagnoseRuleset(
    source({
      rules: [
        rule('old', ['server.request.query'], { max_version: '1.0.0' }),
        rule('new', ['server.request.query'], { min_version: '99.0.0' }),
        rule('now', ['server.request.query']),
      ],
    }),
  )
  t.match(diagnostics.skipped, [
    { id: 'old', reason: /up to 1\.0\.0/ },
    { id: 'new', reason: /from 99\.0\.0/ },
  ])
  t.equal(diagnostics.loadedCount, 1)
})

t.test('a refused file is reported, not thrown', async (t) => {
  const diagnostics = diagnoseRuleset(source({ rules: [rule('a', ['server.request.query'])] }, { custom_rules: 5 }))
  t.match(diagnostics.documents, [
    { path: '0.json', isAccepted: true, error: undefined },
    { path: '1.json', isAccepted: false, sections: [{ section: 'custom_rules', error: /bad cast/ }] },
  ])
})
