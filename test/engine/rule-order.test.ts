// Of several matches the engine reports some, in an order of its own: the same must come out where rules are judged apart.
import t from 'tap'
import type { Engine, RuleMatch } from '#src/engine/engine.js'
import { selectRules } from '#src/engine/family-ruleset.js'
import { RuleOrder } from '#src/engine/rule-order.js'
import type { JsonRecord } from '#src/json-shape.js'
import { createCheckEngine } from '#src/worker/build-inspector.js'
import { Random } from '../fuzz/random.js'

const address = 'server.request.query'

/** A rule that matches its own id. */
function rule(id: string, type: string, more: object = {}): JsonRecord {
  const conditions = [{ operator: 'exact_match', parameters: { inputs: [{ address }], list: [id] } }]
  return { id, name: `rule ${id}`, tags: { type, category: 'attack_attempt', ...more }, conditions }
}

/** As parts of one request. */
function inTurn(engine: Engine, parts: readonly (readonly string[])[]): (readonly RuleMatch[])[] {
  const context = engine.createContext()
  try {
    return parts.map((ids) => context.run({ [address]: ids }, 1_000_000).matches)
  } finally {
    context.dispose()
  }
}

const types = ['sql_injection', 'xss', 'lfi', 'attack_tool', 'zzz', 'aaa']
const documents: readonly JsonRecord[] = [
  {
    version: '2.2',
    metadata: { rules_version: '1.0.0' },
    rules: Array.from({ length: 60 }, (_, index) => rule(`base-${index * 7}`, types[index % types.length] ?? '')),
    custom_rules: Array.from({ length: 12 }, (_, index) => rule(`own-${index}`, types[index % 3] ?? '')),
  },
  {
    rules: [
      // Modules of their own: one that reports all of its rules, and one with a type that others have too.
      rule('logic-1', 'api', { module: 'business-logic' }),
      rule('logic-2', 'api', { module: 'business-logic' }),
      rule('rasp-1', 'lfi', { module: 'rasp' }),
      rule('rasp-2', 'lfi', { module: 'rasp' }),
      rule('named', 'lfi', { module: 'waf' }),
    ],
  },
]
const merged = { ...documents[0], rules: documents.flatMap(({ rules }) => rules) }
const ids = documents.flatMap((document) =>
  ['rules', 'custom_rules'].flatMap((section) => {
    const rules = document[section]
    return Array.isArray(rules) ? rules.map(({ id }) => String(id)) : []
  }),
)

t.test('what rules report apart becomes what they report together, in its order', async (t) => {
  const whole = createCheckEngine(merged)
  const apart = createCheckEngine(selectRules(documents, ids))
  t.teardown(() => whole.dispose())
  t.teardown(() => apart.dispose())
  const order = new RuleOrder(documents, createCheckEngine)
  const random = new Random(20_261_121)
  let withRivals = 0
  for (let round = 0; round < 400; round++) {
    const share = random.next()
    const sent = ids.filter(() => random.next() < share)
    const together = inTurn(whole, [sent]).flat()
    const reported = order.report(inTurn(apart, [sent]).flat(), [])
    t.strictSame(reported, together, sent.join(' '))
    if (together.length < sent.length) withRivals++
  }
  t.ok(withRivals > 200, `${withRivals} rounds had matches that are not reported`)
})

t.test('what an earlier part of the request has reported is not reported again', async (t) => {
  const whole = createCheckEngine(merged)
  const apart = createCheckEngine(selectRules(documents, ids))
  t.teardown(() => whole.dispose())
  t.teardown(() => apart.dispose())
  const order = new RuleOrder(documents, createCheckEngine)
  const random = new Random(7)
  for (let round = 0; round < 100; round++) {
    const parts = [0, 1].map(() => ids.filter(() => random.next() < 0.1))
    const together = inTurn(whole, parts).flat()
    const [first = [], second = []] = inTurn(apart, parts)
    const earlier = order.report(first, [])
    t.strictSame([...earlier, ...order.report(second, earlier)], together, JSON.stringify(parts))
  }
})

t.test('rules stand alone with what they read, and without what shows', async (t) => {
  const processors = [
    { id: 'shown', generator: 'http_endpoint_fingerprint', output: true, parameters: { mappings: [{ output: 'a' }] } },
    {
      id: 'read',
      generator: 'jwt_decode',
      output: false,
      parameters: { mappings: [{ output: 'server.request.jwt' }] },
    },
    { id: 'unread', generator: 'jwt_decode', output: false, parameters: { mappings: [{ output: 'other' }] } },
  ]
  const reads = {
    id: 'r',
    name: 'r',
    tags: { type: 'x' },
    conditions: [{ parameters: { address: 'server.request.jwt', data: 'words' } }],
  }
  const data = ['words', 'others'].map((id) => ({ id, type: 'data_with_expiration', data: [] }))
  const selected = selectRules([{ rules: [reads, rule('b', 'x')], processors, rules_data: data }], ['r'])
  t.strictSame(selected, {
    version: '2.2',
    rules: [{ ...reads, tags: { type: 'r' } }],
    rules_data: data.slice(0, 1),
    processors: [processors[1]],
  })
})
