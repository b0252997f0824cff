// Reads from a record what an event says about the request. Only for matched requests: this makes strings.
import { type ParseError, Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'
import type { HeaderNames } from '../request/header-names.js'

export type RecordHeader = readonly [name: string, value: string]

/** The part of an event's input that stands in the record itself. */
export interface RecordFields {
  readonly method: string
  /** Request target as sent; bytes that are no UTF-8 are replaced. */
  readonly target: string
  /** `1.0`, `1.1`, or empty when the head named none. */
  readonly httpVersion: string
  readonly parseError: ParseError
  /** Those that were asked for, in order of arrival, names in lower case, trailers not included. */
  readonly headers: readonly RecordHeader[]
  /** Content-Length as sent; `null` when there was none that can be read. */
  readonly bodyDeclaredBytes: number | null
  readonly bodySeenBytes: number
  readonly peer: string | null
  readonly receivedAtMs: number
}

/**
 * @param record - opened at the record; nothing of it is kept.
 * @param names - of the headers to read.
 */
export function readRecordFields(record: RecordReader, names: HeaderNames): RecordFields {
  const version = record.word(Word.httpVersion)
  const headers = readHeaders(record, names)
  const { peer } = record
  return {
    method: record.method,
    target: record.bytes.toString('utf8', record.targetStart, record.targetEnd),
    httpVersion: version === 0 ? '' : `${Math.floor(version / 10)}.${version % 10}`,
    parseError: record.parseError,
    headers,
    bodyDeclaredBytes: findDeclaredLength(headers),
    bodySeenBytes: record.double(Word.bodySeen),
    peer: peer === '' ? null : peer,
    receivedAtMs: record.double(Word.receivedAtMs),
  }
}

function readHeaders(record: RecordReader, names: HeaderNames): readonly RecordHeader[] {
  const { bytes, headerCount } = record
  const headers: RecordHeader[] = []
  for (let index = 0; index < headerCount; index += 1) {
    const name = names.find(bytes, record.nameStart(index), record.nameEnd(index))
    if (name === undefined) continue
    headers.push([name, bytes.toString('utf8', record.valueStart(index), record.valueEnd(index))])
  }
  return headers
}

function findDeclaredLength(headers: readonly RecordHeader[]): number | null {
  const [, value = ''] = headers.find(([name]) => name === 'content-length') ?? []
  return /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : null
}
