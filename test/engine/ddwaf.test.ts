// The engine on real libddwaf: what it loads, refuses and reports.
import t from 'tap'
import { createEngine, type EngineOptions, engineVersion } from '#src/engine/ddwaf.js'
import type { Engine, EngineInput, EngineResult } from '#src/engine/engine.js'
import { type RulesetSource, readRuleset } from '#src/engine/ruleset.js'

const plain: EngineOptions = { obfuscationKeyRegex: '', obfuscationValueRegex: '', minRules: 1 }
const budgetUs = 1_000_000
const packaged = await readRuleset([])

/** A ruleset of one rule: `list` phrases in the query. */
function phraseRule(id: string, phrase: string, extra: object = {}): object {
  const inputs = [{ address: 'server.request.query' }]
  const conditions = [{ operator: 'phrase_match', parameters: { inputs, list: [phrase] } }]
  return { id, name: `rule ${id}`, tags: { type: id }, conditions, ...extra }
}

function source(...documents: object[]): RulesetSource {
  return { documents: documents.map((document, index) => ({ path: `${index}.json`, text: JSON.stringify(document) })) }
}

function runOnce(engine: Engine, ...inputs: EngineInput[]): EngineResult[] {
  const context = engine.createContext()
  try {
    return inputs.map((input) => context.run(input, budgetUs))
  } finally {
    context.dispose()
  }
}

function idsOf(result: EngineResult | undefined): string[] {
  return (result?.matches ?? []).map(({ id }) => id)
}

t.test('the packaged ruleset loads and names itself', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  t.equal(engine.name, 'libddwaf')
  t.equal(engine.version, engineVersion())
  t.match(engine.version, /^\d+\.\d+\.\d+$/)
  t.match(engine.rulesVersion, /^\d+\.\d+\.\d+$/)
  t.ok(engine.knownAddresses.has('server.request.query'))
})

t.test('a match is reported with rule, tags, condition and key path', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  const [result] = runOnce(engine, { 'server.request.query': { x: ['$globals'] } })
  const [match] = result?.matches ?? []
  t.match(match, {
    id: 'crs-933-130',
    tags: { type: 'php_code_injection' },
    conditions: [
      {
        operator: 'phrase_match',
        operatorValue: '',
        address: 'server.request.query',
        keyPath: ['x', '0'],
        value: '$globals',
        highlight: ['$globals'],
      },
    ],
  })
  t.equal(result?.isKept, true)
  t.equal(result?.isTimedOut, false)
  t.equal(result?.errorNumber, undefined)
  t.ok((result?.runtimeUs ?? 0) > 0)
})

t.test('a harmless input has no match and cut nothing', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  const [result] = runOnce(engine, { 'server.request.query': { x: ['hello'] } })
  t.strictSame(result?.matches, [])
  t.strictSame(result?.truncation, {})
})

t.test('a name of a map may be __proto__, on a null prototype', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  const query: Record<string, string[]> = Object.create(null)
  Object.assign(query, JSON.parse('{"__proto__": ["$globals"]}'))
  const [result] = runOnce(engine, { 'server.request.query': query })
  const match = result?.matches.find(({ id }) => id === 'crs-933-130')
  t.strictSame(match?.conditions[0]?.keyPath, ['__proto__', '0'])
})

t.test('conditions of one rule may be met by two runs of one context', async (t) => {
  const inputs = (address: string): object => ({ inputs: [{ address }], list: ['evil'] })
  const conditions = ['server.request.query', 'server.request.body'].map((address) => ({
    operator: 'phrase_match',
    parameters: inputs(address),
  }))
  const engine = createEngine(source({ rules: [{ id: 'two', name: 'two', tags: { type: 'two' }, conditions }] }), plain)
  t.teardown(() => engine.dispose())
  const [head, body] = runOnce(engine, { 'server.request.query': 'evil' }, { 'server.request.body': 'evil' })
  t.strictSame(idsOf(head), [])
  t.strictSame(idsOf(body), ['two'])
  t.equal(body?.matches[0]?.conditions.length, 2)
})

t.test('what the engine cuts is told: strings over 4096 bytes, containers over 256, depth over 20', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  const cut = (query: EngineInput[string]): object | undefined =>
    runOnce(engine, { 'server.request.query': query })[0]?.truncation
  t.strictSame(cut('a'.repeat(4096)), {})
  t.strictSame(cut('a'.repeat(4097)), { stringLengthBytes: 4097 })
  t.strictSame(cut(Array(256).fill('a')), {})
  t.strictSame(cut(Array(257).fill('a')), { containerSize: 257 })
  const nested = (levels: number): EngineInput[string] => (levels === 0 ? 'a' : [nested(levels - 1)])
  t.strictSame(cut(nested(18)), {})
  t.match(cut(nested(20)), { containerDepth: 20 })
})

t.test('a spent budget is told', async (t) => {
  const engine = createEngine(packaged, plain)
  t.teardown(() => engine.dispose())
  const context = engine.createContext()
  t.teardown(() => context.dispose())
  const values = Array.from({ length: 256 }, (_, index) => `select ${index} from `.repeat(200))
  t.equal(context.run({ 'server.request.body': values }, 1).isTimedOut, true)
})

