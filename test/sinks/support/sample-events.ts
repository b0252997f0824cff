// Events of several shapes, the same each time.
import { buildEvent } from '#src/verdict/build-event.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { sampleContext, sampleInput, sampleMatch, sampleRecord } from '../../verdict/support/event-input.js'

/** A GET with one match. */
export const plainEvent: SecurityEvent = buildEvent(sampleInput(), sampleContext())

const chained = sampleRecord({
  method: 'POST',
  target: '/login?next=%2Fa%7Cb&id=7',
  httpVersion: '1.1',
  headers: [
    ['host', 'shop.example:8443'],
    ['user-agent', 'sqlmap/1.8 (x=y|z)'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['x-request-id', 'req-1'],
  ],
  bodyDeclaredBytes: 40,
  bodySeenBytes: 40,
  peer: '2001:db8::1',
})

/** A POST over IPv6 with two rules, a trace, and text that each format must escape. */
export const fullEvent: SecurityEvent = buildEvent(
  sampleInput({
    record: chained,
    host: 'shop.example:8443',
    hostRaw: 'shop.example:8443',
    bodyInspectedBytes: 40,
    bodyType: 'application/json',
    bodyFault: 'json_cut',
    clientIp: '2001:db8::7',
    clientChain: ['2001:db8::7', '2001:db8::1'],
    matches: [
      {
        id: 'sqli|1',
        name: 'SQL injection | "quoted" \\ back',
        tags: { type: 'sql_injection', category: 'attack_attempt', confidence: '1' },
        conditions: [
          {
            operator: 'is_sqli',
            operatorValue: '',
            address: 'server.request.body',
            keyPath: ['user', 'name'],
            value: "a=b\r\n' or 1=1 \\",
            highlight: ["' or 1=1"],
          },
        ],
      },
      sampleMatch,
    ],
    flags: { truncated: true, aborted: false, timedOut: false },
  }),
  sampleContext(),
)

/** What a rate limit made of 120 events like the first. */
export const foldedEvent: SecurityEvent = {
  ...plainEvent,
  folded: {
    count: 120,
    first: '2026-01-02T03:04:05.678Z',
    last: '2026-01-02T03:04:15.000Z',
    by: 'rule_route_client',
  },
}

/** Little is known: no client, no peer, no host. */
export const bareEvent: SecurityEvent = buildEvent(
  sampleInput({
    record: sampleRecord({ method: 'BREW', target: '*', httpVersion: '', peer: null, parseError: 'method' }),
    host: '',
    hostRaw: '',
    clientIp: null,
    clientChain: [],
    matches: [{ id: 'r', name: 'Scanner', tags: { type: 'security_scanner', confidence: '1' }, conditions: [] }],
  }),
  sampleContext({ env: '', version: '' }),
)

export const sampleEvents: readonly SecurityEvent[] = [plainEvent, fullEvent, foldedEvent, bareEvent]

/** Events as they come to a sink. */
export function linesOfEvents(events: readonly SecurityEvent[]): { lines: Uint8Array; eventCount: number } {
  return { lines: Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')), eventCount: events.length }
}
