// Spans laid side by side: one flat list of fields each, and those in which they differ.
import type { MsgpackMap, MsgpackValue } from './msgpack.js'

/** Values by name; tags stand as `meta.NAME` and `metrics.NAME`. */
export type Fields = ReadonlyMap<string, unknown>

export interface FieldDifference {
  readonly field: string
  readonly peer: unknown
  readonly ours: unknown
}

export function fieldsOf(span: MsgpackMap): Fields {
  const fields = new Map<string, unknown>()
  for (const [name, value] of span) {
    if (name === 'meta' || name === 'metrics') {
      for (const [tag, shown] of value instanceof Map ? value : []) fields.set(`${name}.${tag}`, normalise(tag, shown))
    } else if (!(value instanceof Map && value.size === 0)) fields.set(name, normalise(name, value))
  }
  // A trace that begins with this span has the second of its beginning in its id.
  const upper = String(fields.get('meta._dd.p.tid'))
  if (fields.get('parent_id') === '0') fields.set('meta._dd.p.tid', upper.replace(/^[0-9a-f]{8}(?=0{8}$)/, 'SECONDS:'))
  return fields
}

export function differencesOf(peer: Fields, ours: Fields): readonly FieldDifference[] {
  const names = new Set([...peer.keys(), ...ours.keys()])
  return [...names].flatMap((field) => {
    const pair = { field, peer: peer.get(field), ours: ours.get(field) }
    return JSON.stringify(pair.peer) === JSON.stringify(pair.ours) ? [] : [pair]
  })
}

/** JSON is compared by what it says: neither the order of keys nor that of triggers means anything. Ids are compared as text. */
function normalise(name: string, value: MsgpackValue): unknown {
  if (name.startsWith('_dd.appsec.s.') || name === '_dd.appsec.json') return sortKeys(JSON.parse(String(value)))
  return name.endsWith('_id') ? String(value) : Buffer.isBuffer(value) ? value.toString('hex') : toPlain(value)
}

function toPlain(value: MsgpackValue): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]))
}
