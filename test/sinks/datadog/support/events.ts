// Events as the datadog sink takes them.
import { type DatadogSettings, localAgent } from '#src/sinks/datadog/datadog-settings.js'
import type { EventBlock } from '#src/sinks/sink.js'
import { buildEvent } from '#src/verdict/build-event.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { createEventIdSource } from '#src/verdict/event-id.js'
import { sampleContext, sampleInput } from '../../../verdict/support/event-input.js'

let count = 0

/** An event with an id of its own. */
export function eventWith(changes: Parameters<typeof sampleInput>[0] = {}): SecurityEvent {
  count += 1
  const nextId = createEventIdSource((bytes) => {
    bytes.fill(0)
    for (let at = 6; at < bytes.length; at += 10) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, count)
  })
  return buildEvent(sampleInput(changes), sampleContext({ nextId }))
}

/** A request in which nothing was found. */
export function requestWith(changes: Parameters<typeof sampleInput>[0] = {}): SecurityEvent {
  return eventWith({ matches: [], outcome: 'clean', ...changes })
}

export function blockOf(...events: readonly SecurityEvent[]): EventBlock {
  return { lines: Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')), eventCount: events.length }
}

export function settingsWith(changes: Partial<DatadogSettings> = {}): DatadogSettings {
  return { ...localAgent, service: 'shop', env: 'test', version: '1.2', ...changes }
}
