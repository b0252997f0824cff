// Translates a regular expression in RE2's syntax, as the engine takes it, into one for V8; refuses what V8 cannot do alike.
// Only for redaction: case never matters, and where the two differ the translation matches more, not less.
// V8 backtracks where RE2 does not; what that may cost is bounded where the expressions are used, see `redact.ts`.

export type Translation =
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** Characters that must be escaped when they stand for themselves under V8's `u` flag. */
const syntaxCharacter = /[\^$\\.*+?()[\]{}|/]/

const posixClasses: ReadonlyMap<string, string> = new Map([
  ['alnum', 'A-Za-z0-9'],
  ['alpha', 'A-Za-z'],
  ['ascii', '\\x00-\\x7f'],
  ['blank', '\\t '],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['digit', '0-9'],
  ['graph', '!-~'],
  ['lower', 'a-z'],
  ['print', ' -~'],
  ['punct', '!-\\/:-@\\[-`\\{-~'],
  ['space', '\\t\\n\\v\\f\\r '],
  ['upper', 'A-Z'],
  ['word', '\\w'],
  ['xdigit', '0-9A-Fa-f'],
])

/** Escapes that mean the same in both, outside classes and inside. */
const sharedEscapes = 'dDsSwWtnrfv'
/** Assertions that mean the same in both. */
const sharedAssertions = 'bB'

class Refusal extends Error {}

/** @param pattern - RE2 syntax, e.g. with a leading `(?i)`. */
export function translateRe2(pattern: string): Translation {
  try {
    return { kind: 'pattern', source: new Translator(pattern).translate() }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: 'refused', reason: thrown.message }
    throw thrown
  }
}

/** One pass over a pattern; every method reads its construct at the current position and returns its translation. */
class Translator {
  readonly #pattern: string
  #at = 0
  #dot = '[^\\n]'
  #openGroups = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  translate(): string {
    this.#skipLeadingFlags()
    let source = ''
    while (this.#at < this.#pattern.length) source += this.#next()
    if (this.#openGroups > 0) throw new Refusal('a ( is not closed')
    return source
  }

  /** `i` is always on; with `s` a dot takes line ends too. */
  #skipLeadingFlags(): void {
    const flags = /^\(\?([is]+)\)/.exec(this.#pattern)
    if (flags === null) return
    this.#at = flags[0].length
    if (flags[1]?.includes('s') === true) this.#dot = '[^]'
  }

  #next(): string {
    const character = this.#pattern[this.#at] ?? ''
    switch (character) {
      case '\\':
        return this.#escape(false)
      case '[':
        return this.#characterClass()
      case '(':
        return this.#openGroup()
      case ')':
        return this.#closeGroup()
      case '{':
        return this.#brace()
      case '.':
        this.#at++
        return this.#dot
      case ']':
      case '}':
        this.#at++
        return `\\${character}`
      default:
        return this.#take(1)
    }
  }

  #take(length: number): string {
    const taken = this.#pattern.slice(this.#at, this.#at + length)
    this.#at += length
    return taken
  }

  #openGroup(): string {
    const opening = /^\((?:\?(?::|P?<(\w+)>))?/.exec(this.#pattern.slice(this.#at))
    const text = opening?.[0] ?? '('
    if (text === '(' && this.#pattern[this.#at + 1] === '?') {
      throw new Refusal(`${this.#pattern.slice(this.#at, this.#at + 4)} cannot be translated`)
    }
    this.#at += text.length
    this.#openGroups++
    return opening?.[1] === undefined ? text : `(?<${opening[1]}>`
  }

  #closeGroup(): string {
    if (this.#openGroups === 0) throw new Refusal('a ) has no (')
    this.#openGroups--
    return this.#take(1)
  }

  /** RE2 takes a { that begins no repeat for itself. */
  #brace(): string {
    const repeat = /^\{\d+(?:,\d*)?\}/.exec(this.#pattern.slice(this.#at))
    if (repeat !== null) return this.#take(repeat[0].length)
    this.#at++
    return '\\{'
  }

  #characterClass(): string {
    let source = this.#take(this.#pattern[this.#at + 1] === '^' ? 2 : 1)
    let isFirst = true
    for (;;) {
      const character = this.#pattern[this.#at]
      if (character === undefined) throw new Refusal('a [ is not closed')
      if (character === ']' && !isFirst) return source + this.#take(1)
      source += this.#classPart(character)
      isFirst = false
    }
  }

  #classPart(character: string): string {
    if (character === '\\') return this.#escape(true)
    if (character !== '[' && character !== ']') return this.#take(1)
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.#pattern.slice(this.#at))
    if (posix === null) {
      this.#at++
      return `\\${character}`
    }
    const characters = posixClasses.get(posix[2] ?? '')
    if (characters === undefined || posix[1] !== '') throw new Refusal(`${posix[0]} cannot be translated`)
    this.#at += posix[0].length
    return characters
  }

  #escape(isInClass: boolean): string {
    const rest = this.#pattern.slice(this.#at)
    const special = /^\\(?:x\{([0-9A-Fa-f]{1,6})\}|x[0-9A-Fa-f]{2}|[pP](?:\{\^?\w+\}|[A-Z])|Q|E)/.exec(rest)
    if (special !== null) return this.#longEscape(special[0], special[1])
    const character = rest[1] ?? ''
    this.#at += 2
    if (sharedEscapes.includes(character) && character !== '') return `\\${character}`
    if (!isInClass && sharedAssertions.includes(character) && character !== '') return `\\${character}`
    if (!isInClass && character === 'A') return '^'
    if (!isInClass && character === 'z') return '$'
    if (character === 'a') return '\\x07'
    if (character === '' || /[A-Za-z0-9]/.test(character)) throw new Refusal(`\\${character} cannot be translated`)
    if (character === '-') return isInClass ? '\\-' : '-'
    return syntaxCharacter.test(character) ? `\\${character}` : character
  }

  #longEscape(text: string, codePoint: string | undefined): string {
    if (text === '\\Q' || text === '\\E') throw new Refusal(`${text} cannot be translated`)
    this.#at += text.length
    if (codePoint !== undefined) return `\\u{${codePoint}}`
    const category = /^\\([pP])([A-Z])$/.exec(text)
    return category === null ? text : `\\${category[1]}{${category[2]}}`
  }
}
