import t from 'tap'
import { parseSinkSpec } from '#src/sinks/sink-spec.js'

t.test('each form of a destination is read', async (t) => {
  t.strictSame(parseSinkSpec('none'), { kind: 'none' })
  t.strictSame(parseSinkSpec('stdout'), { kind: 'stdout' })
  t.strictSame(parseSinkSpec('file:/var/log/a b:c'), { kind: 'file', path: '/var/log/a b:c' })
})

t.test('what is no destination is refused, naming it and what is accepted', async (t) => {
  for (const target of ['', 'file:', 'file', 'STDOUT', 'stdout ', 'kafka:x', 'file:a\0b']) {
    t.throws(() => parseSinkSpec(target), {
      code: 'MWAF_SINK_TARGET',
      details: { target, reason: 'accepted: stdout | file:PATH | none' },
    })
  }
})
