// Operators, places in a request, and rules with several conditions.
import t from 'tap'
import {
  clears,
  type PlainValue,
  prefilterOfRules,
  prefilterOn,
  type RuleParts,
  regexRule,
  ruleOf,
} from './support/prefilter-on.js'

const headers = 'server.request.headers.no_cookies'

/** One rule, a value that must not be cleared, and one that must. */
const operators: readonly (readonly [string, RuleParts, PlainValue, PlainValue])[] = [
  ['phrase_match', { operator: 'phrase_match', parameters: { list: ['needle'] } }, 'a needle here', 'a needl here'],
  [
    'phrase_match is case-sensitive',
    { operator: 'phrase_match', parameters: { list: ['needle'] } },
    'needle',
    'Needle',
  ],
  [
    'phrase_match with boundaries, word inside',
    { operator: 'phrase_match', parameters: { list: ['id'], options: { enforce_word_boundary: true } } },
    'an id.',
    'identity',
  ],
  [
    'phrase_match with boundaries, sign at the edge',
    { operator: 'phrase_match', parameters: { list: ['$id'], options: { enforce_word_boundary: true } } },
    'x$id',
    'x$idy',
  ],
  [
    'phrase_match beyond ASCII',
    { operator: 'phrase_match', parameters: { list: ['\u00e9t\u00e9'] } },
    'l\u2019\u00e9t\u00e9',
    'ete',
  ],
  [
    'phrases that begin alike',
    { operator: 'phrase_match', parameters: { list: ['ab', 'abcd', 'bcx'] } },
    'abcx',
    'acbd',
  ],
  ['exact_match', { operator: 'exact_match', parameters: { list: ['needle'] } }, 'needle', 'needles'],
  ['ip_match on an address', { operator: 'ip_match', parameters: { list: ['192.0.2.1'] } }, '192.0.2.1', '192.0.2.2'],
  [
    'ip_match on a network',
    { operator: 'ip_match', parameters: { list: ['192.0.2.0/24'] } },
    '192.0.2.77',
    '192.0.3.1',
  ],
  [
    'ip_match on IPv6',
    { operator: 'ip_match', parameters: { list: ['2001:db8::/32'] } },
    '2001:db8:1::1',
    '2001:db9::1',
  ],
  [
    'ip_match on mapped IPv4',
    { operator: 'ip_match', parameters: { list: ['192.0.2.0/24'] } },
    '::ffff:192.0.2.9',
    '::ffff:192.0.3.9',
  ],
  [
    'ip_match on what is no address',
    { operator: 'ip_match', parameters: { list: ['192.0.2.0/24'] } },
    '192.0.2.1',
    'localhost',
  ],
  ['equals on a string', { operator: 'equals', parameters: { type: 'string', value: 'a' } }, 'a', 'ab'],
  ['equals on a number', { operator: 'equals', parameters: { type: 'float', value: 1 } }, { a: 7 }, { a: '7' }],
  ['equals on a boolean', { operator: 'equals', parameters: { type: 'boolean', value: true } }, [true], [1]],
  ['is_sqli', { operator: 'is_sqli' }, "x' or 1=1--", 'or just a text, with "quotes" (and more)'],
  ['is_sqli without a sign', { operator: 'is_sqli' }, '1 union select 2', 'word'],
  ['is_xss', { operator: 'is_xss' }, '<script>alert(1)</script>', '1 < 2 and a = b'],
  ['hidden_ascii_match', { operator: 'hidden_ascii_match' }, 'a\u{e0041}', 'a\u{1f600}\u4e2d'],
]

for (const [name, parts, fires, passes] of operators) {
  t.test(`tests ${name}`, async (t) => {
    const prefilter = prefilterOfRules(ruleOf(parts))
    t.teardown(() => prefilter.dispose())
    t.equal(clears(prefilter, fires), false)
    t.equal(clears(prefilter, passes), true)
  })
}

t.test('exists fires when its key is there, with whatever value', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ operator: 'exists', keyPath: ['a', 'b'] }))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { a: { b: null } }), false)
  t.equal(clears(prefilter, { a: { c: 1 }, b: 1 }), true)
})

t.test('a missing key can be missed only where the address is filled', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ operator: '!exists', keyPath: ['a'] }))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { b: 1 }), false)
  t.equal(clears(prefilter, 'x', 'server.request.method'), true)
})

t.test('a negated condition is never relied on', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ operator: '!match_regex', parameters: { regex: '.' } }))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'x'), false)
})

t.test('data lists add up, and what expired long ago is left out', async (t) => {
  const rule = ruleOf({ operator: 'exact_match', parameters: { data: 'users' } })
  const data = (value: string, expiration: number): object => ({
    rules_data: [{ id: 'users', type: 'data_with_expiration', data: [{ value, expiration }] }],
  })
  const prefilter = prefilterOn([
    { rules: [rule] },
    data('ann', 0),
    data('bob', 1_000_000_000),
    data('cid', 32_000_000_000),
  ])
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'ann'), false)
  t.equal(clears(prefilter, 'bob'), true)
  t.equal(clears(prefilter, 'cid'), false)
})

t.test('a data list without data matches nothing', async (t) => {
  const prefilter = prefilterOfRules(
    ruleOf({ operator: 'ip_match', address: 'http.client_ip', parameters: { data: 'nobody' } }),
  )
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, '192.0.2.1', 'http.client_ip'), true)
})

t.test('an entry that looks like an address but cannot be read matches any value', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ operator: 'ip_match', parameters: { list: ['fe80::1%eth0/x'] } }))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, '10.0.0.1'), false)
})

