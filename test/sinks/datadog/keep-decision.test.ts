import t from 'tap'
import { decideKeep, type KeepDecision } from '#src/sinks/datadog/keep-decision.js'
import type { TraceContext } from '#src/sinks/datadog/trace-context.js'
import { sampleWork } from '../../verdict/support/event-input.js'
import { eventWith, requestWith } from './support/events.js'

const root: TraceContext = { traceId: 1n, parentId: 0n, priority: undefined, tags: {} }
const rejected: TraceContext = { ...root, priority: -1 }
const clean = requestWith()
const withSchema = requestWith({ work: sampleWork({ attributes: { '_dd.appsec.s.req.query': [8] } }) })
const kept = requestWith({ work: sampleWork({ isKept: true }) })
const byAppsec: KeepDecision = { priority: 2, decisionMaker: '-5', agentRate: undefined }

t.test('what AppSec wants is kept, whatever the sender of the trace decided', async (t) => {
  for (const isStandalone of [false, true]) {
    t.strictSame(decideKeep(eventWith(), rejected, false, isStandalone, 0), byAppsec, 'an event')
    t.strictSame(decideKeep(kept, rejected, false, isStandalone, 0), byAppsec, 'a rule without an event')
    t.strictSame(decideKeep(clean, rejected, true, isStandalone, 0), byAppsec, 'the first span')
  }
  t.strictSame(decideKeep(withSchema, rejected, false, true, 0), byAppsec)
  t.match(decideKeep(withSchema, rejected, false, false, 0), { priority: -1 }, 'with APM the sender decides')
})

t.test('with APM the sender decides, else the agent’s rate', async (t) => {
  t.strictSame(decideKeep(clean, rejected, false, false, 1), {
    priority: -1,
    decisionMaker: undefined,
    agentRate: undefined,
  })
  t.strictSame(decideKeep(clean, root, false, false, 1), { priority: 1, decisionMaker: '-1', agentRate: 1 })
  t.strictSame(decideKeep(clean, root, false, false, 0), { priority: 0, decisionMaker: '-1', agentRate: 0 })
})

t.test('a rate keeps its share of the traces, the same ones each time', async (t) => {
  const keptOf = (rate: number): string =>
    Array.from({ length: 2000 }, (_, index) => {
      const traceId = BigInt.asUintN(64, BigInt(index + 1) * 0x9e3779b97f4a7c15n)
      return decideKeep(clean, { ...root, traceId }, false, false, rate).priority
    }).join('')
  const count = [...keptOf(0.25)].filter((sign) => sign === '1').length
  t.ok(count > 430 && count < 570, `${count} of 2000`)
  t.equal(keptOf(0.25), keptOf(0.25))
})

t.test('without APM the sender’s word counts only when it is AppSec’s', async (t) => {
  const heartbeat = { priority: 1, decisionMaker: '-0', agentRate: undefined }
  t.strictSame(decideKeep(clean, rejected, false, true, 0), heartbeat)
  t.strictSame(decideKeep(clean, { ...rejected, tags: { '_dd.p.ts': '01' } }, false, true, 0), heartbeat)
  t.match(decideKeep(clean, { ...rejected, tags: { '_dd.p.ts': '02' } }, false, true, 0), { priority: -1 })
  t.match(decideKeep(clean, { ...rejected, tags: { '_dd.p.ts': '12' } }, false, true, 0), { priority: -1 })
})
