// Turns a body in another charset into UTF-8, by its byte order mark, by what its Content-Type says, or by the shape of its bytes.
// Stage: [decode]. Engine: TextDecoder (ICU, WHATWG labels), fed in slices so that the budget is kept; UTF-32 and UTF-7, which it
// does not know, by hand.
import type { DecodeBudget } from '../decode-budget.js'
import { byteAt, isAsciiRange, writeCodePoint } from '../utf8.js'
import { decodeUtf7 } from './utf7.js'

/** A body as UTF-8 (perhaps not quite valid: what claims to be UTF-8 is taken as it is). */
export interface Utf8Content {
  /** The input itself when it needed no change. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** The bytes read as they are may mean something else to a backend that ignores the charset. */
  readonly isGuess: boolean
  /** The charset is not known here. */
  readonly isUnknown: boolean
  /** The bytes may say something else to a backend than in any reading that is known here. */
  readonly isHidden: boolean
  /** Time for the conversion ran out before the end. */
  readonly isCut: boolean
}

/** Bytes that are converted between two looks at the clock. A multiple of four, so that no unit is split. */
const sliceBytes = 64 * 1024

/** Charsets of one byte per character that leave ASCII as it is: read as UTF-8 they could hide nothing. */
const transparentCharsets = /^(iso-?8859-|windows-125|cp125|latin|l\d$|koi8-)/

/** Share of the time left that conversion may take. */
const stageShare = 0.3

/** @param charset - lower case, empty when not declared. */
export function toUtf8(bytes: Buffer, start: number, end: number, charset: string, budget: DecodeBudget): Utf8Content {
  if (isPlainStart(bytes, start, end) && normalCharset(charset) === 'utf-8') return inPlace(bytes, start, end)
  const marked = markedCharset(bytes, start, end)
  const shaped = marked === '' ? shapedCharset(bytes, start, end) : ''
  const declared = normalCharset(charset)
  const name = marked || shaped || declared
  const isShown = marked !== '' || shaped !== ''
  const isHidden = isShown ? !isAgreed(declared, name) : isOrderOpen(declared, bytes, start, end)
  if (marked === 'utf-8') return { ...inPlace(bytes, start + 3, end), isHidden }
  const isTransparent = transparentCharsets.test(name)
  if (name === 'utf-8' || (isTransparent && isAsciiRange(bytes, start, end))) {
    return inPlace(bytes, start, end)
  }
  const converted = convert(bytes, start, end, name, budget)
  if (converted === undefined) {
    return { ...inPlace(bytes, start, end), isUnknown: true, isHidden: !isPlainAscii(bytes, start, end) }
  }
  const { text, isCut } = converted
  // Not even a mark is certain: many backends read a form byte by byte, and take it for a part of the first name.
  return { ...inPlace(text, 0, text.length), isGuess: !isTransparent, isHidden, isCut }
}

/**
 * Whether backends that believe the declaration and those that believe the bytes read the same. Undeclared or transparent is the
 * bytes' own reading, which is always looked at too.
 */
function isAgreed(declared: string, name: string): boolean {
  return declared === 'utf-8' || transparentCharsets.test(declared) || name.startsWith(declared)
}

/**
 * Where the bytes do not show it, nobody agrees on which byte comes first (Java: the higher one, Python: the machine's order). It
 * matters where zero bytes write ASCII.
 */
function isOrderOpen(declared: string, bytes: Buffer, start: number, end: number): boolean {
  return (declared === 'utf-16' || declared === 'utf-32') && bytes.subarray(start, end).includes(0)
}

function inPlace(bytes: Buffer, start: number, end: number): Utf8Content {
  return { bytes, start, end, isGuess: false, isUnknown: false, isHidden: false, isCut: false }
}

/**
 * ASCII means the same in nearly all charsets, but for the signs by which some of seven bits write more than ASCII (`+`, `&` and
 * `~` of UTF-7 and its kin, `\\` of Python's codecs, controls that shift). Other bytes may be any letters: EBCDIC's are there.
 */
function isPlainAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = byteAt(bytes, index)
    const isControl = byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d
    if (isControl || byte >= 0x7f || byte === 0x2b || byte === 0x26 || byte === 0x7e || byte === 0x5c) return false
  }
  return true
}

/** Two ASCII characters: neither a byte order mark nor wider units can be here. */
function isPlainStart(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2) return false
  const first = bytes[start] ?? 0
  const second = bytes[start + 1] ?? 0
  return first > 0 && first < 0x80 && second > 0 && second < 0x80
}

