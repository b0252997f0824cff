// Event lines for tests of store and page.
import type { EventBlock } from '#src/sinks/sink.js'

export interface LineParts {
  readonly atMs?: number
  readonly rule?: string
  readonly type?: string
  readonly client?: string | null
  readonly method?: string
  readonly host?: string
  readonly path?: string
  readonly query?: string
  readonly address?: string
  readonly keyPath?: readonly string[]
  readonly value?: string
  readonly highlight?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A whole event; what is left out is harmless. */
export function eventOf(parts: LineParts = {}): object {
  const { rule = 'crs-942-100', type = 'sql_injection', value = "1' OR 1=1", highlight = value } = parts
  return {
    schema_version: 1,
    timestamp: new Date(parts.atMs ?? Date.UTC(2026, 0, 2, 3, 4, 5)).toISOString(),
    event_id: '01234567-89ab-7def-8123-456789abcdef',
    service: 'shop',
    env: 'test',
    version: '1',
    request: {
      method: parts.method ?? 'GET',
      host: parts.host ?? 'shop.example',
      host_raw: parts.host ?? 'shop.example',
      path: parts.path ?? '/products',
      query: parts.query ?? 'id=1',
      http_version: '1.1',
      request_id: 'r-1',
      trace_id: null,
      span_id: null,
      headers: parts.headers ?? { 'user-agent': 'Mozilla/5.0' },
      body: { declared: null, seen: 0, inspected: 0, type: null },
      parse_error: null,
    },
    client: { ip: parts.client === undefined ? '192.0.2.1' : parts.client, peer: '127.0.0.1', chain: [] },
    matches: [
      {
        rule: { id: rule, name: `The rule ${rule}`, tags: { type, category: 'attack_attempt' } },
        matches: [
          {
            operator: 'match_regex',
            operator_value: 'or',
            address: parts.address ?? 'server.request.query',
            key_path: parts.keyPath ?? ['id', '0'],
            value,
            highlight: [highlight],
          },
        ],
      },
    ],
    matches_omitted: 0,
    outcome: 'matched',
    flags: { truncated: false, aborted: false, timed_out: false },
    engine: { name: 'libddwaf', version: '1', rules_version: '1' },
    timings_us: { queue: 1, inspect: 2 },
  }
}

/** Events as they reach a sink. */
export function blockOf(events: readonly object[]): EventBlock {
  const lines = new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  return { lines, eventCount: events.length }
}
