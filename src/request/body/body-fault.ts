// What can be wrong with a body, in words. The verdict cases hold them; what kept content from the rules shows as `truncated`.

/** A body's fault; the first one found is reported. Only those of the encoding can keep content from the rules. */
export type BodyFault =
  | 'content_encoding_unknown'
  | 'content_encoding_corrupt'
  | 'charset_unknown'
  /** The content is not what Content-Type says. */
  | 'content_type'
  | 'json_syntax'
  | 'json_cut'
  | 'xml_cut'
  /** A multipart body without the boundary that its Content-Type names. */
  | 'multipart_boundary'
  /** Bytes of a gRPC body where a message should begin. */
  | 'grpc_framing'
  /** A gRPC message that ends before the length it names. */
  | 'grpc_cut'
