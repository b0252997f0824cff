// Reads a Content-Type value: the type without parameters, and the parameters that decide how a body is read.
// Stage: [decode]. Lenient: what a backend's parser might accept counts. Own code: no string is kept per request but these.
import { equalsIgnoreCase, findByte, isBlank, lowerByte, skipBlanks, trimBlanksEnd } from './ascii.js'
import { byteAt } from './utf8.js'

const semicolon = 0x3b
const equalsSign = 0x3d
const doubleQuote = 0x22
const backslash = 0x5c

/** Longest type and longest parameter that are kept: RFC 6838 allows 127 + 1 + 127, a boundary has at most 70. */
const maxTypeLength = 256
const maxParameterLength = 256

/** A media type as sent, lower-cased; `charset` and `boundary` are empty when absent. */
export interface MediaType {
  readonly type: string
  /** Lower case. */
  readonly charset: string
  /** As sent, quotes and escapes removed. */
  readonly boundary: string
}

/** Reads the range of a Content-Type value. An empty type is possible. */
export function readMediaType(bytes: Uint8Array, start: number, end: number): MediaType {
  const typeStart = skipBlanks(bytes, start, end)
  const separator = findByte(bytes, semicolon, typeStart, end)
  const typeEnd = Math.min(trimBlanksEnd(bytes, typeStart, separator), typeStart + maxTypeLength)
  const type = lowerText(bytes, typeStart, typeEnd)
  if (separator === end) return { type, charset: '', boundary: '' }
  return {
    type,
    charset: readParameter(bytes, separator, end, 'charset').toLowerCase(),
    boundary: readParameter(bytes, separator, end, 'boundary'),
  }
}

/** Value of the first parameter of that name in `; name=value; name="quoted"`; empty when absent. */
export function readParameter(bytes: Uint8Array, start: number, end: number, name: string): string {
  const range = findParameter(bytes, start, end, name)
  return range === undefined ? '' : unquote(bytes, range.start, Math.min(range.end, range.start + maxParameterLength))
}

/** Where a parameter's value lies, its quotes included. */
export interface ParameterRange {
  readonly start: number
  readonly end: number
}

/** Finds a parameter; semicolons inside quotes separate nothing. */
export function findParameter(bytes: Uint8Array, start: number, end: number, name: string): ParameterRange | undefined {
  let index = start
  while (index < end) {
    const nameStart = skipSeparators(bytes, index, end)
    const nameEnd = endOfName(bytes, nameStart, end)
    if (nameEnd === end || byteAt(bytes, nameEnd) !== equalsSign) {
      index = Math.max(nameEnd, nameStart) + 1
      continue
    }
    const valueStart = skipBlanks(bytes, nameEnd + 1, end)
    const valueEnd = endOfValue(bytes, valueStart, end)
    if (equalsIgnoreCase(bytes, nameStart, trimBlanksEnd(bytes, nameStart, nameEnd), name)) {
      return { start: valueStart, end: trimBlanksEnd(bytes, valueStart, valueEnd) }
    }
    index = valueEnd
  }
  return undefined
}

/** The text of a parameter value without its quotes and escapes; UTF-8. */
export function unquote(bytes: Uint8Array, start: number, end: number): string {
  if (start === end || byteAt(bytes, start) !== doubleQuote) return Buffer.from(bytes.subarray(start, end)).toString()
  const plain: number[] = []
  for (let index = start + 1; index < end && byteAt(bytes, index) !== doubleQuote; index++) {
    if (byteAt(bytes, index) === backslash && index + 1 < end) index++
    plain.push(byteAt(bytes, index))
  }
  return Buffer.from(plain).toString()
}

function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let index = start; index < end; index++) text += String.fromCharCode(lowerByte(byteAt(bytes, index)))
  return text
}

function skipSeparators(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && (byteAt(bytes, start) === semicolon || isBlank(byteAt(bytes, start)))) start++
  return start
}

function endOfName(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && byteAt(bytes, start) !== equalsSign && byteAt(bytes, start) !== semicolon) start++
  return start
}

function endOfValue(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || byteAt(bytes, start) !== doubleQuote) return findByte(bytes, semicolon, start, end)
  let index = start + 1
  while (index < end && byteAt(bytes, index) !== doubleQuote) index += byteAt(bytes, index) === backslash ? 2 : 1
  return Math.min(index + 1, end)
}
