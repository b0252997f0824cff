// Reads a whole text file that an operator named, up to a bound, so that a wrong path cannot fill the memory.
import { createReadStream } from 'node:fs'

/**
 * Reads a file as UTF-8, without its byte order mark. Pipes work too (`--rules <(generate)`).
 * @param limitBytes - the last accepted size.
 * @throws Error with a plain reason (missing, unreadable, larger than the limit, not UTF-8); callers add the code.
 */
export async function readTextFile(path: string, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  // One byte more than the limit tells "just fits" from "too large" without reading the rest.
  for await (const chunk of createReadStream(path, { end: limitBytes })) {
    lengthBytes += chunk.length
    chunks.push(chunk)
  }
  if (lengthBytes > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`)
  return decodeUtf8(Buffer.concat(chunks, lengthBytes))
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('it is not UTF-8 text', { cause })
  }
}
