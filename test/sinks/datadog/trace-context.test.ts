import t from 'tap'
import { readTraceContext, spanIdOf, type TraceContext } from '#src/sinks/datadog/trace-context.js'

const spanId = 77n

function read(headers: Readonly<Record<string, string>>): TraceContext {
  return readTraceContext(headers, spanId, 0x6b01afa5)
}

const datadog = { 'x-datadog-trace-id': '1234567890123456789', 'x-datadog-parent-id': '987654321' }
const w3c = { traceparent: '00-640cfd8d00000000abcdefab12345678-00f067aa0ba902b7-01' }

t.test('without a trace one begins, named for its first span and its time', async (t) => {
  t.match(read({}), { traceId: spanId, parentId: 0n, priority: undefined, tags: { '_dd.p.tid': '6b01afa500000000' } })
})

t.test('the span joins the trace of Datadog headers with its origin, decision and tags', async (t) => {
  const context = read({
    ...datadog,
    'x-datadog-sampling-priority': '-1',
    'x-datadog-origin': 'synthetics',
    'x-datadog-tags': '_dd.p.tid=640cfd8d00000000,_dd.p.dm=-4,_dd.p.foo=bar,other=1,_dd.p.bad name=1',
  })
  t.strictSame(
    { ...context, tags: { ...context.tags } },
    {
      traceId: 1234567890123456789n,
      parentId: 987654321n,
      priority: -1,
      tags: { '_dd.p.tid': '640cfd8d00000000', '_dd.p.dm': '-4', '_dd.p.foo': 'bar', '_dd.origin': 'synthetics' },
    },
  )
})

t.test('the span joins the trace of W3C headers', async (t) => {
  const tracestate = 'other=1,dd=s:2;o:rum;p:00f067aa0ba902b7;t.usr.id:a~b;t.dm:-4'
  const context = read({ ...w3c, tracestate })
  t.strictSame(
    { ...context, tags: { ...context.tags } },
    {
      traceId: 0xabcdefab12345678n,
      parentId: 0x00f067aa0ba902b7n,
      priority: 2,
      tags: {
        '_dd.p.usr.id': 'a=b',
        '_dd.p.dm': '-4',
        '_dd.p.tid': '640cfd8d00000000',
        '_dd.origin': 'rum',
        '_dd.parent_id': '00f067aa0ba902b7',
        tracestate,
      },
    },
  )
})

t.test('where the W3C flag contradicts the number, the flag holds', async (t) => {
  const priorityOf = (flags: string, state: string): number | undefined =>
    read({ traceparent: `00-640cfd8d00000000abcdefab12345678-00f067aa0ba902b7-${flags}`, tracestate: state }).priority
  t.equal(priorityOf('01', 'dd=s:2'), 2)
  t.equal(priorityOf('01', 'dd=s:-1'), 1)
  t.equal(priorityOf('00', 'dd=s:2'), 0)
  t.equal(priorityOf('00', 'dd=s:-1'), -1)
  t.equal(priorityOf('01', 'other=1'), 1)
  t.equal(priorityOf('00', 'other=1'), 0)
})

t.test('Datadog headers go first, and keep the state of a W3C header of the same trace', async (t) => {
  const both = read({ ...datadog, ...w3c, tracestate: 'dd=s:1' })
  t.equal(both.traceId, 1234567890123456789n)
  t.notOk('tracestate' in both.tags)
  const same = read({
    ...w3c,
    'x-datadog-trace-id': String(0xabcdefab12345678n),
    'x-datadog-parent-id': '5',
    tracestate: 'a=b',
  })
  t.match(same, { parentId: 5n, tags: { tracestate: 'a=b' } })
})

t.test('ids that are none begin a trace of their own', async (t) => {
  const wrong: readonly Readonly<Record<string, string>>[] = [
    { 'x-datadog-trace-id': '0', 'x-datadog-parent-id': '1' },
    { 'x-datadog-trace-id': '18446744073709551616', 'x-datadog-parent-id': '1' },
    { 'x-datadog-trace-id': '1' },
    { traceparent: '00-00000000000000000000000000000000-00f067aa0ba902b7-01' },
    { traceparent: '00-640cfd8d00000000abcdefab12345678-0000000000000000-01' },
    { traceparent: 'x' },
  ]
  for (const headers of wrong) t.equal(read(headers).traceId, spanId, JSON.stringify(headers))
  t.equal(read({ 'x-datadog-trace-id': '18446744073709551615', 'x-datadog-parent-id': '1' }).traceId, 2n ** 64n - 1n)
  t.equal(read({ 'x-datadog-trace-id': '1', 'x-datadog-origin': 'synthetics' }).traceId, 1n, 'tests have no span')
})

t.test('only tracestate writes `~` for `=`', async (t) => {
  const tags = { 'x-datadog-tags': '_dd.p.a=x~y, _dd.p.b=x~y' }
  t.match(read({ ...datadog, ...tags }).tags, { '_dd.p.a': 'x~y', '_dd.p.b': 'x~y' })
  const context = read({ ...w3c, tracestate: 'dd=s:1;o:a~b;t.c:x~y~' })
  t.match(context.tags, { '_dd.origin': 'a=b', '_dd.p.c': 'x=y=' })
})

t.test('ids in baggage become tags', async (t) => {
  t.match(read({ baggage: 'user.id=J%C3%BCrgen,session.id=%zz' }).tags, {
    'baggage.user.id': 'Jürgen',
    'baggage.session.id': '%zz',
  })
})

t.test('a span is named by its event, so that what is sent twice is the same span', async (t) => {
  t.equal(spanIdOf('019b7ca9-8f2e-7707-8707-0a0707070707'), 0x07070a0707070707n)
  t.equal(spanIdOf('019b7ca9-8f2e-7707-8000-000000000000'), 1n, 'never 0, which means none')
})
