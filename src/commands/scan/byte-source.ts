// Opens what is to be scanned as a stream of chunks, gunzipped where its first bytes say so.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { MirrorwafError, reasonOf } from '../../errors.js'

/** Chunks of a file, after gunzip. */
export interface ByteSource {
  readonly path: string
  /** At most `headLimitBytes` from the start, to tell the format; they come again in `chunks`. */
  readonly head: Buffer
  /** Throws MirrorwafError `MWAF_SCAN_INPUT` when reading or gunzip fails on the way. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes read from the file so far and its size; 0 for pipes. Compressed bytes for gzip. */
  readonly progress: { readBytes: number; readonly totalBytes: number }
}

/** Enough for the first line of any access log. */
export const headLimitBytes: number = 64 * 1024

/**
 * Opens a file; `-` is stdin.
 * @throws MirrorwafError `MWAF_SCAN_INPUT` when it cannot be read.
 */
export async function openByteSource(path: string): Promise<ByteSource> {
  try {
    const progress = { readBytes: 0, totalBytes: await sizeOf(path) }
    const raw = await peek(readFile(path, progress), gzipMagic.length)
    const isGzip = raw.head.subarray(0, gzipMagic.length).equals(gzipMagic)
    const { head, rest } = await peek(isGzip ? gunzip(raw.rest) : raw.rest, headLimitBytes)
    return { path, head: head.subarray(0, headLimitBytes), chunks: withCode(path, rest), progress }
  } catch (cause) {
    throw new MirrorwafError('MWAF_SCAN_INPUT', { path, reason: reasonOf(cause) }, cause)
  }
}

const gzipMagic = Buffer.from([0x1f, 0x8b])

async function sizeOf(path: string): Promise<number> {
  return path === '-' ? 0 : (await stat(path)).size
}

async function* readFile(path: string, progress: { readBytes: number }): AsyncGenerator<Buffer> {
  const stream = path === '-' ? createReadStream('', { fd: 0, autoClose: false }) : createReadStream(path)
  for await (const chunk of stream) {
    progress.readBytes += chunk.length
    yield chunk
  }
}

/** Several gzip members one after the other are read as one stream, as rotated logs are. */
async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const ignoreFault = (): void => {} // The iteration below meets the same fault.
  for await (const chunk of pipeline(Readable.from(chunks), createGunzip(), ignoreFault)) yield chunk
}

/** Reads at least `lengthBytes` if there are so many, and gives them back at the start of `rest`. */
async function peek(
  chunks: AsyncIterable<Buffer>,
  lengthBytes: number,
): Promise<{ readonly head: Buffer; readonly rest: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  let isDone = false
  while (!isDone && head.length < lengthBytes) {
    const next = await iterator.next()
    isDone = next.done === true
    if (next.done !== true) head = Buffer.concat([head, next.value])
  }
  return { head, rest: replay(head, isDone ? undefined : iterator) }
}

async function* replay(head: Buffer, iterator: AsyncIterator<Buffer> | undefined): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  if (iterator === undefined) return
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

async function* withCode(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks
  } catch (cause) {
    throw new MirrorwafError('MWAF_SCAN_INPUT', { path, reason: reasonOf(cause) }, cause)
  }
}
