import type { RecordReader } from '../batch/record-reader.js'
import type { Engine } from '../engine/engine.js'
import type { Inspection } from './inspector.js'
import type { InspectionSettings } from './messages.js'

export interface EventWriter {
  write(record: RecordReader, inspection: Inspection, queueUs: number, inspectUs: number): Uint8Array
}

export function createEventWriter(_settings: InspectionSettings, _engine: Engine): EventWriter {
  return {
    write: (record, inspection) =>
      Buffer.from(JSON.stringify({ method: record.method, outcome: inspection.outcome, matches: inspection.matches })),
  }
}
