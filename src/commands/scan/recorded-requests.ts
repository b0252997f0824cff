// A file to be scanned -> bytes of requests, whatever its format. Memory is bounded by the largest single request.
import { MirrorwafError, reasonOf } from '../../errors.js'
import { logLineToRequest } from './access-log.js'
import type { ByteSource } from './byte-source.js'
import { harRequestToRaw } from './har-request.js'
import { JsonCapture } from './json-capture.js'
import { LineSplitter } from './line-splitter.js'
import type { ScanFormat } from './scan-format.js'

/** Some bytes of one connection. */
export interface RequestBytes {
  readonly raw: Buffer
  readonly peer: string
  /** The connection ends after these bytes. */
  readonly endsConnection: boolean
}

/** Counts of what could not be understood, for a warning after the file. */
export interface SkippedCounts {
  lines: number
}

/** Last accepted size of one recorded request in a HAR file; a body beyond `--body-inspect-limit` is not inspected anyway. */
export const harRequestLimitBytes: number = 64 * 1024 * 1024
/** Last accepted length of a log line: a target and two headers, each escaped to four times its size. */
export const logLineLimitBytes: number = 1024 * 1024

/**
 * Reads a file's requests in order. A raw file is one connection; in the other formats each request stands alone.
 * @param skipped - counted up while reading.
 * @throws MirrorwafError `MWAF_SCAN_INPUT`.
 */
export function readRequests(
  source: ByteSource,
  format: ScanFormat,
  skipped: SkippedCounts,
): AsyncIterable<RequestBytes> {
  switch (format) {
    case 'raw':
      return readRaw(source)
    case 'har':
      return readHar(source)
    case 'access-log':
      return readAccessLog(source, skipped)
  }
}

/** For formats that do not tell who connected; a loopback address is never taken for a client's. */
const unknownPeer = '127.0.0.1'

async function* readRaw(source: ByteSource): AsyncGenerator<RequestBytes> {
  for await (const raw of source.chunks) yield { raw, peer: unknownPeer, endsConnection: false }
  yield { raw: Buffer.alloc(0), peer: unknownPeer, endsConnection: true }
}

async function* readHar({ path, chunks }: ByteSource): AsyncGenerator<RequestBytes> {
  const capture = new JsonCapture(['log', 'entries', '*', 'request'], harRequestLimitBytes)
  for await (const chunk of chunks) {
    for (const bytes of capture.feed(chunk)) {
      yield { raw: harRequestToRaw(parseHarRequest(path, bytes)), peer: unknownPeer, endsConnection: true }
    }
    if (capture.fault !== undefined) throw refuse(path, harFaults[capture.fault])
  }
  if (!capture.isPathFound) throw refuse(path, 'it has no log.entries, so it is no HAR file')
  if (!capture.isBalanced) throw refuse(path, 'the HAR file ends in the middle')
}

const harFaults = {
  'too-large': `one of its requests is larger than ${harRequestLimitBytes} bytes`,
  'too-deep': 'it is nested too deeply for a HAR file',
} as const

async function* readAccessLog(source: ByteSource, skipped: SkippedCounts): AsyncGenerator<RequestBytes> {
  const lines = new LineSplitter(logLineLimitBytes)
  for await (const chunk of source.chunks) yield* readLines(lines.feed(chunk), skipped)
  yield* readLines(lines.end(), skipped)
  skipped.lines += lines.droppedCount
}

function* readLines(lines: Iterable<Buffer>, skipped: SkippedCounts): Generator<RequestBytes> {
  for (const line of lines) {
    const request = logLineToRequest(line.toString('latin1'))
    if (request === undefined && line.length > 0) skipped.lines++
    if (typeof request === 'object') yield { ...request, endsConnection: true }
  }
}

function parseHarRequest(path: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw refuse(path, `one of its requests is not JSON: ${reasonOf(cause)}`, cause)
  }
}

function refuse(path: string, reason: string, cause?: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_SCAN_INPUT', { path, reason }, cause)
}
