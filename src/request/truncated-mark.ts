// The mark that our gateway and Kong plugin put on copies of whose body they could send only a part, or nothing.
// Both take headers of that name away from clients; the receiver believes it where `--peers` names who may connect.
import type { RecordReader } from '../batch/record-reader.js'
import { equalsIgnoreCase } from './ascii.js'

const truncatedHeader = 'x-mirrorwaf-truncated'

/** @returns whether the sender says that it could send only a part of the body. Believe it of known peers only. */
export function isMarkedTruncated(record: RecordReader): boolean {
  for (let index = 0; index < record.headerCount; index += 1) {
    const start = record.nameStart(index)
    if (!equalsIgnoreCase(record.bytes, start, record.nameEnd(index), truncatedHeader)) continue
    return record.bytes.toString('latin1', record.valueStart(index), record.valueEnd(index)) === '1'
  }
  return false
}
