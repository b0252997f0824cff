// Sets of code points as RE2 sees them: exact for ASCII, three-valued beyond.
// The automata run on UTF-8 bytes and keep every byte >= 0x80 in one class, so all that matters of the non-ASCII part of a
// set is whether it holds nothing, something or everything. Case folding is RE2's simple folding: of all non-ASCII code
// points only U+212A (Kelvin sign, k) and U+017F (long s, s) fold to ASCII.

/** What a set holds beyond ASCII. 'some' may stand for anything but nothing; only 'all' and 'none' are exact. */
export type HighPart = 'none' | 'some' | 'all'

/** A set of code points. */
export interface CharClass {
  /** Bit `code & 31` of word `code >> 5` for each ASCII code. */
  readonly ascii: Uint32Array
  readonly high: HighPart
}

/** Pairs of first and last code point. */
export type CodeRanges = readonly (readonly [number, number])[]

const maxCodePoint = 0x10ffff
const kelvinSign = 0x212a
const longS = 0x17f

/** Collects ranges into a `CharClass`; pieces are folded and negated one by one, as RE2 does. */
export class CharClassBuilder {
  readonly #ascii = new Uint32Array(4)
  readonly #ranges: [number, number][] = []
  /** Holds non-ASCII code points that are not in `#ranges`: a Unicode property. */
  #isOpaque = false

  /** @param isFolded - also adds the other case of everything in the range. */
  addRange(low: number, high: number, isFolded: boolean): void {
    for (let code = low; code <= high && code < 128; code++) this.#addAscii(code, isFolded)
    if (high < 128) return
    const start = Math.max(low, 128)
    this.#ranges.push([start, high])
    if (!isFolded) return
    if (start <= kelvinSign && kelvinSign <= high) this.#addLetter(0x6b)
    if (start <= longS && longS <= high) this.#addLetter(0x73)
  }

  /** Adds all that another set holds, without folding it. */
  addClass(other: CharClass): void {
    for (let word = 0; word < 4; word++) this.#ascii[word] = (this.#ascii[word] ?? 0) | (other.ascii[word] ?? 0)
    if (other.high === 'all') this.#ranges.push([128, maxCodePoint])
    if (other.high === 'some') this.#isOpaque = true
  }

  /** The set so far. */
  finish(): CharClass {
    const ascii = new Uint32Array(this.#ascii)
    if (coversHighPart(this.#ranges)) return { ascii, high: 'all' }
    return { ascii, high: this.#isOpaque || this.#ranges.length > 0 ? 'some' : 'none' }
  }

  #addAscii(code: number, isFolded: boolean): void {
    this.#setBit(code)
    const lower = code | 0x20
    if (isFolded && lower >= 0x61 && lower <= 0x7a) this.#addLetter(lower)
  }

  /** Both cases of a lower-case letter and what else folds to it. */
  #addLetter(lower: number): void {
    this.#setBit(lower)
    this.#setBit(lower ^ 0x20)
    if (lower === 0x6b) this.#ranges.push([kelvinSign, kelvinSign])
    if (lower === 0x73) this.#ranges.push([longS, longS])
  }

  #setBit(code: number): void {
    this.#ascii[code >> 5] = (this.#ascii[code >> 5] ?? 0) | (1 << (code & 31))
  }
}

/** The set of ranges given as pairs. */
export function rangesClass(ranges: CodeRanges, isFolded: boolean): CharClass {
  const builder = new CharClassBuilder()
  for (const [low, high] of ranges) builder.addRange(low, high, isFolded)
  return builder.finish()
}

/** Everything that is not in the set. */
export function negateClass(set: CharClass): CharClass {
  const ascii = new Uint32Array(4)
  for (let word = 0; word < 4; word++) ascii[word] = ~(set.ascii[word] ?? 0)
  const high = set.high === 'all' ? 'none' : set.high === 'none' ? 'all' : 'some'
  return { ascii, high }
}

export function classHas(set: CharClass, asciiCode: number): boolean {
  return (((set.ascii[asciiCode >> 5] ?? 0) >>> (asciiCode & 31)) & 1) === 1
}

export function isEmptyClass(set: CharClass): boolean {
  return set.high === 'none' && set.ascii.every((word) => word === 0)
}

const digits = [[0x30, 0x39]] as const
const lowerCase = [[0x61, 0x7a]] as const
const upperCase = [[0x41, 0x5a]] as const
const letters = [...upperCase, ...lowerCase] as const
const wordCharacters = [...digits, ...letters, [0x5f, 0x5f]] as const
const space = [0x20, 0x20] as const
/** RE2's \s has no vertical tab; POSIX space has. */
const perlSpace = [[0x09, 0x0a], [0x0c, 0x0d], space] as const

/** \d, \s and \w. */
export const perlClasses: ReadonlyMap<string, CodeRanges> = new Map<string, CodeRanges>([
  ['d', digits],
  ['s', perlSpace],
  ['w', wordCharacters],
])

/** The names inside [[:name:]]. */
export const posixClasses: ReadonlyMap<string, CodeRanges> = new Map<string, CodeRanges>([
  ['alnum', [...digits, ...letters]],
  ['alpha', letters],
  ['ascii', [[0x00, 0x7f]]],
  ['blank', [[0x09, 0x09], space]],
  [
    'cntrl',
    [
      [0x00, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ['digit', digits],
  ['graph', [[0x21, 0x7e]]],
  ['lower', lowerCase],
  ['print', [[0x20, 0x7e]]],
  [
    'punct',
    [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
  ],
  ['space', [[0x09, 0x0d], space]],
  ['upper', upperCase],
  ['word', wordCharacters],
  ['xdigit', [...digits, [0x41, 0x46], [0x61, 0x66]]],
])

/**
 * The set of a Unicode general category or script.
 * @returns `undefined` when no such name is known here; RE2 may know it.
 */
export function unicodeClass(name: string, isFolded: boolean): CharClass | undefined {
  if (name === 'Any') return rangesClass([[0, maxCodePoint]], false)
  const test = propertyTest(name)
  if (test === undefined) return undefined
  const builder = new CharClassBuilder()
  for (let code = 0; code < 128; code++) {
    if (test.test(String.fromCodePoint(code))) builder.addRange(code, code, isFolded)
  }
  for (const code of [kelvinSign, longS]) {
    if (test.test(String.fromCodePoint(code))) builder.addRange(code, code, isFolded)
  }
  builder.addClass({ ascii: new Uint32Array(4), high: 'some' })
  return builder.finish()
}

function propertyTest(name: string): RegExp | undefined {
  if (!/^\w+$/.test(name)) return undefined
  for (const property of [`gc=${name}`, `sc=${name}`]) {
    try {
      return new RegExp(`^\\p{${property}}$`, 'u')
    } catch {
      // Not a name of this kind: the next kind may have it.
    }
  }
  return undefined
}

function coversHighPart(ranges: CodeRanges): boolean {
  let covered = 127
  for (const [low, high] of [...ranges].sort((left, right) => left[0] - right[0])) {
    if (low > covered + 1) return false
    covered = Math.max(covered, high)
  }
  return covered >= maxCodePoint
}
