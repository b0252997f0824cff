// Shortens text and says so: what an event leaves out must not look as if it had not been there.

/** @param byteCount - UTF-8 bytes that are missing. */
export function cutMark(byteCount: number): string {
  return `…[cut ${byteCount} bytes]`
}

/**
 * Cuts a text to at most so many UTF-8 bytes, the mark included, between characters.
 * @param limitBytes - at least 32, so that the mark fits.
 */
export function cutText(text: string, limitBytes: number): string {
  const totalBytes = Buffer.byteLength(text)
  if (totalBytes <= limitBytes) return text
  const roomBytes = limitBytes - Buffer.byteLength(cutMark(totalBytes))
  const { read, written } = encoder.encodeInto(text, new Uint8Array(Math.max(0, roomBytes)))
  return text.slice(0, read) + cutMark(totalBytes - written)
}

const encoder = new TextEncoder()
