// Reads blocks of JSON lines back into events, for sinks that filter them or write them in another form.
import { recordOf } from '../json-shape.js'
import type { SecurityEvent } from '../verdict/event.js'

const newline = 0x0a
const decoder = new TextDecoder()

/** The lines of a block one after the other, line ends included; views, not copies. */
export function* linesOf(lines: Uint8Array): Generator<Uint8Array> {
  let start = 0
  while (start < lines.byteLength) {
    const found = lines.indexOf(newline, start)
    const end = found < 0 ? lines.byteLength : found + 1
    yield lines.subarray(start, end)
    start = end
  }
}

/** @returns undefined for a line that is no event of this schema. */
export function readEvent(line: Uint8Array): SecurityEvent | undefined {
  const value = parseLine(decoder.decode(line))
  return isEvent(value) ? value : undefined
}

/** All events of a block. */
export function readEvents(lines: Uint8Array): readonly SecurityEvent[] {
  return [...linesOf(lines)].flatMap((line) => readEvent(line) ?? [])
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The lines come from our own encoder; this tells them from anything else, field by field would be the schema's work. */
function isEvent(value: unknown): value is SecurityEvent {
  const { schema_version, event_id, request, client, matches, flags } = recordOf(value)
  return (
    schema_version === 1 &&
    typeof event_id === 'string' &&
    Array.isArray(matches) &&
    [request, client, flags].every((part) => typeof part === 'object' && part !== null)
  )
}
