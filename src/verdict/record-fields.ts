// Reads from a record what an event says about the request. Only for matched requests: this makes strings.
import { type ParseError, Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'

export type RecordHeader = readonly [name: string, value: string]

/** The part of an event's input that stands in the record itself. */
export interface RecordFields {
  readonly method: string
  /** Request target as sent; bytes that are no UTF-8 are replaced. */
  readonly target: string
  /** `1.0`, `1.1`, or empty when the head named none. */
  readonly httpVersion: string
  readonly parseError: ParseError
  /** Names in lower case, in order of arrival, trailers not included. */
  readonly headers: readonly RecordHeader[]
  /** Content-Length as sent; `null` when there was none that can be read. */
  readonly bodyDeclaredBytes: number | null
  readonly bodySeenBytes: number
  readonly peer: string | null
  readonly receivedAtMs: number
}

/** @param record - opened at the record; nothing of it is kept. */
export function readRecordFields(record: RecordReader): RecordFields {
  const version = record.word(Word.httpVersion)
  const headers = readHeaders(record)
  return {
    method: record.method,
    target: record.bytes.toString('utf8', record.targetStart, record.targetEnd),
    httpVersion: version === 0 ? '' : `${Math.floor(version / 10)}.${version % 10}`,
    parseError: record.parseError,
    headers,
    bodyDeclaredBytes: findDeclaredLength(headers),
    bodySeenBytes: record.double(Word.bodySeen),
    peer: record.peer === '' ? null : record.peer,
    receivedAtMs: record.double(Word.receivedAtMs),
  }
}

function readHeaders(record: RecordReader): readonly RecordHeader[] {
  return Array.from({ length: record.headerCount }, (_, index) => [
    record.bytes.toString('latin1', record.nameStart(index), record.nameEnd(index)).toLowerCase(),
    record.bytes.toString('utf8', record.valueStart(index), record.valueEnd(index)),
  ])
}

function findDeclaredLength(headers: readonly RecordHeader[]): number | null {
  const [, value = ''] = headers.find(([name]) => name === 'content-length') ?? []
  return /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : null
}
