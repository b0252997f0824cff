// The transformer unicode_normalize, as far as it can make ASCII out of other characters. What exactly it makes of a text
// depends on the engine's Unicode tables; this file knows for each character which ASCII may come out at most, and the
// caller asks only whether all that a pattern needs could be there, in whatever order.
import type { AsciiSet } from '../regex/required-bytes.js'

/** ASCII that may come of each code point; filled as characters are met, at most as large as Unicode's useful part. */
const known = new Map<number, AsciiSet>()
/** Senders choose the characters: beyond this many the table is begun anew. */
const maxKnown = 20_000
const nothing: AsciiSet = new Uint32Array(4)

/**
 * Adds to a set all ASCII that may be in the normalised text.
 * @param bytes - UTF-8.
 */
export function addNormalizedAscii(bytes: Uint8Array, start: number, end: number, into: AsciiSet): void {
  let index = start
  while (index < end) {
    const byte = bytes[index] ?? 0
    if (byte < 0x80) {
      into[byte >> 5] = (into[byte >> 5] ?? 0) | (1 << (byte & 31))
      index++
      continue
    }
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    let code = byte & (0x7f >> length)
    for (let next = index + 1; next < index + length && next < end; next++)
      code = (code << 6) | ((bytes[next] ?? 0) & 0x3f)
    const ascii = known.get(code) ?? learn(code)
    for (let word = 0; word < 4; word++) into[word] = (into[word] ?? 0) | (ascii[word] ?? 0)
    index += length
  }
}

/** Code points that the engine puts in one lump with an ASCII character (utf8proc's UTF8PROC_LUMP), beside whole categories. */
const lumped: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "'": '\u02bc\u02c8\u2018\u2019',
    '-': '\u2212',
    '/': '\u2044\u2215',
    ':': '\u2236',
    '<': '\u2039\u2329\u3008',
    '>': '\u203a\u232a\u3009',
    '\\': '\u2216',
    '^': '\u02c4\u02c6\u2038\u2303',
    _: '\u02cd',
    '`': '\u02cb',
    '|': '\u2223',
    '~': '\u223c',
  }).flatMap(([ascii, characters]) => Array.from(characters, (character) => [character, ascii] as const)),
)
const lumpedCategories = [
  [/^\p{Pd}$/u, '-'],
  [/^\p{Pc}$/u, '_'],
  [/^\p{Zs}$/u, ' '],
] as const

function learn(code: number): AsciiSet {
  if (known.size >= maxKnown) known.clear()
  const text = asciiOf(code)
  const ascii = text === '' ? nothing : new Uint32Array(4)
  for (let index = 0; index < text.length; index++) {
    const each = text.charCodeAt(index)
    ascii[each >> 5] = (ascii[each >> 5] ?? 0) | (1 << (each & 31))
  }
  known.set(code, ascii)
  return ascii
}

/** Every ASCII character that normalising may give, in any order. */
function asciiOf(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return ''
  // Tag characters (U+E0000 on) are taken for the ASCII they mirror.
  if (code >= 0xe0000 && code < 0xe0080) return String.fromCharCode(code - 0xe0000)
  const decomposed = String.fromCodePoint(code).normalize('NFKD')
  const folded = decomposed + decomposed.toLowerCase() + decomposed.toUpperCase()
  return Array.from(folded + folded.toLowerCase() + folded.toUpperCase(), asciiOfCharacter).join('')
}

function asciiOfCharacter(character: string): string {
  if (character < '\u0080') return character
  const category = lumpedCategories.find(([pattern]) => pattern.test(character))
  return category?.[1] ?? lumped.get(character) ?? ''
}
