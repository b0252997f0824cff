// Writes MessagePack as Kong does for its plugin servers: strings as str, bodies as bin.

export type Packable =
  | null
  | boolean
  | number
  | string
  | Buffer
  | readonly Packable[]
  | { readonly [key: string]: Packable }

/** Encodes one value; whole numbers up to 32 bits without sign, as Kong's message and instance ids are. */
export function encodeMsgpack(value: Packable): Buffer {
  if (value === null) return Buffer.of(0xc0)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2)
  if (typeof value === 'number') return encodeNumber(value)
  if (typeof value === 'string') return sized([0xd9, 0xda, 0xdb], Buffer.from(value))
  if (Buffer.isBuffer(value)) return sized([0xc4, 0xc5, 0xc6], value)
  if (isList(value)) return Buffer.concat([Buffer.of(0xdc), uint(value.length, 2), ...value.map(encodeMsgpack)])
  const entries = Object.entries(value)
  const parts = entries.flatMap(([key, member]) => [encodeMsgpack(key), encodeMsgpack(member)])
  return Buffer.concat([Buffer.of(0xde), uint(entries.length, 2), ...parts])
}

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0) return Buffer.concat([Buffer.of(0xce), uint(value, 4)])
  const bytes = Buffer.alloc(9, 0xcb)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** @param types - for lengths of one, two and four bytes. */
function sized(types: readonly [number, number, number], bytes: Buffer): Buffer {
  const index = bytes.length < 0x100 ? 0 : bytes.length < 0x1_0000 ? 1 : 2
  return Buffer.concat([Buffer.of(types[index]), uint(bytes.length, 1 << index), bytes])
}

function uint(value: number, byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount)
  bytes.writeUIntBE(value, 0, byteCount)
  return bytes
}

function isList(value: Packable): value is readonly Packable[] {
  return Array.isArray(value)
}
