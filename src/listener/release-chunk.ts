// Gives a socket chunk's memory back at once instead of at the next garbage collection.
// Stage: [listener]. node:net reads into 64 KiB of new memory each time. V8 counts it as external and starts a full collection
// for every 64 MiB of it: for bodies of 256 kB those collections were half of the listener's processor time (measured).

/** Below this a chunk is cheap to keep, and detaching it costs more than it saves. */
const releasableBytes = 16 * 1024

/**
 * Detaches a chunk that has its memory to itself; others are left alone.
 * @param chunk - from the socket, copied already; empty afterwards.
 */
export function releaseChunk(chunk: Buffer): void {
  const { buffer } = chunk
  if (chunk.length < releasableBytes || chunk.length !== buffer.byteLength) return
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
