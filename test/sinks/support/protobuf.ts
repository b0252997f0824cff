// Reads protobuf's wire format without a schema: enough to look at what was sent, by field numbers.

export type Field = bigint | Uint8Array
export type Message = ReadonlyMap<number, readonly Field[]>

/** Fields by number; a repeated one has several values. Fixed numbers come as bigints of their bits. */
export function readMessage(bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields = new Map<number, Field[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (wireType: number): Field => {
    if (wireType === 0) return varint()
    if (wireType === 1) return view.getBigUint64((at += 8) - 8, true)
    if (wireType === 5) return BigInt(view.getUint32((at += 4) - 4, true))
    if (wireType !== 2) throw new Error(`wire type ${wireType}`)
    const length = Number(varint())
    return bytes.subarray(at, (at += length))
  }
  while (at < bytes.byteLength) {
    const tag = Number(varint())
    const field = take(tag & 7)
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), field])
  }
  return fields
}

/** All sub-messages of a field. */
export function messagesOf(message: Message, ...path: readonly number[]): readonly Message[] {
  return path.reduce<readonly Message[]>(
    (messages, number) => messages.flatMap((each) => inner(each, number)),
    [message],
  )
}

export function textOfField(message: Message, number: number): string {
  return Buffer.from(bytesOfField(message, number)).toString()
}

export function bytesOfField(message: Message, number: number): Uint8Array {
  const field = message.get(number)?.[0]
  return field instanceof Uint8Array ? field : new Uint8Array()
}

export function numberOfField(message: Message, number: number): bigint {
  const field = message.get(number)?.[0]
  return typeof field === 'bigint' ? field : 0n
}

/** The bits of a fixed64 as the double that they are. */
export function doubleOfField(message: Message, number: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, numberOfField(message, number))
  return view.getFloat64(0)
}

/** OTLP's KeyValue list under a field, as plain values. */
export function attributesOf(message: Message, number: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(inner(message, number).map((pair) => [textOfField(pair, 1), anyValue(inner(pair, 2)[0])]))
}

/** OTLP's AnyValue. */
export function anyValue(value: Message | undefined): unknown {
  if (value?.has(1)) return textOfField(value, 1)
  if (value?.has(2)) return numberOfField(value, 2) === 1n
  if (value?.has(3)) return Number(numberOfField(value, 3))
  if (value?.has(4)) return doubleOfField(value, 4)
  if (value?.has(5)) return inner(value, 5).flatMap((list) => inner(list, 1).map(anyValue))
  return undefined
}

function inner(message: Message, number: number): readonly Message[] {
  return (message.get(number) ?? []).flatMap((field) => (field instanceof Uint8Array ? [readMessage(field)] : []))
}
