// Writes the golden files anew: `node build/test/sinks/golden-files.js`. Read the difference before you commit it.
import { writeFileSync } from 'node:fs'
import { formatBlock } from '#src/sinks/formats/event-format.js'
import { type EventFormat, eventFormats } from '#src/sinks/sink-spec.js'
import { linesOfEvents, sampleEvents } from './support/sample-events.js'

/** Where the golden file of a format stands, from build/test/sinks. */
export function goldenUrl(format: EventFormat): URL {
  return new URL(`../../../test/sinks/golden/${format}.${format === 'cef' ? 'txt' : 'jsonl'}`, import.meta.url)
}

export function renderGolden(format: EventFormat): string {
  return Buffer.from(formatBlock(linesOfEvents(sampleEvents), format).lines).toString()
}

if (process.argv[1] === import.meta.filename) {
  for (const format of eventFormats) writeFileSync(goldenUrl(format), renderGolden(format))
}
