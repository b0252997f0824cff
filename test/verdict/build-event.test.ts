import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import type { ConditionMatch } from '#src/engine/engine.js'
import { HeaderNames } from '#src/request/header-names.js'
import { buildEvent } from '#src/verdict/build-event.js'
import { type RecordHeader, readRecordFields } from '#src/verdict/record-fields.js'
import { listReadHeaders, listReportedHeaders } from '#src/verdict/reported-headers.js'
import { sampleContext, sampleInput, sampleMatch, sampleRecord, sampleWork } from './support/event-input.js'

t.test('an event says what was asked, by whom, what matched and who judged', async (t) => {
  const event = buildEvent(sampleInput(), sampleContext())
  t.strictSame(event, {
    schema_version: 1,
    timestamp: '2026-01-02T03:04:05.678Z',
    event_id: '019b7ca9-8f2e-7707-8707-070707070707',
    service: 'shop',
    env: 'test',
    version: '1.2.3',
    request: {
      method: 'GET',
      host: 'shop.example',
      host_raw: 'shop.example-shadow',
      path: '/shop',
      query: 'x=$globals',
      http_version: '1.1',
      request_id: null,
      trace_id: null,
      span_id: null,
      headers: {},
      endpoint: '/shop',
      trace_headers: {},
      body: { declared: null, seen: 0, inspected: 0, type: null, fault: null },
      parse_error: null,
    },
    client: { ip: '203.0.113.7', peer: '10.0.0.1', chain: ['203.0.113.7', '10.0.0.1'] },
    matches: [
      {
        rule: { id: sampleMatch.id, name: sampleMatch.name, tags: sampleMatch.tags },
        matches: [
          {
            operator: 'phrase_match',
            operator_value: '',
            address: 'server.request.query',
            key_path: ['x', '0'],
            value: '$globals',
            highlight: ['$globals'],
          },
        ],
      },
    ],
    matches_omitted: 0,
    outcome: 'matched',
    flags: { truncated: false, aborted: false, timed_out: false },
    engine: { name: 'libddwaf', version: '1.30.1', rules_version: '1.18.0' },
    attributes: {},
    inspection: {
      engine_us: 41,
      timeouts: 0,
      error: null,
      kept: false,
      cut: { string_bytes: 0, container_size: 0, container_depth: 0 },
    },
    timings_us: { queue: 1200, inspect: 90 },
  })
})

t.test('trace headers are shown as they came, and only those that look as they must', async (t) => {
  const shownOf = (headers: readonly RecordHeader[]): unknown =>
    buildEvent(sampleInput({ record: sampleRecord({ headers }) }), sampleContext()).request.trace_headers
  t.match(
    shownOf([
      ['x-datadog-trace-id', '1234567890123456789'],
      ['x-datadog-parent-id', '12'],
      ['x-datadog-sampling-priority', '-1'],
      ['x-datadog-origin', 'rum'],
      ['x-datadog-tags', '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4'],
      ['tracestate', 'dd=s:1;o:rum,other=1'],
      ['baggage', 'user.id=u1;ttl=3, foo=bar,session.id=s1'],
    ]),
    {
      'x-datadog-trace-id': '1234567890123456789',
      'x-datadog-parent-id': '12',
      'x-datadog-sampling-priority': '-1',
      'x-datadog-origin': 'rum',
      'x-datadog-tags': '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4',
      tracestate: 'dd=s:1;o:rum,other=1',
      baggage: 'user.id=u1,session.id=<Redacted>',
    },
  )
  t.strictSame(
    Object.keys(
      Object(
        shownOf([
          ['x-datadog-trace-id', 'hunter2'],
          ['x-datadog-sampling-priority', '10'],
          ['x-datadog-origin', 'a b'],
          ['x-datadog-tags', 'x'.repeat(513)],
          ['traceparent', '00-1-2-3'],
          ['tracestate', 'x'.repeat(2049)],
          ['baggage', `user.id=${'x'.repeat(8192)}`],
        ]),
      ),
    ),
    [],
  )
})

