// What can be wrong with a body, in words: events, scan results and metrics name it so. A closed list, never a sender's word.
// A fault keeps nothing from the rules by itself: what does is told by `truncated` and `timed-out`.

/** A body's fault; of several the first one found counts. Order is that of the shared counters of one process only. */
export const bodyFaults = [
  /** Content-Encoding names one that is not known here. */
  'content_encoding_unknown',
  /** The content is not, or not to its end, encoded as Content-Encoding says. */
  'content_encoding_corrupt',
  /** The content is compressed and no Content-Encoding says so. */
  'content_encoding_undeclared',
  'charset_unknown',
  /** The content is not what Content-Type says. */
  'content_type',
  'json_syntax',
  'json_cut',
  'xml_cut',
  /** A multipart body without the boundary that its Content-Type names. */
  'multipart_boundary',
  /** Bytes of a gRPC body where a message should begin. */
  'grpc_framing',
  /** A gRPC message that ends before the length it names. */
  'grpc_cut',
] as const
export type BodyFault = (typeof bodyFaults)[number]
