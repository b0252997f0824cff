// Undoes Content-Encoding on a body at hand: gzip, deflate (zlib or raw), br, zstd.
// Stage: [decode]. Engine: node:zlib, synchronous: it is kept with Node, native, and takes a shared buffer as it is.
// Its calls give all or nothing, so a stream that is cut, corrupt or too large is asked for by prefixes: a prefix decodes
// (flushing where input ends) exactly when it ends before the fault. Prefixes grow fourfold, which costs a third more than one
// call and keeps a single call short against the budget; then a fault is closed in on by halving.
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { isRecord, recordOf } from '../../json-shape.js'
import type { DecodeBudget } from '../decode-budget.js'
import type { MarkedEncoding } from './compressed-magic.js'

/** Encodings that can be undone. `deflate` means zlib by its RFC and a raw stream to many clients. */
export type ContentEncoding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** What `decodeContent` can undo: `zlib` is `deflate` without a second try as a raw stream. */
export type Decodable = ContentEncoding | MarkedEncoding

/** Why decoding ended before the input did; `too-large` is the limit's doing, `timed-out` the budget's. */
export type ContentFault = 'corrupt' | 'too-large' | 'timed-out'

/** What decoding gave: everything before the fault. A stream that is merely cut is no fault here. */
export interface DecodedContent {
  /** Owned by the caller; may be empty. */
  readonly bytes: Buffer
  readonly fault: ContentFault | undefined
}

/** First prefix that is tried: one call suffices for nearly every request. */
const firstPrefixBytes = 16 * 1024

/** Share of the time left that decoding may take. */
const stageShare = 0.4

/** Output that a millisecond is taken to allow, so that no single native call (which nothing can stop) overruns by much. */
const outputBytesPerMs = 256 * 1024

/** The encoding that a Content-Encoding token names, letter case aside; `undefined` for one that is not known. */
export function contentEncodingOf(token: string): ContentEncoding | 'identity' | undefined {
  switch (token.trim().toLowerCase()) {
    case '':
    case 'identity':
      return 'identity'
    case 'gzip':
    case 'x-gzip':
      return 'gzip'
    case 'deflate':
      return 'deflate'
    case 'br':
      return 'br'
    case 'zstd':
      return 'zstd'
    default:
      return undefined
  }
}

/**
 * Decodes as much of the input as is sound, fits the limit and can be done in time.
 * @param input - borrowed, not kept.
 * @param limitBytes - most bytes of output.
 */
export function decodeContent(
  input: Buffer,
  encoding: Decodable,
  limitBytes: number,
  budget: DecodeBudget,
): DecodedContent {
  if (encoding !== 'deflate') return decodeWith(decoders[encoding], input, limitBytes, budget)
  const content = decodeWith(decoders.zlib, input, limitBytes, budget)
  if (content.bytes.length === 0) return decodeWith(decodeRawDeflate, input, limitBytes, budget)
  return isAlsoRawDeflate(input) ? { ...content, fault: content.fault ?? 'corrupt' } : content
}

/** Decodes a whole prefix; throws, or gives `undefined`, when it cannot. */
type Decoder = (prefix: Buffer, maxOutputLength: number) => Buffer | undefined

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = constants

const decoders: Record<Exclude<Decodable, 'deflate'>, Decoder> = {
  zlib: (prefix, maxOutputLength) => inflateSync(prefix, { maxOutputLength, finishFlush: Z_SYNC_FLUSH }),
  gzip: decodeGzip,
  br: (prefix, maxOutputLength) =>
    brotliDecompressSync(prefix, { maxOutputLength, finishFlush: BROTLI_OPERATION_FLUSH }),
  zstd: (prefix, maxOutputLength) => zstdDecompressSync(prefix, { maxOutputLength, finishFlush: ZSTD_e_flush }),
}

/**
 * zlib takes a member behind zero bytes for garbage and leaves it out without a word. Other readers (Python's gzip) skip the zero
 * bytes, so such a stream counts as one that does not decode to its end.
 */
function decodeGzip(prefix: Buffer, maxOutputLength: number): Buffer | undefined {
  const answer: unknown = gunzipSync(prefix, { maxOutputLength, finishFlush: Z_SYNC_FLUSH, info: true })
  if (!isRecord(answer)) return undefined
  const { buffer } = answer
  const { bytesWritten: readBytes } = recordOf(answer['engine'])
  if (!Buffer.isBuffer(buffer) || typeof readBytes !== 'number') return undefined
  return hasMemberBehindZeros(prefix, readBytes) ? undefined : buffer
}

function hasMemberBehindZeros(bytes: Buffer, start: number): boolean {
  let at = start
  while (bytes[at] === 0) at += 1
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b
}

/** Five bytes can be the beginning of a zlib stream and of a raw one at once: then either holds what the other does not show. */
function isAlsoRawDeflate(bytes: Buffer): boolean {
  const [, first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(0, 5)
  // RFC 1951 3.2.4: zlib's first byte reads as a stored block, whose length follows, and once more with its bits turned over.
  return bytes.length >= 5 && (first ^ third) === 0xff && (second ^ fourth) === 0xff
}

function decodeRawDeflate(prefix: Buffer, maxOutputLength: number): Buffer {
  return inflateRawSync(prefix, { maxOutputLength, finishFlush: Z_SYNC_FLUSH })
}

/** The longest prefix known to decode, and the shortest known not to. */
class PrefixSearch {
  bytes: Buffer = Buffer.alloc(0)
  goodLength = 0
  badLength = Number.POSITIVE_INFINITY
  fault: ContentFault | undefined

  /** Decodes one prefix and notes what came of it. */
  attempt(decode: Decoder, input: Buffer, length: number, limitBytes: number, leftMs: number): void {
    const timedLimit = Math.max(1, Math.min(limitBytes, leftMs * outputBytesPerMs))
    try {
      const bytes = decode(input.subarray(0, length), timedLimit)
      if (bytes === undefined) {
        this.badLength = length
        this.fault = 'corrupt'
        return
      }
      this.bytes = bytes
      this.goodLength = length
    } catch (thrown) {
      this.badLength = length
      const isTooLarge = thrown instanceof RangeError
      this.fault = !isTooLarge ? 'corrupt' : timedLimit < limitBytes ? 'timed-out' : 'too-large'
    }
  }
}

function decodeWith(decode: Decoder, input: Buffer, limitBytes: number, budget: DecodeBudget): DecodedContent {
  const search = new PrefixSearch()
  const stageEndMs = budget.stageEnd(stageShare)
  const leftMs = budget.remainingMs * stageShare
  let length = Math.min(firstPrefixBytes, input.length)
  while (search.fault === undefined && search.goodLength < input.length) {
    if (search.goodLength > 0 && budget.isPast(stageEndMs)) return { bytes: search.bytes, fault: 'timed-out' }
    search.attempt(decode, input, length, limitBytes, leftMs)
    length = Math.min(length * 4, input.length)
  }
  while (search.fault !== undefined && search.badLength - search.goodLength > 1) {
    if (budget.isPast(stageEndMs)) return { bytes: search.bytes, fault: 'timed-out' }
    search.attempt(decode, input, (search.goodLength + search.badLength) >> 1, limitBytes, leftMs)
  }
  return { bytes: search.bytes, fault: search.fault }
}