t.test('what the engine says beside matches is in the event', async (t) => {
  const work = sampleWork({
    engineUs: 12.6,
    timeoutCount: 2,
    errorNumber: -3,
    isKept: true,
    attributes: { '_dd.appsec.fp.http.endpoint': 'http-get-1', 'jwt.none': 1, gone: null, endless: Number.NaN },
    cut: { stringLengthBytes: 5000, containerDepth: 20 },
  })
  const { attributes, inspection } = buildEvent(sampleInput({ work }), sampleContext())
  t.strictSame({ ...attributes }, { '_dd.appsec.fp.http.endpoint': 'http-get-1', 'jwt.none': 1 })
  t.strictSame(inspection, {
    engine_us: 13,
    timeouts: 2,
    error: -3,
    kept: true,
    cut: { string_bytes: 5000, container_size: 0, container_depth: 20 },
  })
})

t.test('a target in any form is split into path and query', async (t) => {
  for (const [target, path, query] of [
    ['/a?b?c#d', '/a', 'b?c#d'],
    ['/a?', '/a', ''],
    ['//a/../x', '//a/../x', ''],
    ['*', '*', ''],
    ['http://h.example:80/a?b', '/a', 'b'],
    ['http://user:hunter2@h.example?b=/c', '', 'b=/c'],
    ['shop.example:443', 'shop.example:443', ''],
    ['?x', '', 'x'],
  ] as const) {
    const { request } = buildEvent(sampleInput({ record: sampleRecord({ target }) }), sampleContext())
    t.strictSame([request.path, request.query], [path, query], target)
  }
})

