import t from 'tap'
import type { SpanSettings } from '#src/worker/messages.js'
import { allocateSpanGate, SpanGate } from '#src/worker/span-gate.js'

const startMs = Date.UTC(2026, 0, 1)
const nothing = { isKept: false, attributes: undefined }

/** Two workers' gates over one memory, and their clock. */
function openGates(changes: Partial<SpanSettings> = {}): {
  gates: readonly [SpanGate, SpanGate]
  pass(ms: number): void
} {
  let nowMs = startMs
  const settings: SpanSettings = {
    mode: 'heartbeat',
    limitCount: 0,
    schemaPeriodSeconds: 30,
    gate: allocateSpanGate(),
    ...changes,
  }
  const open = (): SpanGate => new SpanGate(settings, () => nowMs)
  return {
    gates: [open(), open()],
    pass(ms) {
      nowMs += ms
    },
  }
}

t.test('one request a minute is reported, over all workers', async (t) => {
  const { gates, pass } = openGates()
  t.strictSame(
    [gates[0], gates[1], gates[0]].map((gate) => gate.admit(nothing)),
    ['reported', 'none', 'none'],
  )
  pass(59_000)
  t.equal(gates[1].admit(nothing), 'none')
  pass(1000)
  t.equal(gates[1].admit(nothing), 'reported')
  t.equal(gates[0].admit(nothing), 'none')
})

t.test('what the engine keeps and what has a schema is reported always, and takes no heartbeat', async (t) => {
  const { gates } = openGates()
  t.equal(gates[0].admit({ ...nothing, isKept: true }), 'reported')
  t.equal(gates[0].admit({ ...nothing, attributes: { '_dd.appsec.s.req.body': [] } }), 'reported')
  t.equal(
    gates[0].admit({ ...nothing, attributes: { '_dd.appsec.fp.http.endpoint': 'x' } }),
    'reported',
    'the heartbeat',
  )
  t.equal(gates[0].admit({ ...nothing, attributes: { '_dd.appsec.fp.http.endpoint': 'x' } }), 'none')
})

t.test('with a span for every request a second takes its limit, and says what is beyond', async (t) => {
  const { gates, pass } = openGates({ mode: 'all', limitCount: 3 })
  const admit = (): readonly string[] => [gates[0], gates[1], gates[0], gates[1]].map((gate) => gate.admit(nothing))
  t.strictSame(admit(), ['reported', 'reported', 'reported', 'over-limit'])
  pass(1000)
  t.strictSame(admit(), ['reported', 'reported', 'reported', 'over-limit'])
  const { gates: unlimited } = openGates({ mode: 'all' })
  for (let count = 0; count < 5000; count += 1) t.equal(unlimited[0].admit(nothing), 'reported')
})

t.test('each endpoint gives its schema once in the period, over all workers', async (t) => {
  const { gates, pass } = openGates()
  t.ok(gates[0].sample('GET', '/a'))
  t.notOk(gates[1].sample('GET', '/a'))
  t.ok(gates[1].sample('POST', '/a'), 'another method is another endpoint')
  t.ok(gates[1].sample('GET', '/b'))
  pass(29_000)
  t.notOk(gates[0].sample('GET', '/a'))
  pass(1000)
  t.ok(gates[0].sample('GET', '/a'))
})

t.test('a period of 0 samples every request, and without one none is', async (t) => {
  const every = openGates({ schemaPeriodSeconds: 0 }).gates[0]
  t.ok(every.samplesSchemas && every.sample('GET', '/a') && every.sample('GET', '/a'))
  const none = openGates({ schemaPeriodSeconds: undefined }).gates[0]
  t.notOk(none.samplesSchemas || none.sample('GET', '/a'))
})

t.test('a flood of endpoints fills the table and no more; its places come free with time', async (t) => {
  const { gates, pass } = openGates()
  const sampledOf = (prefix: string): number => {
    let count = 0
    for (let index = 0; index < 20_000; index += 1) if (gates[0].sample('GET', `/${prefix}${index}`)) count += 1
    return count
  }
  const first = sampledOf('a')
  t.ok(first > 3500 && first <= 4096, `${first} of 20000`)
  t.equal(sampledOf('b'), 0, 'no place is free')
  pass(30_000)
  t.ok(sampledOf('b') > 3500, 'all are free again')
})

t.test('a clock that is set back silences nothing for longer than a period', async (t) => {
  const { gates, pass } = openGates()
  t.equal(gates[0].admit(nothing), 'reported')
  t.ok(gates[0].sample('GET', '/a'))
  pass(-3_600_000)
  t.equal(gates[0].admit(nothing), 'reported')
  t.equal(gates[1].admit(nothing), 'none', 'once, over all workers')
  t.ok(gates[0].sample('GET', '/a'))
  t.notOk(gates[1].sample('GET', '/a'))
})

t.test('a worker whose clock was read a moment earlier reports nothing twice', async (t) => {
  const { gates, pass } = openGates()
  t.equal(gates[0].admit(nothing), 'reported')
  pass(-1000)
  t.equal(gates[1].admit(nothing), 'none')
})

t.test('a flood fills the table after the clock was set back too', async (t) => {
  const { gates, pass } = openGates()
  for (let index = 0; index < 20_000; index += 1) gates[0].sample('GET', `/a${index}`)
  t.notOk(gates[0].sample('GET', '/b'))
  pass(-3_600_000)
  t.ok(gates[0].sample('GET', '/b'), 'places of a time that has not come are free')
})
