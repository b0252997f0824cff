// A matched request, in the words that the event builder takes.
import type { EngineWork, RuleMatch } from '#src/engine/engine.js'
import type { EventContext, EventInput } from '#src/verdict/build-event.js'
import { createEventIdSource } from '#src/verdict/event-id.js'
import type { RecordFields } from '#src/verdict/record-fields.js'
import { listReportedHeaders } from '#src/verdict/reported-headers.js'
import { defaultRedaction } from './redaction.js'

export const sampleMatch: RuleMatch = {
  id: 'crs-933-130',
  name: 'PHP Injection Attack',
  tags: { type: 'php_code_injection', category: 'attack_attempt' },
  conditions: [
    {
      operator: 'phrase_match',
      operatorValue: '',
      address: 'server.request.query',
      keyPath: ['x', '0'],
      value: '$globals',
      highlight: ['$globals'],
    },
  ],
}

export function sampleRecord(changes: Partial<RecordFields> = {}): RecordFields {
  return {
    method: 'GET',
    target: '/shop?x=$globals',
    httpVersion: '1.1',
    parseError: 'none',
    headers: [],
    bodyDeclaredBytes: null,
    bodySeenBytes: 0,
    peer: '10.0.0.1',
    receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ...changes,
  }
}

export function sampleWork(changes: Partial<EngineWork> = {}): EngineWork {
  return {
    engineUs: 41.4,
    timeoutCount: 0,
    errorNumber: undefined,
    isKept: false,
    attributes: undefined,
    cut: {},
    ...changes,
  }
}

export function sampleInput(changes: Partial<EventInput> = {}): EventInput {
  return {
    record: sampleRecord(),
    host: 'shop.example',
    hostRaw: 'shop.example-shadow',
    bodyInspectedBytes: 0,
    bodyType: null,
    bodyFault: null,
    clientIp: '203.0.113.7',
    clientChain: ['203.0.113.7', '10.0.0.1'],
    matches: [sampleMatch],
    flags: { truncated: false, aborted: false, timedOut: false },
    outcome: 'matched',
    endpoint: '/shop',
    work: sampleWork(),
    queueUs: 1200,
    inspectUs: 90,
    ...changes,
  }
}

export function sampleContext(changes: Partial<EventContext> = {}): EventContext {
  return {
    service: 'shop',
    env: 'test',
    version: '1.2.3',
    engine: { name: 'libddwaf', version: '1.30.1', rulesVersion: '1.18.0' },
    reportedHeaders: listReportedHeaders(['x-forwarded-for', 'x-real-ip']),
    redact: defaultRedaction(),
    isSecretPath: () => false,
    nextId: createEventIdSource((bytes) => bytes.fill(7)),
    ...changes,
  }
}
