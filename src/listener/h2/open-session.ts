// Puts node:http2 on a socket that was accepted already, with limits that hold before a request of ours exists.
// node:http2 is loaded with the first such connection: whoever is sent HTTP/1 only does not pay for it.
import type { ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { ParserLimits } from '../../parser/limits.js'

/**
 * Streams that a connection may have open: RFC 9113 6.5.2 asks for 100 at least. With the head of a request staged in 4 KiB each,
 * the in-flight limit bounds them over all connections.
 */
export const streamLimitCount = 128

/** Streams that a client may reset at once, and then per second, before its connection ends (CVE-2023-44487). */
const resetBurstCount = 1000
const resetsPerSecond = 33

/** Flow control over all streams of a connection; that of one stream is 64 KiB. What comes is staged or dropped at once. */
const connectionWindowBytes = 1024 * 1024

/** Pseudo headers, and the 32 bytes that RFC 9113 6.5.2 counts for each field. */
const pseudoHeaderCount = 5
const fieldCostBytes = 32

/** GOAWAY without an error, for streams beyond the last number that there is. */
const endNotice = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])

export interface OpenSession {
  readonly session: ServerHttp2Session
  /**
   * Asks the peer to open no more streams; those that it opened meanwhile are served (RFC 9113 6.8, the first of two steps).
   * @returns false when that cannot be said, as over TLS.
   */
  readonly announceEnd: () => boolean
  /** Sends GOAWAY; the session ends with its last stream. Does nothing the second time. */
  readonly endGracefully: () => void
}

/**
 * @param socket - paused, without listeners for its data; the session takes it over.
 * @param bytes - what was read of it already; empty when nothing was.
 */
export function openSession(socket: Socket, bytes: Buffer, limits: ParserLimits): OpenSession {
  const http2 = process.getBuiltinModule('node:http2')
  if (bytes.length > 0) socket.unshift(bytes)
  // A head beyond our limits is cut and inspected; only one twice as large is refused, and then with its stream.
  const fieldCount = 2 * limits.headerLimitCount + pseudoHeaderCount
  const session = http2.performServerHandshake(socket, {
    maxHeaderListPairs: fieldCount,
    streamResetBurst: resetBurstCount,
    streamResetRate: resetsPerSecond,
    strictFieldWhitespaceValidation: false,
    settings: {
      maxConcurrentStreams: streamLimitCount,
      maxHeaderListSize: 2 * limits.headLimitBytes + fieldCount * fieldCostBytes,
    },
  })
  session.setLocalWindowSize(connectionWindowBytes)
  return { session, announceEnd: () => announceEnd(session, socket), endGracefully: takeClose(session) }
}

/**
 * node:http2 drops new streams once it has sent any GOAWAY, so this one goes past it, through the socket: what it writes are whole
 * frames, one after the other, and so is this. TLS takes no second writer.
 */
function announceEnd(session: ServerHttp2Session, socket: Socket): boolean {
  if ('encrypted' in socket || session.destroyed || !socket.writable) return false
  socket.write(endNotice)
  return true
}

/**
 * node:http2 calls `close` of a session when its peer says GOAWAY, and from then on drops streams that the peer still opens. That
 * frame is about streams of the other side, and copies may follow it: so `close` does nothing here unless it is ours.
 */
function takeClose(session: ServerHttp2Session): () => void {
  const close = session.close.bind(session)
  session.close = (): void => {}
  return () => {
    if (!session.closed) close()
  }
}
