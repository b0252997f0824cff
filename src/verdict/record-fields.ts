// Reads from a record what an event says about the request. Only for matched requests: this makes strings.
import { type ParseError, RecordFlag, Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'

/** The part of an event's input that stands in the record itself. */
export interface RecordFields {
  readonly method: string
  /** Request target as sent; bytes that are no UTF-8 are replaced. */
  readonly target: string
  /** `1.0`, `1.1`, or empty when the head named none. */
  readonly httpVersion: string
  readonly parseError: ParseError
  /** Names in lower case, in order of arrival, trailers not included. */
  readonly headers: Iterable<readonly [name: string, value: string]>
  /** Content-Length as sent; `null` when there was none that can be read. */
  readonly bodyDeclaredBytes: number | null
  readonly bodySeenBytes: number
  readonly peer: string | null
  readonly receivedAtMs: number
  readonly isTruncated: boolean
  readonly isAborted: boolean
}

/** @param record - opened at the record; the iterable of headers is good only while it stays there. */
export function readRecordFields(record: RecordReader): RecordFields {
  const version = record.word(Word.httpVersion)
  return {
    method: record.method,
    target: record.bytes.toString('utf8', record.targetStart, record.targetEnd),
    httpVersion: version === 0 ? '' : `${Math.floor(version / 10)}.${version % 10}`,
    parseError: record.parseError,
    headers: readHeaders(record),
    bodyDeclaredBytes: readDeclaredLength(record),
    bodySeenBytes: record.double(Word.bodySeen),
    peer: record.peer === '' ? null : record.peer,
    receivedAtMs: record.double(Word.receivedAtMs),
    isTruncated: (record.flags & RecordFlag.truncated) !== 0,
    isAborted: (record.flags & RecordFlag.aborted) !== 0,
  }
}

function* readHeaders(record: RecordReader): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index < record.headerCount; index++) {
    const name = record.bytes.toString('latin1', record.nameStart(index), record.nameEnd(index)).toLowerCase()
    yield [name, record.bytes.toString('utf8', record.valueStart(index), record.valueEnd(index))]
  }
}

function readDeclaredLength(record: RecordReader): number | null {
  for (const [name, value] of readHeaders(record)) {
    if (name === 'content-length') return /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : null
  }
  return null
}
