// How a connection must go on after a chunk, as its reader sees it.
import type { ForeignProtocol } from './tolerant-head.js'

/** How the connection must go on after `consume`. */
export type ReaderEnd =
  | { readonly kind: 'open' }
  /** Answer what is complete, then close: the last request allows no further one. */
  | { readonly kind: 'close' }
  /** Framing is lost: answer with an error status, but `consume` what still comes until the sender ends, then `finish`. */
  | { readonly kind: 'bad-request' | 'head-too-large' }
  | {
      readonly kind: 'foreign'
      readonly protocol: ForeignProtocol
      /** A copy of what came of it, for one who speaks the protocol. */
      readonly bytes: Buffer
    }

/** The ends that carry nothing; one object each, so that a chunk allocates none. */
export const readerEnds: Readonly<Record<'open' | 'close' | 'badRequest' | 'headTooLarge', ReaderEnd>> = {
  open: { kind: 'open' },
  close: { kind: 'close' },
  badRequest: { kind: 'bad-request' },
  headTooLarge: { kind: 'head-too-large' },
}

/** CR or LF, which may stand before a request and are no part of it (RFC 9112 2.2). */
export function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a
}
