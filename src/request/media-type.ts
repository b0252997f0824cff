// Reads a Content-Type value: the type without parameters, and the parameters that decide how a body is read.
// Stage: [decode]. Lenient: what a backend's parser might accept counts.
import { equalsIgnoreCase, findByte, skipBlanks, trimBlanksEnd } from './ascii.js'
import { ParameterReader, unescapeQuoted } from './parameters.js'

const semicolon = 0x3b
const asterisk = 0x2a

/** Longest type that is kept: RFC 6838 allows 127 + 1 + 127. */
const maxTypeLength = 256
/** Longest parameter that is kept: a boundary has at most 70 by RFC 2046, some senders use more. */
const maxParameterLength = 256

/** A media type as sent; texts are empty when absent. */
export interface MediaType {
  /** Lower case. */
  readonly type: string
  /** Lower case. */
  readonly charset: string
  /** Quotes and escapes removed. */
  readonly boundary: string
  /** Something that decides how the body is read is said twice and differently: backends differ in which they take. */
  readonly isAmbiguous: boolean
}

/** What a request without Content-Type has. */
export const noMediaType: MediaType = Object.freeze({ type: '', charset: '', boundary: '', isAmbiguous: false })

/** Reads the range of a Content-Type value. */
export function readMediaType(bytes: Buffer, start: number, end: number): MediaType {
  const typeStart = skipBlanks(bytes, start, end)
  const separator = findByte(bytes, semicolon, typeStart, end)
  const typeEnd = Math.min(trimBlanksEnd(bytes, typeStart, separator), typeStart + maxTypeLength)
  const type = bytes.toString('latin1', typeStart, typeEnd).toLowerCase()
  if (separator === end) return { ...noMediaType, type }
  const reader = new ParameterReader()
  let charset = ''
  let boundary = ''
  let isAmbiguous = false
  reader.open(bytes, separator, end)
  while (reader.next()) {
    if (isNamed(bytes, reader, 'charset')) {
      const value = valueText(bytes, reader).toLowerCase()
      isAmbiguous ||= charset !== '' && charset !== value
      charset ||= value
    }
    if (isNamed(bytes, reader, 'boundary')) {
      const value = valueText(bytes, reader)
      isAmbiguous ||= boundary !== '' && boundary !== value
      boundary ||= value
    }
    // RFC 2231 forms, which few parsers read.
    isAmbiguous ||= isExtended(bytes, reader, 'charset') || isExtended(bytes, reader, 'boundary')
  }
  return { type, charset, boundary, isAmbiguous }
}

/** True when both are read alike. */
export function isSameMedia(one: MediaType, other: MediaType): boolean {
  return one.type === other.type && one.charset === other.charset && one.boundary === other.boundary
}

function isNamed(bytes: Buffer, { nameStart, nameEnd }: ParameterReader, name: string): boolean {
  return equalsIgnoreCase(bytes, nameStart, nameEnd, name)
}

/** `name*` and `name*0`. */
function isExtended(bytes: Buffer, { nameStart, nameEnd }: ParameterReader, name: string): boolean {
  const stemEnd = nameStart + name.length
  return stemEnd < nameEnd && bytes[stemEnd] === asterisk && equalsIgnoreCase(bytes, nameStart, stemEnd, name)
}

/** latin1, so that a boundary is found again byte by byte. */
function valueText(bytes: Buffer, reader: ParameterReader): string {
  const end = Math.min(reader.valueEnd, reader.valueStart + maxParameterLength)
  if (!reader.isQuoted) return bytes.toString('latin1', reader.valueStart, end)
  const plain = Buffer.alloc(end - reader.valueStart)
  return plain.toString('latin1', 0, unescapeQuoted(bytes, reader.valueStart, end, plain))
}
