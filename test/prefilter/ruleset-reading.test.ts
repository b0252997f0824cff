// Which rules count, and what a ruleset's shape makes of addresses.

import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import t from 'tap'
import { recordOf } from '#src/json-shape.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { clears, engineVersion, prefilterOfRules, prefilterOn, ruleOf } from './support/prefilter-on.js'

const rule = (more: object): object => ruleOf({ parameters: { regex: 'attack' }, more })

/** Whether a request with an attack in its body is cleared under some documents. */
function clearsAttack(...documents: readonly object[]): boolean {
  const prefilter = prefilterOn(documents)
  try {
    return clears(prefilter, 'an attack')
  } finally {
    prefilter.dispose()
  }
}

t.test('rules, rules_compat and custom_rules of all documents count', async (t) => {
  for (const section of ['rules', 'rules_compat', 'custom_rules']) {
    t.equal(clearsAttack({ rules: [] }, { [section]: [rule({})] }), false, section)
  }
})

t.test('disabled rules do not count', async (t) => {
  t.equal(clearsAttack({ rules: [rule({ enabled: false })] }), true)
})

t.test('version bounds include their own version', async (t) => {
  t.equal(clearsAttack({ rules: [rule({ min_version: '1.30.1' })] }), false)
  t.equal(clearsAttack({ rules: [rule({ min_version: '1.30.2' })] }), true)
  t.equal(clearsAttack({ rules: [rule({ max_version: '1.30.1' })] }), false)
  t.equal(clearsAttack({ rules: [rule({ max_version: '1.24.9' })] }), true)
  t.equal(clearsAttack({ rules: [rule({ max_version: 'soon' })] }), false, 'what is no version excludes nothing')
})

t.test('an override by id switches a rule on and off', async (t) => {
  const override = (enabled: boolean): object => ({ rules_override: [{ rules_target: [{ rule_id: 'r1' }], enabled }] })
  t.equal(clearsAttack({ rules: [rule({ enabled: false })] }, override(true)), false)
  t.equal(clearsAttack({ rules: [rule({})] }, override(false)), true)
})

t.test('an override by tags switches the rules that have them all', async (t) => {
  const override = (tags: object): object => ({ rules_override: [{ rules_target: [{ tags }], enabled: false }] })
  t.equal(clearsAttack({ rules: [rule({})] }, override({ type: 'r1' })), true)
  t.equal(clearsAttack({ rules: [rule({})] }, override({ type: 'r1', category: 'x' })), false)
})

t.test('an override by id weighs more than one by tags', async (t) => {
  const overrides = [
    { rules_target: [{ rule_id: 'r1' }], enabled: true },
    { rules_target: [{ tags: { type: 'r1' } }], enabled: false },
  ]
  t.equal(clearsAttack({ rules: [rule({})], rules_override: overrides }), false)
})

t.test('overrides do not reach custom rules', async (t) => {
  const overrides = [{ rules_target: [{ rule_id: 'r1' }], enabled: false }]
  t.equal(clearsAttack({ custom_rules: [rule({})], rules_override: overrides }), false)
})

t.test('overrides that contradict one another leave a rule on', async (t) => {
  const target = [{ rule_id: 'r1' }]
  const overrides = [
    { rules_target: target, enabled: true },
    { rules_target: target, enabled: false },
  ]
  t.equal(clearsAttack({ rules: [rule({ enabled: false })], rules_override: overrides }), false)
})

t.test('exclusions change nothing: they only take rules and inputs away', async (t) => {
  const exclusions = [{ id: 'x', rules_target: [{ rule_id: 'r1' }], on_match: 'bypass' }]
  t.equal(clearsAttack({ rules: [rule({})], exclusions }), false)
})

t.test('rules that only set attributes are left out, those that ask to keep the request are not', async (t) => {
  t.equal(clearsAttack({ rules: [rule({ output: { event: false, keep: false, attributes: {} } })] }), true)
  t.equal(clearsAttack({ rules: [rule({ output: { event: false, keep: true, attributes: {} } })] }), false)
  t.equal(clearsAttack({ rules: [rule({ output: { event: false, attributes: {} } })] }), false, 'keep is the default')
  const blocking = { output: { event: false, keep: false, attributes: {} }, on_match: ['block'] }
  t.equal(clearsAttack({ rules: [rule(blocking)] }), false, 'an action is a verdict')
})

t.test('a section that is not known sends everything to the engine', async (t) => {
  const compiled = compilePrefilter([{ rules: [rule({})], verdicts: [{}] }], engineVersion)
  t.match(compiled.alwaysEngine, /verdicts/)
  t.equal(clearsAttack({ rules: [], verdicts: [{}] }), false)
  t.equal(clearsAttack({ rules: [], comment: 'scalars mean nothing' }), true)
})