t.test('listed headers are shown, repeated ones joined, credentials and unlisted ones never', async (t) => {
  const headers = [
    ['user-agent', 'curl'],
    ['x-forwarded-for', '203.0.113.7'],
    ['x-forwarded-for', '10.0.0.1'],
    ['authorization', 'Bearer hunter2'],
    ['cookie', 'sid=hunter2'],
    ['x-anything', 'hunter2'],
    ['via', '1.1 a?token=hunter2'],
    ['x-request-id', 'r-1'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ] as const
  const { request } = buildEvent(sampleInput({ record: sampleRecord({ headers }) }), sampleContext())
  t.strictSame(
    { ...request.headers },
    { 'user-agent': 'curl', 'x-forwarded-for': '203.0.113.7,10.0.0.1', via: '1.1 a?token=<Redacted>' },
  )
  t.equal(request.request_id, 'r-1')
  t.equal(request.span_id, '00f067aa0ba902b7')
})

t.test(
  'a header that names the client is shown when the operator configured it, but not if it is a credential',
  async (t) => {
    const headers = [
      ['x-client', '203.0.113.7'],
      ['cookie', 'sid=hunter2'],
      ['__proto__', 'x'],
    ] as const
    const context = sampleContext({ reportedHeaders: new Set(['x-client', 'cookie', '__proto__']) })
    const { request } = buildEvent(sampleInput({ record: sampleRecord({ headers }) }), context)
    t.strictSame(Object.entries(request.headers), [
      ['x-client', '203.0.113.7'],
      ['cookie', '<Redacted>'],
      ['__proto__', 'x'],
    ])
  },
)

t.test('of a matched cookie only what matched is shown', async (t) => {
  const condition = {
    operator: 'phrase_match',
    operatorValue: '',
    address: 'server.request.cookies',
    keyPath: ['theme', '0'],
    value: 'hunter2$globals',
    highlight: ['$globals'],
  }
  const { matches } = buildEvent(
    sampleInput({ matches: [{ ...sampleMatch, conditions: [condition] }] }),
    sampleContext(),
  )
  t.equal(matches[0]?.matches[0]?.value, '<Redacted>')
  t.strictSame(matches[0]?.matches[0]?.highlight, ['$globals'])
})

t.test('a matched target is redacted like the target itself', async (t) => {
  const condition = {
    operator: 'match_regex',
    operatorValue: 'x',
    address: 'server.request.uri.raw',
    keyPath: [],
    value: '/a?x=%7B%22password%22%3A%22hunter2%22%7D&y=../../etc/passwd',
    highlight: ['etc/passwd'],
  }
  const { matches } = buildEvent(
    sampleInput({ matches: [{ ...sampleMatch, conditions: [condition] }] }),
    sampleContext(),
  )
  t.equal(matches[0]?.matches[0]?.value, '/a?x=<Redacted>&y=../../etc/passwd')
})

t.test('user information in a host is not shown', async (t) => {
  const input = sampleInput({ host: 'me:hunter2@shop.example', hostRaw: 'me:hunter2@shop.example' })
  const { request } = buildEvent(input, sampleContext())
  t.strictSame([request.host, request.host_raw], ['<Redacted>@shop.example', '<Redacted>@shop.example'])
})

t.test('a chain longer than any real one is cut', async (t) => {
  const clientChain = Array.from({ length: 34 }, (_, index) => `10.0.0.${index}`)
  const { client } = buildEvent(sampleInput({ clientChain }), sampleContext())
  t.equal(client.chain.length, 33)
})

t.test('fields of a record are read as an event shows them', async (t) => {
  const record = makeRecord({
    method: 'REPORT',
    target: '/é?x=1',
    headers: [
      ['Content-Length', '12'],
      ['X-Ä', 'ü'],
      ['VIA', 'ü'],
    ],
    trailers: [['via', 'late']],
    body: 'hello world!',
    peer: '192.0.2.1',
  })
  const fields = readRecordFields(record, new HeaderNames(new Set(['content-length', 'via'])))
  t.equal(fields.method, 'REPORT')
  t.equal(fields.target, '/é?x=1')
  t.equal(fields.httpVersion, '1.1')
  t.equal(fields.parseError, 'none')
  t.equal(fields.bodyDeclaredBytes, 12)
  t.equal(fields.peer, '192.0.2.1')
  t.strictSame(fields.headers, [
    ['content-length', '12'],
    ['via', 'ü'],
  ])
})

t.test('of all headers those are read that are shown or that ids and the size are taken from', async (t) => {
  const names = new HeaderNames(listReadHeaders(listReportedHeaders(['x-real-ip'])))
  const headers: readonly RecordHeader[] = [
    ['X-Real-IP', 'shown'],
    ['Traceparent', 'an id'],
    ['X-Request-Id', 'an id'],
    ['Baggage', 'ids'],
    ['TraceState', 'a trace'],
    ['Content-Length', '1'],
    ['Cookie', 'a=b'],
    ['', 'no name'],
    ['x'.repeat(100), 'too long'],
  ]
  t.strictSame(
    readRecordFields(makeRecord({ headers }), names).headers,
    headers.slice(0, 6).map(([name, value]) => [name.toLowerCase(), value]),
  )
  t.strictSame(readRecordFields(makeRecord({ headers }), new HeaderNames(new Set())).headers, [])
})

t.test('a length that is no number, and a peer that is not there, read as null', async (t) => {
  const names = new HeaderNames(new Set(['content-length']))
  const fields = readRecordFields(makeRecord({ headers: [['content-length', '+5']] }), names)
  t.equal(fields.bodyDeclaredBytes, null)
  t.equal(fields.peer, null)
  t.equal(readRecordFields(makeRecord({}), names).bodyDeclaredBytes, null)
})

t.test('a highlight shows no more than its value', async (t) => {
  const shown = (changes: Partial<ConditionMatch>): readonly unknown[] => {
    const condition = {
      operator: 'match_regex',
      operatorValue: '',
      keyPath: ['x', '0'],
      ...sampleCondition,
      ...changes,
    }
    const context = sampleContext({ isSecretPath: (keyPath) => keyPath[0] === 'card' })
    const { matches } = buildEvent(sampleInput({ matches: [{ ...sampleMatch, conditions: [condition] }] }), context)
    return [matches[0]?.matches[0]?.value, matches[0]?.matches[0]?.highlight]
  }
  const sampleCondition = { address: 'server.request.body', value: 'a$globals', highlight: ['a$glob'] }
  t.strictSame(shown({}), ['a$globals', ['a$glob']])
  t.strictSame(shown({ keyPath: ['card', 'number'] }), ['<Redacted>', ['<Redacted>']])
  t.strictSame(shown({ address: 'server.request.cookies' }), ['<Redacted>', ['<Redacted>']])
  const header = { address: 'server.request.headers.no_cookies', keyPath: ['X-Api-Key', '0'] }
  t.strictSame(shown(header), ['<Redacted>', ['<Redacted>']])
  t.strictSame(shown({ value: '$globals password=hunter2', highlight: ['$globals', 'hunter2'] }), [
    '$globals password=<Redacted>',
    ['$globals', '<Redacted>'],
  ])
})
