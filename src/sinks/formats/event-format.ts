// Writes events in the form that a text sink was told: one line each, a pure function of the event.
import type { SecurityEvent } from '../../verdict/event.js'
import { linesOf, readEvent } from '../read-event.js'
import type { EventBlock } from '../sink.js'
import type { EventFormat } from '../sink-spec.js'
import { toCef } from './cef.js'
import { toEcs } from './ecs.js'
import { toOcsf } from './ocsf.js'

const encoder = new TextEncoder()

/** @returns one line without its end; `undefined` for the native form, in which events come anyway. */
export function formatEvent(event: SecurityEvent, format: EventFormat): string | undefined {
  switch (format) {
    case 'native':
      return undefined
    case 'ecs':
      return JSON.stringify(toEcs(event))
    case 'ocsf':
      return JSON.stringify(toOcsf(event))
    case 'cef':
      return toCef(event)
    default:
      return format satisfies never
  }
}

/** A block in another form, line by line; a line that is no event stays as it is. */
export function formatBlock(block: EventBlock, format: EventFormat): EventBlock {
  if (format === 'native') return block
  const lines: Uint8Array[] = []
  for (const line of linesOf(block.lines)) {
    const event = readEvent(line)
    lines.push(event === undefined ? line : encoder.encode(`${formatEvent(event, format)}\n`))
  }
  return { ...block, lines: Buffer.concat(lines) }
}
