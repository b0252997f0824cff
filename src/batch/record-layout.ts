// How one mirrored request lies in a slab: a fixed head of 32-bit words, then its bytes, then the spans of its headers.
// Stage: parser -> [batch] -> worker. The listener writes records, a worker reads them; both sides use this file alone.
// All positions are byte offsets from the start of the slab. A slab is a SharedArrayBuffer: the listener keeps sight of a
// batch whose worker died, so that only the record in hand is lost and the rest can run again.

/** Index of each 32-bit word in a record's fixed head. Words marked f64 take two and start at an even index. */
export const Word = {
  /** Length of the whole record in bytes, a multiple of 8. */
  byteLength: 0,
  /** 0 untouched, 1 in a worker's hand, 2 + outcome index when decided. */
  state: 1,
  /** Bits of `RecordFlag`. */
  flags: 2,
  /** Index into `parseErrors`; 0 = none. */
  parseError: 3,
  /** llhttp's method number, or -1: then the method is the span below. */
  methodId: 4,
  methodStart: 5,
  methodEnd: 6,
  targetStart: 7,
  targetEnd: 8,
  /** 10 for HTTP/1.0, 11 for HTTP/1.1, 20 for HTTP/2, 0 when the tolerant reader found none. */
  httpVersion: 9,
  headerCount: 10,
  trailerCount: 11,
  /** First span; headers, then trailers, `wordsPerSpan` words each. */
  spansStart: 12,
  /** Captured body bytes, chunked framing removed. */
  bodyStart: 13,
  bodyEnd: 14,
  peerStart: 15,
  peerEnd: 16,
  peerPort: 17,
  /** f64: body bytes that arrived, captured or not. */
  bodySeen: 18,
  /** f64: wall clock in ms since the epoch when the request was whole. */
  receivedAtMs: 20,
  /** Written by the worker: microseconds between receivedAt and inspection. */
  queueUs: 22,
  /** Written by the worker: microseconds of inspection. */
  inspectUs: 23,
} as const

/** Words of the fixed head; even, so that what follows is 8-byte aligned. */
export const fixedWords = 24
export const fixedBytes: number = fixedWords * 4
/** nameStart, nameEnd, valueStart, valueEnd. */
export const wordsPerSpan = 4
export const bytesPerSpan = 16

/** Values of `Word.state`; decided records hold `stateDecided + outcome index`. */
export const stateUntouched = 0
export const stateInHand = 1
export const stateDecided = 2

/** Bits of `Word.flags`. */
export const RecordFlag = {
  chunked: 1,
  /** A limit cut the body or the head before the rules saw it. */
  truncated: 2,
  /** The sender stopped before the request was whole. */
  aborted: 4,
  /** The tolerant reader read the head because llhttp refused it. */
  tolerant: 8,
  upgrade: 16,
} as const

/**
 * What was wrong with a request's framing or syntax, as reported in events and metrics. Index 0 means nothing.
 * The order is part of the record format between threads of one process only.
 */
export const parseErrors = [
  'none',
  'method',
  'target',
  'version',
  'header_name',
  'header_value',
  'head_too_large',
  'too_many_headers',
  'target_too_large',
  'content_length',
  'transfer_encoding',
  'length_and_encoding',
  'chunk',
  'trailer_too_large',
  'line_ending',
  'head_incomplete',
  'other',
] as const
export type ParseError = (typeof parseErrors)[number]

/** Rounds a byte count up to the next multiple of 8. */
export function align8(byteCount: number): number {
  return (byteCount + 7) & ~7
}
