// Sends a parsed JSON value to a visitor. For bearer tokens, which are short and rare: values become bytes again.

import { isRecord } from '../../json-shape.js'
import type { ValueVisitor } from '../../request/value-visitor.js'

/** @param value - what JSON.parse gave. */
export function sendJson(visitor: ValueVisitor, value: unknown): void {
  if (Array.isArray(value)) {
    visitor.openList()
    for (const item of value) sendJson(visitor, item)
    visitor.closeList()
  } else if (isRecord(value)) sendMap(visitor, value)
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    visitor.string(bytes, 0, bytes.length)
  } else if (typeof value === 'number') visitor.number(value)
  else if (typeof value === 'boolean') visitor.boolean(value)
  else visitor.nil()
}

function sendMap(visitor: ValueVisitor, map: Readonly<Record<string, unknown>>): void {
  visitor.openMap('plain')
  for (const [key, value] of Object.entries(map)) {
    const bytes = Buffer.from(key)
    visitor.key(bytes, 0, bytes.length)
    sendJson(visitor, value)
  }
  visitor.closeMap()
}