t.test('values under a key that matches are redacted, also where the pattern is custom', async (t) => {
  const engine = createEngine(packaged, { ...plain, obfuscationKeyRegex: '^hush$' })
  t.teardown(() => engine.dispose())
  const [hidden] = runOnce(engine, { 'server.request.query': { hush: ['$globals'] } })
  t.match(hidden?.matches[0]?.conditions[0], { value: '<Redacted>', highlight: ['<Redacted>'] })
  const [shown] = runOnce(engine, { 'server.request.query': { other: ['$globals'] } })
  t.match(shown?.matches[0]?.conditions[0], { value: '$globals' })
})

t.test('values that match are redacted', async (t) => {
  const engine = createEngine(packaged, { ...plain, obfuscationValueRegex: 'glob' })
  t.teardown(() => engine.dispose())
  const [result] = runOnce(engine, { 'server.request.query': { x: ['$globals'] } })
  t.equal(result?.matches[0]?.conditions[0]?.value, '<Redacted>')
})

t.test('a redaction pattern that RE2 refuses is an error, not silence', async (t) => {
  for (const pattern of ['(', '(?=look)', '[z-a]']) {
    t.throws(() => createEngine(packaged, { ...plain, obfuscationKeyRegex: pattern }), {
      code: 'MWAF_REDACTION_PATTERN',
      details: { option: '--obfuscation-key-regex' },
    })
    t.throws(() => createEngine(packaged, { ...plain, obfuscationValueRegex: pattern }), {
      code: 'MWAF_REDACTION_PATTERN',
      details: { option: '--obfuscation-value-regex' },
    })
  }
})

t.test('additions are merged: custom rules, exclusions, overrides and data', async (t) => {
  const engine = createEngine(
    source(
      {
        rules: [phraseRule('one', 'evil'), phraseRule('two', 'bad'), phraseRule('three', 'ugly')],
        metadata: { rules_version: '7' },
      },
      { custom_rules: [phraseRule('mine', 'custom')] },
      { rules_override: [{ rules_target: [{ rule_id: 'two' }], enabled: false }] },
      {
        exclusions: [{ id: 'x', rules_target: [{ rule_id: 'three' }], inputs: [{ address: 'server.request.query' }] }],
      },
    ),
    plain,
  )
  t.teardown(() => engine.dispose())
  const [result] = runOnce(engine, { 'server.request.query': 'evil bad ugly custom' })
  t.strictSame(idsOf(result).sort(), ['mine', 'one'])
  t.equal(engine.rulesVersion, '7', 'the version is that of the file with rules')
})

t.test('an empty list of data is no data; handed on as it is it would end the process', async (t) => {
  const conditions = [
    { operator: 'ip_match', parameters: { inputs: [{ address: 'http.client_ip' }], data: 'blocked' } },
  ]
  const rules = { rules: [{ id: 'ip', name: 'ip', tags: { type: 'ip' }, conditions }] }
  const entry = { id: 'blocked', type: 'ip_with_expiration' }
  const hits = (...documents: object[]): string[] => {
    const engine = createEngine(source(...documents), plain)
    try {
      return idsOf(runOnce(engine, { 'http.client_ip': '192.0.2.1' })[0])
    } finally {
      engine.dispose()
    }
  }
  for (const data of [[], [null]]) {
    t.strictSame(hits(rules, { rules_data: [{ ...entry, data }] }), [])
    t.strictSame(hits({ ...rules, rules_data: [{ ...entry, data }] }), [])
    t.strictSame(hits(rules, { exclusion_data: [{ ...entry, data }] }), [])
  }
  t.strictSame(hits(rules, { rules_data: [{ ...entry, data: [null, { value: '192.0.2.1' }] }] }), ['ip'])
})

t.test('rules of two files are both loaded', async (t) => {
  const engine = createEngine(source({ rules: [phraseRule('a', 'evil')] }, { rules: [phraseRule('b', 'evil')] }), plain)
  t.teardown(() => engine.dispose())
  t.strictSame(idsOf(runOnce(engine, { 'server.request.query': 'evil' })[0]).sort(), ['a', 'b'])
})

t.test('a file of which nothing is usable is refused with the engine’s reason', async (t) => {
  const broken = { rules: [{ id: 'broken' }] }
  t.throws(() => createEngine(source(broken), plain), {
    code: 'MWAF_RULESET_INVALID',
    details: { path: '0.json' },
    message: /broken: missing key/,
  })
  t.throws(() => createEngine(source({ rules: [phraseRule('a', 'x')] }, { custom_rules: 5 }), plain), {
    code: 'MWAF_RULESET_INVALID',
    details: { path: '1.json' },
    message: /custom_rules: bad cast/,
  })
  t.throws(() => createEngine(source({ version: '3.0', rules: [phraseRule('a', 'x')] }), plain), {
    message: /unsupported schema version/,
  })
})

t.test('exactly --min-rules are enough, one fewer is not', async (t) => {
  const two = source({ rules: [phraseRule('a', 'x'), phraseRule('b', 'y')] })
  createEngine(two, { ...plain, minRules: 2 }).dispose()
  t.throws(() => createEngine(two, { ...plain, minRules: 3 }), {
    code: 'MWAF_RULESET_TOO_FEW',
    details: { loaded: 2, required: 3 },
  })
})

t.test('disposing twice is harmless', async (t) => {
  const engine = createEngine(source({ rules: [phraseRule('a', 'x')] }), plain)
  const context = engine.createContext()
  context.dispose()
  context.dispose()
  engine.dispose()
  t.doesNotThrow(() => engine.dispose())
})