/** The charset that a byte order mark names, empty without one. */
function markedCharset(bytes: Buffer, start: number, end: number): string {
  const first = byteAt(bytes, start)
  const second = byteAt(bytes, start + 1)
  const third = byteAt(bytes, start + 2)
  const fourth = byteAt(bytes, start + 3)
  if (end - start >= 3 && first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (end - start >= 4 && first === 0xff && second === 0xfe && third === 0 && fourth === 0) return 'utf-32le'
  if (end - start >= 4 && first === 0 && second === 0 && third === 0xfe && fourth === 0xff) return 'utf-32be'
  if (end - start >= 2 && first === 0xff && second === 0xfe) return 'utf-16le'
  if (end - start >= 2 && first === 0xfe && second === 0xff) return 'utf-16be'
  return ''
}

/** RFC 4627: JSON begins with two ASCII characters, so its zero bytes tell the encoding; forms and XML do too. */
function shapedCharset(bytes: Buffer, start: number, end: number): string {
  if (end - start < 4) return ''
  let zeros = ''
  for (let index = 0; index < 4; index++) zeros += byteAt(bytes, start + index) === 0 ? '0' : 'x'
  switch (zeros) {
    case '0x0x':
      return 'utf-16be'
    case 'x0x0':
      return 'utf-16le'
    case '000x':
      return 'utf-32be'
    case 'x000':
      return 'utf-32le'
    default:
      return ''
  }
}

/** Underscores and quotes are a sender's habit; Python takes the former. */
function normalCharset(charset: string): string {
  const name = charset.replaceAll('_', '-').replace(/^'(.*)'$/, '$1')
  switch (name) {
    case '':
    case 'utf8':
    case 'utf-8':
    case 'ascii':
    case 'us-ascii':
    case 'utf-8-sig':
    case 'utf8mb4':
      return 'utf-8'
    case 'utf-16-le':
    case 'utf-16-be':
      return name.replace(/-([bl]e)$/, '$1')
    case 'utf7':
    case 'unicode-1-1-utf-7':
    case 'csunicode11utf7':
      return 'utf-7'
    default:
      return name
  }
}

interface Conversion {
  readonly text: Buffer
  readonly isCut: boolean
}

/** @returns `undefined` for a charset that is not known. */
function convert(
  bytes: Buffer,
  start: number,
  end: number,
  name: string,
  budget: DecodeBudget,
): Conversion | undefined {
  if (name.startsWith('utf-32')) return convertUtf32(bytes, start, end, name === 'utf-32le', budget)
  if (name === 'utf-7') {
    const { bytes: text, isCut } = decodeUtf7(bytes, start, end, budget)
    return { text, isCut }
  }
  const decoder = decoderFor(name) ?? (transparentCharsets.test(name) ? decoderFor('windows-1252') : undefined)
  if (decoder === undefined) return undefined
  const slices: Buffer[] = []
  const stageEndMs = budget.stageEnd(stageShare)
  let index = start
  for (; index < end && (index === start || !budget.isPast(stageEndMs)); index += sliceBytes) {
    // Copied, because TextDecoder takes no shared memory.
    const slice = Buffer.from(bytes.subarray(index, Math.min(index + sliceBytes, end)))
    slices.push(Buffer.from(decoder.decode(slice, { stream: index + sliceBytes < end })))
  }
  return { text: Buffer.concat(slices), isCut: index < end }
}

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label)
  } catch {
    // A label that a sender made up is an expected outcome: the caller reports it.
    return undefined
  }
}

function convertUtf32(bytes: Buffer, start: number, end: number, isLittle: boolean, budget: DecodeBudget): Conversion {
  const target = Buffer.allocUnsafe(end - start + 4)
  const stageEndMs = budget.stageEnd(stageShare)
  let length = 0
  let index = start
  for (; index + 4 <= end; index += 4) {
    const codePoint = isLittle ? bytes.readUInt32LE(index) : bytes.readUInt32BE(index)
    const isValid = codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff)
    if (codePoint !== 0xfeff) length = writeCodePoint(target, length, isValid ? codePoint : 0xfffd)
    if ((index - start) % sliceBytes === sliceBytes - 4 && budget.isPast(stageEndMs)) break
  }
  return { text: target.subarray(0, length), isCut: index + 4 <= end }
}