t.test('a rule of unknown shape sends its addresses to the engine, or everything when it names none', async (t) => {
  const odd = { ...rule({}), conditions: 'body' }
  t.equal(clearsAttack({ rules: [odd] }), false)
  t.equal(clearsAttack({ rules: ['a rule'] }), false)
  const oddInputs = {
    ...rule({}),
    conditions: [{ operator: 'match_regex', parameters: { inputs: { address: 'server.request.body' }, regex: 'x' } }],
  }
  const prefilter = prefilterOfRules(oddInputs)
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'y'), false)
  t.equal(clears(prefilter, 'y', 'server.request.method'), true)
})

const strange: readonly (readonly [string, object])[] = [
  ['operator', ruleOf({ operator: 'smells_like', parameters: { regex: 'x' } })],
  ['parameter', ruleOf({ parameters: { regex: 'x', flavour: 'sweet' } })],
  ['option', ruleOf({ parameters: { regex: 'x', options: { fuzzy: true } } })],
  ['type of equals', ruleOf({ operator: 'equals', parameters: { type: 'date', value: 'x' } })],
  ['phrase list', ruleOf({ operator: 'phrase_match', parameters: { list: 'x' } })],
]
for (const [what, each] of strange) {
  t.test(`a ${what} that is not known sends its address to the engine and says why`, async (t) => {
    const compiled = compilePrefilter([{ rules: [each] }], engineVersion)
    const [explanation] = compiled.explanations
    t.equal(explanation?.kind, 'always')
    t.not(explanation?.reason, '')
    const prefilter = prefilterOfRules(each)
    t.teardown(() => prefilter.dispose())
    t.equal(clears(prefilter, 'y'), false)
    t.match(prefilter.reason?.cause, /r1/)
    t.equal(clears(prefilter, 'y', 'server.request.method'), true)
  })
}

t.test('rules on addresses that no copy of a request fills are inert', async (t) => {
  const inert = ruleOf({ address: 'server.response.status', parameters: { regex: '404' } })
  const both = {
    ...rule({}),
    conditions: [
      { operator: 'match_regex', parameters: { inputs: [{ address: 'server.response.status' }], regex: '404' } },
      { operator: 'match_regex', parameters: { inputs: [{ address: 'server.request.body' }], regex: 'attack' } },
    ],
  }
  const detector = ruleOf({
    operator: 'lfi_detector',
    parameters: { resource: [{ address: 'server.io.fs.file' }], params: [{ address: 'server.request.body' }] },
  })
  const { explanations } = compilePrefilter([{ rules: [inert, both, detector] }], engineVersion)
  t.strictSame(
    explanations.map(({ kind }) => kind),
    ['inert', 'inert', 'inert'],
  )
})

t.test('what an unknown processor makes sends the processor\u2019s inputs to the engine', async (t) => {
  const processors = [
    {
      id: 'p',
      generator: 'crystal_ball',
      parameters: { mappings: [{ inputs: [{ address: 'server.request.body' }], output: 'future' }] },
    },
  ]
  const prefilter = prefilterOn([{ rules: [ruleOf({ address: 'future', parameters: { regex: 'x' } })], processors }])
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'y'), false)
  t.equal(clears(prefilter, 'y', 'server.request.method'), true)
})

t.test('each rule of the default ruleset is explained once', async (t) => {
  const { readRuleset, parseRulesetDocument } = await import('#src/engine/ruleset.js')
  const { documents } = await readRuleset([])
  const parsed = documents.map(parseRulesetDocument)
  const compiled = compilePrefilter(parsed, engineVersion)
  const ids = compiled.explanations.map(({ ruleId }) => ruleId)
  t.equal(new Set(ids).size, ids.length)
  t.equal(compiled.alwaysEngine, '')
  t.strictSame(
    compiled.explanations.filter(({ kind }) => kind === 'always'),
    [],
    'the compiler knows all of it',
  )
  const tested = compiled.explanations.find(({ ruleId }) => ruleId === 'crs-932-180')
  t.ok(tested?.places.includes('server.request.headers.no_cookies[x-filename]'))
})

t.test('a ruleset that the compiler trips over sends everything to the engine', async (t) => {
  const trap = {
    get rules(): never {
      throw new RangeError('a trap')
    },
  }
  t.match(compilePrefilter([trap], engineVersion).alwaysEngine, /a trap/)
  const prefilter = prefilterOn([trap])
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'y'), false)
})

t.test('a compiled ruleset crosses threads and shares its large arrays', async (t) => {
  const compiled = compilePrefilter([{ rules: [rule({})] }], engineVersion)
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(compiled)
  const received: unknown = receiveMessageOnPort(port2)?.message
  port1.close()
  t.strictSame(received, compiled)
  const { nfa } = recordOf(received)
  const { ops } = recordOf(nfa)
  t.ok(ops instanceof Uint8Array && ops.buffer instanceof SharedArrayBuffer)
})
