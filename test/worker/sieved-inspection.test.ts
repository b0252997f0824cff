// A candidate is judged on what the prefilter picks of it. Whatever is reported must be as if the engine had been given everything.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import { defaultRulesetPath } from '#src/engine/ruleset.js'
import { completeServeOptions } from '#src/options/load.js'
import { type BuiltInspector, buildInspector } from '#src/worker/build-inspector.js'
import { EventWriter } from '#src/worker/event-writer.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'

/** One that sieves and one that cannot, on the same rules. */
interface Pair {
  readonly sieved: BuiltInspector
  readonly whole: BuiltInspector
  /** What both report of a request, without what no two runs have alike. */
  report(parts: RequestParts): { readonly sieved: unknown; readonly whole: unknown }
}

async function makePair(t: Test, rules?: object): Promise<Pair> {
  const settings = await readWorkerSettings(
    completeServeOptions({ verifyRatio: 0, wafTimeoutUs: 5_000_000, ...(rules && { rules: [writeRules(t, rules)] }) }),
  )
  const build = (prefilter: 'on' | 'off'): BuiltInspector => {
    const built = buildInspector({ ...settings, inspection: { ...settings.inspection, prefilter } }, false)
    t.teardown(() => built.dispose())
    return built
  }
  const sieved = build('on')
  const whole = build('off')
  const report = (built: BuiltInspector, parts: RequestParts): unknown => {
    const record = makeRecord(parts)
    const inspection = built.inspector.inspect(record)
    const event = new EventWriter(settings.inspection, built.engine).build(record, inspection, 1, 1)
    const { event_id: _id, timings_us: _timings, inspection: work, ...rest } = event
    return JSON.parse(JSON.stringify({ ...rest, inspection: { ...work, engine_us: 0 } }))
  }
  return {
    sieved,
    whole,
    report: (parts) => ({ sieved: report(sieved, parts), whole: report(whole, parts) }),
  }
}

function writeRules(t: Test, rules: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'mirrorwaf-sieved-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'rules.json')
  writeFileSync(path, JSON.stringify({ version: '2.2', metadata: { rules_version: '1.0.0' }, ...rules }))
  return path
}

const browser: NonNullable<RequestParts['headers']> = [
  ['Host', 'shop.example'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)'],
  ['Accept', 'text/html'],
  ['Cookie', 'session=abc; theme=dark; session=def'],
  ['X-Forwarded-For', '203.0.113.7, 10.0.0.1'],
]
const json: readonly [string, string] = ['Content-Type', 'application/json']
const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
const hs256 = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
const payload = Buffer.from('{"sub":"1"}').toString('base64url')

/** With the default rules, and what must be found. */
const requests: readonly (readonly [what: string, rule: string, parts: RequestParts])[] = [
  ['an attack in a query', 'dog-931-001|crs|dog', { target: '/a?x=1&y=$globals&z=2', headers: browser }],
  ['the third value of a parameter', '', { target: '/a?x=1&x=2&x=$globals', headers: browser }],
  ['a scanner', '', { headers: [...browser.slice(2), ['User-Agent', 'Arachni/v1.6']] }],
  ['the second of two lines of a header', '', { headers: [...browser, ['X-A', 'b'], ['X-A', '() { :; }; /bin/bash']] }],
  ['SQL', '', { target: "/a?x=1'%20or%20'1'='1'%20--%20&y=O'Brien%20(1)", headers: browser }],
  [
    'a value in a JSON list',
    '',
    { method: 'POST', headers: [...browser, json], body: '{"a":["x",{"b":[1,"y","<script>alert(1)</script>"]}]}' },
  ],
  ['a repeated key', '', { method: 'POST', headers: [...browser, json], body: '{"a":"x","a":"$globals","a":1}' }],
  [
    'head and body',
    '',
    { method: 'POST', target: '/?q=$globals', headers: [...browser, json], body: '{"a":"../../../etc/passwd"}' },
  ],
  [
    'two conditions, one met in the query and one in the body',
    'dog-000-006',
    { method: 'POST', target: '/?constructor=1&b=2', headers: [...browser, json], body: '{"prototype":1,"c":"d"}' },
  ],
  [
    'a token',
    '',
    { target: '/?x=$globals', headers: [...browser, ['Authorization', `Bearer ${hs256}.${payload}.c2ln`]] },
  ],
  [
    'a token without a signature',
    '',
    { target: '/?x=$globals', headers: [...browser, ['Authorization', `Bearer ${none}.${payload}.`]] },
  ],
  [
    'a scanner of which an attribute is taken, beside another name',
    '',
    { target: '/?x=$globals', headers: [...browser, ['User-Agent', 'dd-test-scanner-tag-ref/1']] },
  ],
  ['an attack in a path', '', { target: '/../../../../etc/passwd?a=b', headers: browser }],
]

