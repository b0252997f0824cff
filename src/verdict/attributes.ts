// What rules and processors of the engine set on a request, made fit for an event: bounded, and without secrets.
import { isRecord } from '../json-shape.js'
import { toPlainObject } from './plain-object.js'
import type { Redactor } from './redact.js'

/** Far more than a ruleset sets on one request: four fingerprints, five schemas, some facts. */
const attributeLimit = 64
/** Longest schema, as JSON text. Datadog's agent cuts tags at 25,000 characters, and half a schema is none. */
export const schemaLimit = 24_000
/** All attributes of an event together, so that its matches keep their room. */
export const attributesLimit = 32_768

/**
 * @param attributes - from the engine; names are the ruleset's, texts and keys inside may be a sender's.
 * @returns texts and numbers; trees as JSON text. What is too large is left out whole.
 */
export function describeAttributes(
  attributes: Readonly<Record<string, unknown>> | undefined,
  redactor: Redactor,
): Readonly<Record<string, string | number>> {
  const described: [name: string, value: string | number][] = []
  let usedLength = 0
  for (const [name, value] of Object.entries(attributes ?? {}).slice(0, attributeLimit)) {
    const shown = showValue(value, redactor)
    if (shown === undefined) continue
    usedLength += name.length + String(shown).length
    if (usedLength > attributesLimit) break
    described.push([name, shown])
  }
  return toPlainObject(described)
}

function showValue(value: unknown, redactor: Redactor): string | number | undefined {
  if (typeof value === 'string') return redactor.redactText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null) return undefined
  const text = JSON.stringify(redactKeys(value, redactor))
  return text.length <= schemaLimit ? text : undefined
}

/** A schema holds no values, but a sender chose its keys. The engine bounds its depth (18) and its width (255). */
function redactKeys(node: unknown, redactor: Redactor): unknown {
  if (Array.isArray(node)) return node.map((item) => redactKeys(item, redactor))
  if (!isRecord(node)) return node
  const shown: Record<string, unknown> = Object.create(null)
  for (const [key, child] of Object.entries(node)) shown[redactor.redactText(key)] = redactKeys(child, redactor)
  return shown
}
