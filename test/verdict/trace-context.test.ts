import t from 'tap'
import { findRequestId, findTraceContext } from '#src/verdict/trace-context.js'

const w3c = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const amazon = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1'
const none = { traceId: null, spanId: null }

t.test('each kind of trace header gives its ids as sent', async (t) => {
  const cases: readonly (readonly [headers: Record<string, string>, traceId: string, spanId: string | null])[] = [
    [{ traceparent: w3c }, '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'],
    [{ 'x-datadog-trace-id': '18446744073709551615', 'x-datadog-parent-id': '42' }, '18446744073709551615', '42'],
    [{ 'x-datadog-trace-id': '7' }, '7', null],
    [
      { 'x-cloud-trace-context': '4bf92f3577b34da6a3ce929d0e0e4736/123;o=1' },
      '4bf92f3577b34da6a3ce929d0e0e4736',
      '123',
    ],
    [{ 'x-cloud-trace-context': '4bf92f3577b34da6a3ce929d0e0e4736' }, '4bf92f3577b34da6a3ce929d0e0e4736', null],
    [{ 'x-amzn-trace-id': amazon }, '1-67891233-abcdef012345678912345678', '53995c3f42cd8ad8'],
    [
      { 'x-amzn-trace-id': 'Self=1-67891233-12456789abcdef0123456789;Root=1-67891233-abcdef012345678912345678' },
      '1-67891233-abcdef012345678912345678',
      null,
    ],
  ]
  for (const [headers, traceId, spanId] of cases) {
    t.strictSame(findTraceContext(new Map(Object.entries(headers))), { traceId, spanId })
  }
})

t.test('traceparent stands above the others, and one that names no trace gives way', async (t) => {
  const headers = new Map([
    ['traceparent', w3c],
    ['x-datadog-trace-id', '7'],
  ])
  t.equal(findTraceContext(headers).traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
  headers.set('traceparent', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`)
  t.equal(findTraceContext(headers).traceId, '7')
})

t.test('what is no id is not shown', async (t) => {
  for (const [name, value] of [
    ['traceparent', 'hunter2'],
    ['traceparent', w3c.toUpperCase()],
    ['x-datadog-trace-id', '0'],
    ['x-datadog-trace-id', '123456789012345678901'],
    ['x-cloud-trace-context', '4bf9/1'],
    ['x-amzn-trace-id', 'Root=hunter2'],
  ] as const) {
    t.strictSame(findTraceContext(new Map([[name, value]])), none, `${name}: ${value}`)
  }
})

t.test('a request id of 128 printable characters is shown, a longer or unprintable one is not', async (t) => {
  const idOf = (value: string): string | null => findRequestId(new Map([['x-request-id', value]]))
  t.equal(idOf(' a1b2 '), 'a1b2')
  t.equal(idOf('a'.repeat(128)), 'a'.repeat(128))
  t.equal(idOf('a'.repeat(129)), null)
  t.equal(idOf('a b'), null)
  t.equal(idOf('\u001b[31m'), null)
  t.equal(findRequestId(new Map()), null)
})
