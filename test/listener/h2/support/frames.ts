// HTTP/2 frames byte by byte, for what no client library would send (RFC 9113, RFC 7541 without Huffman coding).

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const
export const endStream = 0x1
export const endHeaders = 0x4

export type Field = readonly [name: string, value: string]

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** What a client sends first. */
export const opening: Buffer = Buffer.concat([preface, frame(frameType.settings, 0, 0)])

/** A HEADERS frame with a whole head. */
export function headers(streamId: number, fields: readonly Field[], flags: number = endStream): Buffer {
  return frame(frameType.headers, flags | endHeaders, streamId, block(fields))
}

export function data(streamId: number, body: string, flags: number = 0): Buffer {
  return frame(frameType.data, flags, streamId, Buffer.from(body, 'latin1'))
}

export function reset(streamId: number, code = 8): Buffer {
  return frame(frameType.reset, 0, streamId, numbers(code))
}

/** Opens a window by one byte; stream 0: that of the connection. */
export function windowUpdate(streamId: number): Buffer {
  return frame(frameType.windowUpdate, 0, streamId, numbers(1))
}

/** @param code - 0: no error. */
export function goaway(code: number): Buffer {
  return frame(frameType.goaway, 0, 0, numbers(0, code))
}

export function requestFields(path: string, extra: readonly Field[] = [], method = 'GET'): readonly Field[] {
  return [[':method', method], [':scheme', 'http'], [':path', path], [':authority', 'app.example'], ...extra]
}

/** A header block of literals that are not indexed. */
export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => literal(0x00, name, value)))
}

/** One field that goes into the decoder's table, and then refers to it `times` times, a byte each. */
export function amplifiedField(name: string, value: string, times: number): Buffer {
  return Buffer.concat([literal(0x40, name, value), Buffer.alloc(times, 0x80 | 62)])
}

/** All whole frames in what a server sent. */
export function readFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  let at = 0
  while (at + 9 <= bytes.length) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    if (end > bytes.length) break
    const payload = bytes.subarray(at + 9, end)
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      streamId: bytes.readUInt32BE(at + 5),
      payload,
    })
    at = end
  }
  return frames
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index)
  return bytes
}

function literal(pattern: number, name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([pattern]), text(name), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length), bytes])
}

/** With a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let rest = value - 127
  while (rest >= 128) {
    bytes.push((rest & 127) | 128)
    rest >>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
