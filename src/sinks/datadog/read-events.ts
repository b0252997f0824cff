// Reads a block of JSON lines back into events.
import { recordOf } from '../../json-shape.js'
import { eventSchemaVersion, type SecurityEvent } from '../../verdict/event.js'

const decoder = new TextDecoder()

/** What is no event of this schema is left out: the lines come from our own encoder. */
export function readEvents(lines: Uint8Array): readonly SecurityEvent[] {
  const texts = decoder.decode(lines).split('\n')
  return texts.flatMap((text) => {
    const value: unknown = text === '' ? undefined : JSON.parse(text)
    return isEvent(value) ? [value] : []
  })
}

function isEvent(value: unknown): value is SecurityEvent {
  const { schema_version, request, matches, attributes } = recordOf(value)
  const hasParts = [request, attributes].every((part) => typeof part === 'object' && part !== null)
  return schema_version === eventSchemaVersion && Array.isArray(matches) && hasParts
}
