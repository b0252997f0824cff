// Secrets planted in every part of a request that also holds an attack, seen through the real engine and the worker's own wiring.
import t from 'tap'
import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import { readRuleset } from '#src/engine/ruleset.js'
import { buildInspector } from '#src/worker/build-inspector.js'
import { EventWriter } from '#src/worker/event-writer.js'
import type { InspectionSettings } from '#src/worker/messages.js'
import { defaultPatterns } from './support/redaction.js'

const secret = 'hunter2'
const attack = '$globals'
const encode = encodeURIComponent
const jwt = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"${secret}"}`).toString('base64url')}.${secret}${secret}`

const inspection: InspectionSettings = {
  wafTimeoutUs: 5_000_000,
  bodyInspectLimitBytes: 1_000_000,
  trustsPeers: false,
  clientIpHeader: '',
  trustedProxies: [],
  trustedHops: 0,
  shadowSuffix: 'auto',
  prefilter: 'off',
  verifyRatio: 0,
  verifyAction: 'off',
  redaction: defaultPatterns,
  service: 'test',
  env: '',
  version: '',
  spans: undefined,
}
/** The default rules hardly look into cookies. */
const cookieRules = {
  version: '2.2',
  custom_rules: [
    {
      id: 'cookie-attack',
      name: 'Attack in a cookie',
      tags: { type: 'cookie_attack', category: 'attack_attempt' },
      conditions: [
        {
          operator: 'phrase_match',
          parameters: { inputs: [{ address: 'server.request.cookies' }], list: [attack] },
        },
      ],
      transformers: [],
    },
  ],
}
const { documents } = await readRuleset([])
const { inspector, engine } = buildInspector({
  ruleset: { documents: [...documents, { path: 'cookie rules', text: JSON.stringify(cookieRules) }] },
  engine: {
    obfuscationKeyRegex: defaultPatterns.keyRegex,
    obfuscationValueRegex: defaultPatterns.valueRegex,
    minRules: 1,
  },
  inspection,
})
const writer = new EventWriter(inspection, engine)
t.teardown(() => engine.dispose())

/** The event of a request that must match, as written. */
function eventOf(parts: RequestParts): string {
  const record = makeRecord({ peer: '192.0.2.1', ...parts })
  const found = inspector.inspect(record)
  if (found.matches.length === 0) throw new Error(`no match: ${JSON.stringify(parts)}`)
  return Buffer.from(writer.write(record, found, 1, 1)).toString()
}

const json: (body: string) => RequestParts = (body) => ({
  method: 'POST',
  headers: [
    ['content-type', 'application/json'],
    ['content-length', String(body.length)],
  ],
  body,
})

const form: (body: string) => RequestParts = (body) => ({
  ...json(body),
  headers: [['content-type', 'application/x-www-form-urlencoded']],
})

const planted: Readonly<Record<string, RequestParts>> = {
  'in the query beside the attack': { target: `/?password=${secret}&x=${attack}` },
  'in the query together with the attack': { target: `/?password=${secret}${attack}` },
  'in the query under a name that is encoded': { target: `/?pass%77ord=${secret}&x=${attack}` },
  'in JSON in the query': { target: `/?x=${attack}&q=${encode(`{"password":"${secret}"}`)}` },
  'in JSON in the query that is cut short': { target: `/?x=${attack}&q=${encode(`{"password":"${secret}`)}` },
  'in JSON in the query, encoded twice': { target: `/?x=${attack}&q=${encode(encode(`{"token":"${secret}"}`))}` },
  'in an URL in the query': { target: `/?x=${attack}&next=${encode(`https://a/?api_key=${secret}`)}` },
  'in a value that matches': { target: `/?x=${encode(`${attack} password=${secret}`)}` },
  'in JSON that matches': { target: `/?x=${encode(`{"password":"${secret}","a":"${attack}"}`)}` },
  'in JSON that matches, as a list': { target: `/?x=${encode(`{"password":["${secret}"],"a":"${attack}"}`)}` },
  'as a web token in the query': { target: `/?x=${attack}&t=${jwt}` },
  'as a web token in a value that matches': { target: `/?x=${encode(`${attack} ${jwt}`)}` },
  'as a web token in a name that matches': { target: `/?${jwt}=${attack}` },
  'as a bearer token in the query': { target: `/?x=${attack}&t=Bearer%20${secret}` },
  'in the path': { target: `/a;jsessionid=${secret}/b?x=${attack}` },
  'as a web token in the path': { target: `/reset/${jwt}?x=${attack}` },
  'in a target that matches': { target: `/..%2f..%2f..%2fetc/passwd?q=${encode(`{"password":"${secret}"}`)}` },
  'in the user part of an URL in the query': { target: `/?x=${attack}&next=https://me:${secret}@a/` },
  'in the user part of an URL that matches': { target: `/?x=${encode(`https://me:${secret}@a/${attack}`)}` },
  'in an absolute target': { target: `http://me:${secret}@shop.example/?x=${attack}` },
  'in credentials': {
    target: `/?x=${attack}`,
    headers: [
      ['Authorization', `Bearer ${secret}`],
      ['Proxy-Authorization', `Basic ${secret}`],
      ['X-Api-Key', secret],
      ['Cookie', `sid=${secret}`],
    ],
  },
  'in a header that is shown': {
    target: `/?x=${attack}`,
    headers: [
      ['Via', `1.1 proxy?token=${secret}`],
      ['X-Forwarded', `Bearer ${secret}`],
      ['User-Agent', `app {"password": "${secret}"}`],
    ],
  },
  'in the chain of addresses': { target: `/?x=${attack}`, headers: [['X-Forwarded-For', `token=${secret}, 10.0.0.1`]] },
  'in ids': {
    target: `/?x=${attack}`,
    headers: [
      ['X-Request-Id', `token=${secret}`],
      ['traceparent', secret],
      ['x-datadog-trace-id', secret],
      ['x-datadog-tags', `_dd.p.token=${secret}`],
      ['tracestate', `dd=t.token:${secret}`],
      ['baggage', `user.id=${jwt},password=${secret},session.id=${secret}`],
    ],
  },
  'in the host': { target: `/?x=${attack}`, headers: [['Host', `me:${secret}@shop.example`]] },
  'in a header that matches': { headers: [['User-Agent', `Arachni/v1 password=${secret}`]] },
  'in the cookie that matches': { headers: [['Cookie', `theme=${secret}${attack}`]] },
  'in another cookie': { headers: [['Cookie', `session=${secret}; theme=${attack}`]] },
  'under a JSON key': json(`{"password":"${secret}${attack}"}`),
  'deep under a JSON key': json(`{"user":{"credentials":{"api_key":["${secret} ${attack}"]}}}`),
  'in a JSON key that holds a token': json(`{"${jwt}":"${attack}"}`),
  'beside the attack in JSON': json(`{"password":"${secret}","x":"${attack}"}`),
  'in a form': form(`password=${secret}&x=${attack}`),
  'in a form field that matches': form(`password=${secret}${attack}`),
}

for (const [where, parts] of Object.entries(planted)) {
  t.test(`a secret ${where} is in no event`, async (t) => {
    const event = eventOf(parts)
    t.notMatch(event, new RegExp(secret))
    t.notOk(event.includes(jwt.slice(0, 30)), 'no part of a token')
  })
}

t.test('what is no secret is there: the planted word shows under a harmless name', async (t) => {
  t.match(eventOf({ target: `/?name=${secret}&x=${attack}` }), new RegExp(secret))
  t.match(eventOf(json(`{"name":"${secret} ${attack}"}`)), new RegExp(secret))
})
