// What a request may grow to before it is cut, flagged or refused. Units in the names; defaults and reasons in src/options.

/** CR LF CR LF: what stands between the last byte of a head that counts and its body. */
export const blankLineBytes = 4

/** Limits of one listener, resolved from options once. */
export interface ParserLimits {
  /** Request line and headers together. */
  readonly headLimitBytes: number
  readonly headerLimitCount: number
  readonly targetLimitBytes: number
  /** All trailers of a chunked request together, names and values. */
  readonly trailerLimitBytes: number
  /** Body bytes that are kept for the rules; what follows is read, counted and dropped. */
  readonly bodyInspectLimitBytes: number
  /** Body bytes that are read at all; then the connection is answered and closed. */
  readonly bodyLimitBytes: number
}