t.test('events are those of the whole', async (t) => {
  const pair = await makePair(t)
  t.equal(pair.sieved.prefilter?.findsAllValues, true)
  for (const [what, rule, parts] of requests) {
    const { sieved, whole } = pair.report(parts)
    t.strictSame(sieved, whole, what)
    t.match(whole, { outcome: 'matched', attributes: { '_dd.appsec.fp.http.header': /^hdr-/ } }, what)
    t.match(JSON.stringify(whole), new RegExp(rule), `${what}: ${rule}`)
  }
})

t.test('a request that is kept without an event has its attributes', async (t) => {
  const pair = await makePair(t)
  const { sieved, whole } = pair.report({ headers: [...browser, ['Authorization', `Bearer ${none}.${payload}.`]] })
  t.strictSame(sieved, whole)
  t.match(whole, { outcome: 'clean', matches: [], inspection: { kept: true } })
  t.match(whole, { attributes: { '_dd.appsec.api.jwt.none_alg': 1, '_dd.appsec.fp.http.header': /^hdr-/ } })
})

t.test('a condition that no test looks for gets what it needs', async (t) => {
  const condition = (operator: string, address: string, parameters: object, path?: string): object => ({
    operator,
    parameters: { inputs: [{ address, ...(path !== undefined && { key_path: [path] }) }], ...parameters },
  })
  const headers = 'server.request.headers.no_cookies'
  const query = 'server.request.query'
  const rules = [
    [
      'regex',
      condition('match_regex', query, { regex: 'a rare phrase' }),
      condition('match_regex', headers, { regex: '\\w' }, 'x-a'),
    ],
    [
      'negated',
      condition('match_regex', query, { regex: 'another phrase' }),
      condition('!match_regex', headers, { regex: 'safe' }, 'x-a'),
    ],
    ['missing', condition('match_regex', query, { regex: 'a third phrase' }), condition('!exists', headers, {}, 'x-a')],
    [
      'three',
      condition('match_regex', query, { regex: 'phrase number four' }),
      condition('match_regex', 'server.request.cookies', { regex: 'a' }),
      condition('exists', headers, {}, 'x-a'),
    ],
  ].map(([id, ...conditions]) => ({ id, name: id, tags: { type: id }, conditions }))
  const pair = await makePair(t, { rules })
  t.equal(pair.sieved.prefilter?.findsAllValues, true)
  const values = [undefined, 'safe', 'unsafe', '!']
  const found = new Set<string>()
  for (const phrase of ['a rare phrase', 'another phrase', 'a third phrase', 'phrase number four']) {
    for (const value of values) {
      const extra: RequestParts['headers'] =
        value === undefined
          ? []
          : [
              ['X-A', value],
              ['X-A', value],
            ]
      const { sieved, whole } = pair.report({
        target: `/?x=y&q=${encodeURIComponent(phrase)}`,
        headers: [...browser, ...extra],
      })
      t.strictSame(sieved, whole, `${phrase}, ${value}`)
      for (const { id } of rules) if (JSON.stringify(whole).includes(`"id":"${id}"`)) found.add(String(id))
    }
  }
  t.strictSame([...found].sort(), ['missing', 'negated', 'regex', 'three'])
})

t.test('attributes that a rule takes from elsewhere in the request are there', async (t) => {
  const rule = {
    id: 'r',
    name: 'r',
    tags: { type: 'r' },
    conditions: [
      { operator: 'match_regex', parameters: { inputs: [{ address: 'server.request.query' }], regex: 'attack' } },
    ],
    output: {
      event: true,
      keep: true,
      attributes: { agent: { address: 'server.request.headers.no_cookies', key_path: ['user-agent'] } },
    },
  }
  const pair = await makePair(t, { rules: [rule] })
  const { sieved, whole } = pair.report({ target: '/?q=attack', headers: browser })
  t.strictSame(sieved, whole)
  t.match(whole, { outcome: 'matched', attributes: { agent: /Mozilla/ } })
})