t.test('a key path limits a rule to what lies under it', async (t) => {
  const prefilter = prefilterOfRules(
    ruleOf({ address: headers, keyPath: ['user-agent'], parameters: { regex: 'bad' } }),
  )
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { 'user-agent': ['bad'] }, headers), false)
  t.equal(clears(prefilter, { 'user-agent': { deep: ['bad'] } }, headers), false)
  t.equal(clears(prefilter, { referer: ['bad'] }, headers), true)
  t.equal(clears(prefilter, { 'User-Agent': ['bad'] }, headers), true, 'keys are compared exactly')
  t.equal(clears(prefilter, { 'user-agent': ['bad'] }, 'server.request.query'), true)
})

t.test('rules on all of an address reach below key paths', async (t) => {
  const prefilter = prefilterOfRules(
    ruleOf({ address: headers, keyPath: ['user-agent'], parameters: { regex: 'bad' } }),
    ruleOf({ id: 'r2', address: headers, parameters: { regex: 'worse' } }),
  )
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { 'user-agent': ['worse'] }, headers), false)
  t.equal(clears(prefilter, { other: ['worse'] }, headers), false)
  t.equal(clears(prefilter, { other: ['bad'] }, headers), true)
})

t.test('keys_only looks at keys of every depth and at no value', async (t) => {
  const prefilter = prefilterOfRules(regexRule('^bad$', {}, ['keys_only']))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { a: [{ b: { bad: 1 } }] }), false)
  t.equal(clears(prefilter, { a: 'bad' }), true)
  t.equal(clears(prefilter, 'bad'), true)
})

t.test('without keys_only no key is looked at', async (t) => {
  const prefilter = prefilterOfRules(regexRule('^bad$'))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { bad: 'x' }), true)
  t.equal(clears(prefilter, { x: ['y', { z: 'bad' }] }), false)
})

t.test('an input with transformers of its own looks at values, and those after it may do so too', async (t) => {
  const inputs = [{ address: 'server.request.query', transformers: ['lowercase'] }, { address: 'server.request.body' }]
  const rule = {
    ...ruleOf({ transformers: ['keys_only'] }),
    conditions: [
      { operator: 'match_regex', parameters: { inputs, regex: '^bad$', options: { case_sensitive: true } } },
    ],
  }
  const prefilter = prefilterOfRules(rule)
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { x: 'BAD' }, 'server.request.query'), false)
  t.equal(clears(prefilter, { bad: 'x' }), false)
  t.equal(clears(prefilter, { x: 'bad' }), false)
  t.equal(clears(prefilter, { x: 'BAD' }), true)
})

t.test('of several conditions the rarest is tested', async (t) => {
  const condition = (regex: string): object => ({
    operator: 'match_regex',
    parameters: { inputs: [{ address: 'server.request.body' }], regex },
  })
  const prefilter = prefilterOfRules({ ...ruleOf({}), conditions: [condition('.'), condition('rare-thing')] })
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'common'), true)
  t.equal(clears(prefilter, 'rare-thing'), false)
})

t.test('a condition that is not understood does not matter beside one that is', async (t) => {
  const inputs = [{ address: 'server.request.body' }]
  const conditions = [
    { operator: 'smells_like', parameters: { inputs } },
    { operator: 'match_regex', parameters: { inputs, regex: 'bad' } },
  ]
  const prefilter = prefilterOfRules({ ...ruleOf({}), conditions })
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'good'), true)
  t.equal(clears(prefilter, 'bad'), false)
})

t.test('keys and paths that senders choose do no harm', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ keyPath: ['__proto__', 'x'], parameters: { regex: 'bad' } }))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, JSON.parse('{"__proto__":{"x":"bad"}}')), false)
  t.equal(clears(prefilter, { constructor: { x: 'bad' } }), true)
})

function token(header: object, payload: object = { sub: 1 }): string {
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${parts.join('.')}.signature`
}

t.test('bearer tokens are decoded for rules that keep a request', async (t) => {
  const processors = [
    {
      id: 'jwt',
      generator: 'jwt_decode',
      parameters: {
        mappings: [{ inputs: [{ address: headers, key_path: ['authorization'] }], output: 'server.request.jwt' }],
      },
    },
  ]
  const output = { event: false, keep: true, attributes: {} }
  const rule = ruleOf({
    operator: 'exact_match',
    address: 'server.request.jwt',
    keyPath: ['header', 'alg'],
    parameters: { list: ['none'] },
    more: { output },
  })
  const prefilter = prefilterOn([{ rules: [rule], processors }])
  t.teardown(() => prefilter.dispose())
  const passes = (value: string): boolean => clears(prefilter, { authorization: [value] }, headers)
  t.equal(passes(`Bearer ${token({ alg: 'none' })}`), false)
  t.equal(passes(`Bearer\t ${token({ alg: 'none' })}`), false)
  t.equal(passes(`Bearer ${token({ alg: 'RS256' })}`), true)
  t.equal(passes('Bearer opaque'), true)
  t.equal(passes('Basic dXNlcjpwYXNz'), true)
  t.equal(passes(`Bearer ${Buffer.from('{"alg":"none","alg":"RS256"}').toString('base64url')}.x.`), false, 'equal keys')
  t.equal(passes(`Bearer ${Buffer.from('{"alg":"none"}\u0000').toString('base64url')}.x.`), false, 'no strict JSON')
  t.equal(clears(prefilter, { other: [`Bearer ${token({ alg: 'none' })}`] }, headers), true)
})
