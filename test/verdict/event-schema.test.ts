import { readFileSync } from 'node:fs'
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import t from 'tap'
import { bodyFaults } from '#src/request/body/body-fault.js'
import { buildEvent } from '#src/verdict/build-event.js'
import { encodeEvent } from '#src/verdict/encode-event.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { sampleContext, sampleInput, sampleRecord } from './support/event-input.js'

const schema: AnySchemaObject = JSON.parse(
  readFileSync(new URL('../../../dist/verdict/event.schema.json', import.meta.url), 'utf8'),
)

/** The schema with every object closed: a field that the schema does not describe is a fault here, not for its readers. */
function closeObjects(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closeObjects)
  if (typeof node !== 'object' || node === null) return node
  const closed = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closeObjects(value)]))
  return 'properties' in closed ? { additionalProperties: false, ...closed } : closed
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
const isEvent = ajv.compile({ ...schema, $id: 'urn:mirrorwaf:open' })
const isExactEvent = ajv.compile(Object.assign({}, closeObjects(schema), { $id: 'urn:mirrorwaf:closed' }))

function roundTrip(event: SecurityEvent): SecurityEvent {
  return JSON.parse(Buffer.from(encodeEvent(event)).toString())
}

const plain = roundTrip(buildEvent(sampleInput(), sampleContext()))
const full = roundTrip(
  buildEvent(
    sampleInput({
      record: sampleRecord({
        parseError: 'target',
        httpVersion: '',
        bodyDeclaredBytes: 12,
        bodySeenBytes: 12,
        peer: null,
        headers: [
          ['host', 'h'],
          ['x-request-id', 'r'],
          ['x-amzn-trace-id', 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8'],
        ],
      }),
      bodyType: 'application/json',
      bodyInspectedBytes: 12,
      clientIp: null,
      flags: { truncated: true, aborted: true, timedOut: true },
    }),
    sampleContext(),
  ),
)

t.test('events are as the shipped schema says, with no field that it does not describe', async (t) => {
  for (const event of [plain, full]) {
    t.ok(isExactEvent(event), JSON.stringify(isExactEvent.errors))
  }
})

t.test('any version that the tolerant reader takes is valid in an event', async (t) => {
  for (const httpVersion of ['0.9', '1.0', '1.1', '9.9', '']) {
    const event = roundTrip(buildEvent(sampleInput({ record: sampleRecord({ httpVersion }) }), sampleContext()))
    t.ok(isExactEvent(event), httpVersion)
  }
  t.notOk(isEvent({ ...plain, request: { ...plain.request, http_version: 'two' } }))
})

t.test('each fault that a body can have is valid in an event, and no other', async (t) => {
  for (const bodyFault of bodyFaults) {
    const event = roundTrip(buildEvent(sampleInput({ bodyFault }), sampleContext()))
    t.equal(event.request.body.fault, bodyFault)
    t.ok(isExactEvent(event), bodyFault)
  }
  const body = { ...plain.request.body, fault: 'tired' }
  t.notOk(isEvent({ ...plain, request: { ...plain.request, body } }))
})

t.test('an event of a later version with one more field is still valid', async (t) => {
  t.ok(isEvent({ ...plain, later: 1 }))
  t.notOk(isExactEvent({ ...plain, later: 1 }))
})

t.test('every field is required, and a wrong value is refused', async (t) => {
  for (const key of Object.keys(plain)) {
    const others = Object.entries(plain).filter(([name]) => name !== key)
    t.notOk(isEvent(Object.fromEntries(others)), `without ${key}`)
  }
  t.notOk(isEvent({ ...plain, schema_version: 2 }))
  t.notOk(isEvent({ ...plain, outcome: 'fine' }))
  t.notOk(isEvent({ ...plain, timestamp: '2026-01-02 03:04:05' }))
  t.notOk(isEvent({ ...plain, timings_us: { queue: -1, inspect: 0 } }))
})