t.test('rules that cannot be told apart by id and type are judged together', async (t) => {
  const rule = (id: unknown, type: unknown): object => {
    const inputs = [{ address: 'server.request.query' }]
    return {
      id,
      name: 'r',
      tags: { type },
      conditions: [{ operator: 'phrase_match', parameters: { inputs, list: ['attack'] } }],
    }
  }
  const usual = [rule('a', 'x'), rule('b', 'y')]
  for (const odd of [[], [rule('c', '')], [rule(17, 't')], [rule('d', 5)], [rule('\ud800', 't')]]) {
    const pair = await makePair(t, { rules: [...usual, ...odd] })
    const { sieved, whole } = pair.report({ target: '/?q=an+attack', headers: browser })
    t.strictSame(sieved, whole, JSON.stringify(odd))
  }
})

t.test('a token whose decoding hangs on the body', async (t) => {
  const onText = (id: string, address: string, word: string, path?: string[]): object => ({
    id,
    name: id,
    tags: { type: id },
    conditions: [
      {
        operator: 'phrase_match',
        parameters: { inputs: [{ address, ...(path && { key_path: path }) }], list: [word] },
      },
    ],
  })
  const headers = { address: 'server.request.headers.no_cookies', key_path: ['authorization'] }
  const decoder = {
    id: 'p',
    generator: 'jwt_decode',
    conditions: [
      { operator: 'phrase_match', parameters: { inputs: [{ address: 'server.request.body' }], list: ['zzz'] } },
    ],
    parameters: { mappings: [{ inputs: [headers], output: 'server.request.jwt' }] },
    evaluate: true,
    output: false,
  }
  const rules = [
    onText('q', 'server.request.query', 'attack'),
    onText('j', 'server.request.jwt', 'evil', ['payload', 'sub']),
  ]
  const token = `Bearer ${hs256}.${Buffer.from('{"sub":"evil"}').toString('base64url')}.c2ln`
  const pair = await makePair(t, { rules, processors: [decoder] })
  for (const body of ['{"a":"zzz"}', '{"a":"b"}']) {
    const headersSent = [...browser, json, ['Authorization', token] as const]
    const { sieved, whole } = pair.report({ method: 'POST', target: '/?q=attack', headers: headersSent, body })
    t.strictSame(sieved, whole, body)
    t.equal(JSON.stringify(whole).includes('"id":"j"'), body.includes('zzz'), body)
  }
})

t.test('with exclusions and with processors that are not known the engine is given everything', async (t) => {
  const { processors } = JSON.parse(readFileSync(defaultRulesetPath(), 'utf8'))
  const inputs = [{ address: 'server.request.query' }]
  const rules = [
    {
      id: 'r',
      name: 'r',
      tags: { type: 'r' },
      conditions: [{ operator: 'phrase_match', parameters: { inputs, list: ['attack'] } }],
    },
  ]
  const where = [
    { operator: 'exact_match', parameters: { inputs: [{ address: 'server.request.method' }], list: ['PUT'] } },
  ]
  const exclusions = [{ id: 'e', rules_target: [{ rule_id: 'r' }], conditions: where }]
  const always = processors
    .filter(({ generator }: { generator: string }) => generator === 'extract_schema')
    .map((processor: object) => ({ ...processor, conditions: [] }))
  for (const [what, more, isKnown] of [
    ['exclusions', { exclusions }, false],
    ['schemas of every request', { processors: always }, true],
  ] as const) {
    const pair = await makePair(t, { rules, ...more })
    t.equal(pair.sieved.prefilter?.findsAllValues, isKnown, what)
    for (const method of ['GET', 'PUT']) {
      const { sieved, whole } = pair.report({ method, target: '/?a=b&q=attack&c=d', headers: browser })
      t.strictSame(sieved, whole, `${what}: ${method}`)
      t.match(whole, { outcome: method === 'PUT' && what === 'exclusions' ? 'clean' : 'matched' })
    }
  }
})

t.test('the engine is spared most of a request', async (t) => {
  const pair = await makePair(t)
  const long = 'word '.repeat(1000)
  const parts: RequestParts = { target: '/?q=$globals', headers: [...browser, ['X-Long', long], ['X-Longer', long]] }
  const time = ({ inspector }: BuiltInspector): number =>
    Math.min(...Array.from({ length: 20 }, () => inspector.inspect(makeRecord(parts)).engineUs))
  t.ok(time(pair.sieved) < time(pair.whole) / 2)
})
