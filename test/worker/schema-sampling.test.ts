// A sampled request gives its schemas: it goes to the engine even if the prefilter could have cleared it, and comes out as it would.
import t from 'tap'
import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import { completeServeOptions } from '#src/options/load.js'
import { buildInspector } from '#src/worker/build-inspector.js'
import { EventWriter } from '#src/worker/event-writer.js'
import { SpanGate } from '#src/worker/span-gate.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'

const options = completeServeOptions({ events: ['datadog'], verifyRatio: 0, wafTimeoutUs: 5_000_000 })
const settings = await readWorkerSettings(options)
const { spans } = settings.inspection
if (spans === undefined) throw new Error('the datadog target asks for spans')
const built = buildInspector(settings, false, new SpanGate(spans, () => Date.UTC(2026, 0, 1)))
t.teardown(() => built.dispose())
const { inspector } = built

interface Judged {
  readonly outcome: string
  readonly isCleared: boolean
  readonly schemas: Readonly<Record<string, unknown>>
}

function judge(parts: RequestParts): Judged {
  const { outcome, isCleared, attributes = {} } = inspector.inspect(makeRecord(parts))
  const schemas = Object.entries(attributes).filter(([name]) => name.startsWith('_dd.appsec.s.'))
  return { outcome, isCleared, schemas: Object.fromEntries(schemas) }
}

t.test('the first request of an endpoint gives its schemas, the next does not', async (t) => {
  const first = judge({ target: '/users/17?page=1' })
  t.match(first, { outcome: 'clean', isCleared: false })
  t.strictSame(first.schemas['_dd.appsec.s.req.query'], [{ page: [[[8]], { len: 1 }] }])
  t.match(judge({ target: '/users/18?page=1' }), { outcome: 'clean', isCleared: true, schemas: {} })
  t.match(judge({ target: '/users?page=1' }), { isCleared: false })
  t.match(inspector.inspect(makeRecord({ target: '/why' })).reason, { cause: 'its schema is due' })
})

t.test('a body is described with what its values are', async (t) => {
  const body = '{"user":{"email":"a@b.co"}}'
  const headers: RequestParts['headers'] = [
    ['content-type', 'application/json'],
    ['content-length', String(body.length)],
  ]
  const { schemas } = judge({ method: 'POST', target: '/users', headers, body })
  t.strictSame(schemas['_dd.appsec.s.req.body'], [{ user: [{ email: [8, { category: 'pii', type: 'email' }] }] }])
})

t.test('an attack that is sampled is matched as ever, and its event has the schemas', async (t) => {
  const record = makeRecord({ target: '/attacked?x=$globals' })
  const inspection = inspector.inspect(record)
  t.equal(inspection.outcome, 'matched')
  const event = new EventWriter(settings.inspection, built.engine).build(record, inspection, 1, 1)
  t.equal(event.attributes['_dd.appsec.s.req.query'], '[{"x":[[[8]],{"len":1}]}]')
  t.equal(event.request.endpoint, '/attacked')
})

t.test('without a datadog target nothing is sampled', async (t) => {
  const plain = await readWorkerSettings(completeServeOptions({ events: ['stdout'] }))
  t.equal(plain.inspection.spans, undefined)
  for (const target of ['datadog', 'datadog:http://agent:8126', 'datadog?rate=5/s']) {
    const { inspection } = await readWorkerSettings(completeServeOptions({ events: ['stdout', target] }))
    t.ok(inspection.spans, target)
  }
})
