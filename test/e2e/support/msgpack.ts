// Reads MessagePack, as far as a Datadog tracer uses it to send spans.

export type MsgpackValue = null | boolean | number | bigint | string | Buffer | readonly MsgpackValue[] | MsgpackMap

export type MsgpackMap = ReadonlyMap<string, MsgpackValue>

/**
 * Decodes one value that fills `bytes`.
 * @throws Error at a type that tracers do not send (ext types), and at a cut value.
 */
export function decodeMsgpack(bytes: Buffer): MsgpackValue {
  const reader = new MsgpackReader(bytes)
  const value = reader.readValue()
  if (reader.position !== bytes.length) throw new Error(`${bytes.length - reader.position} bytes after the value`)
  return value
}

class MsgpackReader {
  position = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  readValue(): MsgpackValue {
    const type = this.#bytes.readUInt8(this.position)
    this.position += 1
    if (type <= 0x7f) return type
    if (type <= 0x8f) return this.#readMap(type & 0x0f)
    if (type <= 0x9f) return this.#readArray(type & 0x0f)
    if (type <= 0xbf) return this.#take(type & 0x1f).toString()
    if (type >= 0xe0) return type - 0x100
    return this.#readSized(type)
  }

  #readSized(type: number): MsgpackValue {
    switch (type) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#readUnsigned(1 << (type - 0xc4)))
      case 0xca:
        return this.#take(4).readFloatBE()
      case 0xcb:
        return this.#take(8).readDoubleBE()
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#readUnsigned(1 << (type - 0xcc))
      case 0xcf:
        return this.#take(8).readBigUInt64BE()
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#readSigned(1 << (type - 0xd0))
      case 0xd3:
        return this.#take(8).readBigInt64BE()
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#take(this.#readUnsigned(1 << (type - 0xd9))).toString()
      case 0xdc:
      case 0xdd:
        return this.#readArray(this.#readUnsigned(2 << (type - 0xdc)))
      case 0xde:
      case 0xdf:
        return this.#readMap(this.#readUnsigned(2 << (type - 0xde)))
      default:
        throw new Error(`MessagePack type 0x${type.toString(16)} at ${this.position - 1} is not read here`)
    }
  }

  #readArray(length: number): MsgpackValue[] {
    return Array.from({ length }, () => this.readValue())
  }

  #readMap(length: number): MsgpackMap {
    const map = new Map<string, MsgpackValue>()
    for (let i = 0; i < length; i += 1) {
      const key = String(this.readValue())
      map.set(key, this.readValue())
    }
    return map
  }

  #readUnsigned(byteCount: number): number {
    return this.#take(byteCount).readUIntBE(0, byteCount)
  }

  #readSigned(byteCount: number): number {
    return this.#take(byteCount).readIntBE(0, byteCount)
  }

  #take(byteCount: number): Buffer {
    const start = this.position
    this.position += byteCount
    if (this.position > this.#bytes.length) throw new Error(`cut at ${start}: ${byteCount} bytes are missing`)
    return this.#bytes.subarray(start, this.position)
  }
}
