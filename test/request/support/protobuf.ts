// Writes protobuf fields and gRPC messages, for tests.

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** A length-delimited field. */
export function protobufField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(typeof value === 'string' ? Buffer.from(value) : value)
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

/** @param flags - 1 = compressed, 0x80 = trailers of gRPC-Web. */
export function grpcMessage(message: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flags
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
