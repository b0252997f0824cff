// A parser for RE2's syntax (https://github.com/google/re2/wiki/Syntax), Perl-like mode, UTF-8.
// It need not refuse all that RE2 refuses (the engine does not load such a rule); what it accepts it must read as RE2 does.
// What it does not know it reports, and the caller treats the pattern as one that may always match.
import {
  type CharClass,
  CharClassBuilder,
  negateClass,
  perlClasses,
  posixClasses,
  rangesClass,
  unicodeClass,
} from './char-class.js'
import { type Assertion, alternateNode, concatNode, emptyNode, type RegexNode } from './syntax.js'

/** The tree, or why there is none. */
export type ParsedRegex = { readonly tree: RegexNode } | { readonly unsupported: string }

/**
 * Parses a pattern.
 * @param isCaseSensitive - false sets (?i) from the start.
 */
export function parseRegex(pattern: string, isCaseSensitive: boolean): ParsedRegex {
  const parser = new RegexParser(pattern, isCaseSensitive)
  const tree = parser.parse()
  return parser.problem === undefined ? { tree } : { unsupported: parser.problem }
}

interface Flags {
  readonly isFolded: boolean
  readonly isMultiLine: boolean
  readonly isDotAll: boolean
}

/** RE2 allows a nesting of 1000; no ruleset comes near, and recursion stays shallow. */
const maxDepth = 200
/** RE2's limit for counted repeats. */
const maxRepeat = 1000
const endOfPattern = -1
const simpleEscapes: ReadonlyMap<string, number> = new Map(Object.entries({ a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }))

/** After a fault it stands at the end of the pattern, so that every loop ends; the tree is then worth nothing. */
class RegexParser {
  /** The first fault. */
  problem: string | undefined
  readonly #codes: readonly number[]
  #position = 0
  #flags: Flags
  #depth = 0

  constructor(pattern: string, isCaseSensitive: boolean) {
    this.#codes = Array.from(pattern, (char) => char.codePointAt(0) ?? 0)
    this.#flags = { isFolded: !isCaseSensitive, isMultiLine: false, isDotAll: false }
  }

  parse(): RegexNode {
    const tree = this.#alternation()
    if (this.#position < this.#codes.length) this.#fail('unmatched )')
    return tree
  }

  #fail(reason: string): void {
    this.problem ??= reason
    this.#position = this.#codes.length
  }

  #peek(ahead = 0): number {
    return this.#codes[this.#position + ahead] ?? endOfPattern
  }

  #isAt(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.#peek(index) !== text.charCodeAt(index)) return false
    }
    return true
  }

  #skip(text: string): boolean {
    if (!this.#isAt(text)) return false
    this.#position += text.length
    return true
  }

  /** The next code point; a fault, and `endOfPattern`, when there is none. */
  #next(): number {
    const code = this.#peek()
    if (code === endOfPattern) this.#fail('the pattern ends too early')
    else this.#position++
    return code
  }

  #nextLetter(): string {
    const code = this.#next()
    return code === endOfPattern ? '' : String.fromCodePoint(code)
  }

  /** Reads up to a closing character, which is read too but not returned. */
  #until(close: number): string {
    let text = ''
    for (let code = this.#next(); code !== close && code !== endOfPattern; code = this.#next()) {
      text += String.fromCodePoint(code)
    }
    return text
  }

  #alternation(): RegexNode {
    if (++this.#depth > maxDepth) this.#fail('nested too deeply')
    const outer = this.#flags
    const branches = [this.#sequence()]
    while (this.#skip('|')) branches.push(this.#sequence())
    this.#flags = outer
    this.#depth--
    return alternateNode(branches)
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = []
    while (this.#peek() !== endOfPattern && !this.#isAt('|') && !this.#isAt(')')) {
      if (this.#skip('\\Q')) {
        items.push(...this.#quoted())
        continue
      }
      const item = this.#atom()
      if (item !== undefined) items.push(this.#repeats(item))
    }
    return concatNode(items)
  }

  /** Literal text up to \E; a repeat operator after it belongs to its last character. */
  #quoted(): RegexNode[] {
    const items: RegexNode[] = []
    while (this.#peek() !== endOfPattern && !this.#skip('\\E')) {
      items.push(this.#literal(this.#next()))
    }
    const last = items.pop()
    if (last !== undefined) items.push(this.#repeats(last))
    return items
  }

  /** @returns `undefined` for what only sets flags. */
  #atom(): RegexNode | undefined {
    const code = this.#next()
    switch (String.fromCodePoint(code)) {
      case '(':
        return this.#group()
      case '[':
        return classNode(this.#bracketClass())
      case '.':
        return classNode(this.#flags.isDotAll ? rangesClass([[0, 0x10ffff]], false) : negateClass(newLine))
      case '^':
        return assertNode(this.#flags.isMultiLine ? 'lineStart' : 'textStart')
      case '$':
        return assertNode(this.#flags.isMultiLine ? 'lineEnd' : 'textEnd')
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        this.#fail('a repeat operator without something to repeat')
        return undefined
      default:
        return this.#literal(code)
    }
  }

  #literal(code: number): RegexNode {
    return classNode(rangesClass([[code, code]], this.#flags.isFolded))
  }

  #group(): RegexNode | undefined {
    if (!this.#skip('?')) return this.#groupBody()
    if (this.#skip('P<') || (this.#isAt('<') && !this.#isAt('<=') && !this.#isAt('<!') && this.#skip('<'))) {
      this.#until(0x3e)
      return this.#groupBody()
    }
    return this.#flagGroup()
  }

  #groupBody(): RegexNode {
    const body = this.#alternation()
    if (!this.#skip(')')) this.#fail('missing )')
    return body
  }

  /** `(?flags)` sets flags to the end of the group around it, `(?flags:...)` for its body. */
  #flagGroup(): RegexNode | undefined {
    let { isFolded, isMultiLine, isDotAll } = this.#flags
    let isOn = true
    for (;;) {
      const letter = this.#nextLetter()
      if (letter === 'i') isFolded = isOn
      else if (letter === 'm') isMultiLine = isOn
      else if (letter === 's') isDotAll = isOn
      else if (letter === '-' && isOn) isOn = false
      else if (letter === ')') {
        this.#flags = { isFolded, isMultiLine, isDotAll }
        return undefined
      } else if (letter === ':') return this.#scopedBody({ isFolded, isMultiLine, isDotAll })
      else if (letter !== 'U') {
        this.#fail(`(?${letter}`)
        return undefined
      }
    }
  }

  #scopedBody(flags: Flags): RegexNode {
    const outer = this.#flags
    this.#flags = flags
    const body = this.#groupBody()
    this.#flags = outer
    return body
  }

  #repeats(item: RegexNode): RegexNode {
    let node = item
    for (;;) {
      const bounds = this.#repeatBounds()
      if (bounds === undefined) return node
      this.#skip('?')
      node = repeatNode(node, bounds[0], bounds[1])
    }
  }

  #repeatBounds(): readonly [number, number] | undefined {
    if (this.#skip('*')) return [0, Infinity]
    if (this.#skip('+')) return [1, Infinity]
    if (this.#skip('?')) return [0, 1]
    return this.#isAt('{') ? this.#countedBounds() : undefined
  }

  /** `{n}`, `{n,}`, `{n,m}`; anything else is a literal brace and stays unread. */
  #countedBounds(): readonly [number, number] | undefined {
    const close = this.#codes.indexOf(0x7d, this.#position)
    if (close === -1) return undefined
    const text = String.fromCodePoint(...this.#codes.slice(this.#position + 1, Math.min(close, this.#position + 12)))
    const found = /^(0|[1-9]\d*)(?:(,)(|0|[1-9]\d*))?$/.exec(text)
    if (found === null || close !== this.#position + 1 + text.length) return undefined
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === '' || found[3] === undefined ? Infinity : Number(found[3])
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat) || max < min) {
      this.#fail(`repeat count {${text}}`)
      return undefined
    }
    this.#position = close + 1
    return [min, max]
  }

  #escape(): RegexNode {
    const letter = this.#nextLetter()
    switch (letter) {
      case '':
        return emptyNode
      case 'A':
        return assertNode('textStart')
      case 'z':
        return assertNode('textEnd')
      case 'b':
        return assertNode('wordBoundary')
      case 'B':
        return assertNode('notWordBoundary')
      case 'C':
        return { kind: 'anyByte' }
      case 'E':
        return emptyNode
      default:
        this.#position--
        return classNode(this.#classEscape() ?? this.#oneCode(this.#escapedCode()))
    }
  }

  #oneCode(code: number): CharClass {
    return rangesClass([[code, code]], this.#flags.isFolded)
  }

  /** \d \s \w \p and their negations, after the backslash. @returns `undefined` when it is none; nothing is read then. */
  #classEscape(): CharClass | undefined {
    const code = this.#peek()
    if (code === endOfPattern) return undefined
    const letter = String.fromCodePoint(code)
    if (letter === 'p' || letter === 'P') {
      this.#position++
      return this.#propertyClass(letter === 'P')
    }
    const ranges = perlClasses.get(letter.toLowerCase())
    if (ranges === undefined) return undefined
    this.#position++
    const set = rangesClass(ranges, this.#flags.isFolded)
    return letter === letter.toLowerCase() ? set : negateClass(set)
  }

  #propertyClass(isUpper: boolean): CharClass {
    let name = this.#nextLetter()
    if (name === '{') name = this.#until(0x7d)
    const isNegated = name.startsWith('^') !== isUpper
    if (name.startsWith('^')) name = name.slice(1)
    const set = unicodeClass(name, this.#flags.isFolded)
    if (set === undefined) {
      this.#fail(`\\p{${name}}`)
      return newLine
    }
    return isNegated ? negateClass(set) : set
  }

  /** The code point of an escape that stands for one, after the backslash. */
  #escapedCode(): number {
    const letter = this.#nextLetter()
    const code = letter.codePointAt(0) ?? 0
    if (letter === 'x') return this.#hexCode()
    if (code >= 0x30 && code <= 0x37) return this.#octalCode(code)
    const simple = simpleEscapes.get(letter)
    if (simple !== undefined) return simple
    if (code >= 128 || /[A-Za-z0-9]/.test(letter)) this.#fail(`\\${letter}`)
    return code
  }

  #hexCode(): number {
    const text = this.#skip('{') ? this.#until(0x7d) : this.#nextLetter() + this.#nextLetter()
    const value = /^[0-9a-fA-F]{1,8}$/.test(text) ? Number.parseInt(text, 16) : Infinity
    if (value <= 0x10ffff) return value
    this.#fail(`\\x${text}`)
    return 0
  }

  /** \0 to \377; a single digit 1-7 alone would be a back reference, which RE2 refuses. */
  #octalCode(first: number): number {
    if (first !== 0x30 && !isOctal(this.#peek())) this.#fail('a back reference')
    let value = first - 0x30
    for (let count = 0; count < 2 && isOctal(this.#peek()); count++) value = value * 8 + this.#next() - 0x30
    return value
  }

  #bracketClass(): CharClass {
    const isNegated = this.#skip('^')
    const builder = new CharClassBuilder()
    do this.#classItem(builder)
    while (this.problem === undefined && !this.#skip(']'))
    const set = builder.finish()
    return isNegated ? negateClass(set) : set
  }

  #classItem(builder: CharClassBuilder): void {
    if (this.#isAt('[:') && this.#posixItem(builder)) return
    if (this.#isAt('\\')) {
      this.#position++
      const set = this.#classEscape()
      if (set !== undefined) {
        builder.addClass(set)
        return
      }
      this.#position--
    }
    const low = this.#classCode()
    let high = low
    if (this.#isAt('-') && this.#peek(1) !== 0x5d && this.#peek(1) !== endOfPattern) {
      this.#position++
      high = this.#classCode()
      if (high < low) this.#fail('a reversed range')
    }
    builder.addRange(low, high, this.#flags.isFolded)
  }

  #classCode(): number {
    const code = this.#next()
    return code === 0x5c ? this.#escapedCode() : code
  }

  #posixItem(builder: CharClassBuilder): boolean {
    const text = String.fromCodePoint(...this.#codes.slice(this.#position, this.#position + 12))
    const found = /^\[:(\^?)(\w+):\]/.exec(text)
    if (found === null) return false
    const ranges = posixClasses.get(found[2] ?? '')
    if (ranges === undefined) {
      this.#fail(found[0])
      return true
    }
    this.#position += found[0].length
    const set = rangesClass(ranges, this.#flags.isFolded)
    builder.addClass(found[1] === '^' ? negateClass(set) : set)
    return true
  }
}

const newLine = rangesClass([[0x0a, 0x0a]], false)

function isOctal(code: number): boolean {
  return code >= 0x30 && code <= 0x37
}

function classNode(set: CharClass): RegexNode {
  return { kind: 'class', set }
}

function assertNode(assertion: Assertion): RegexNode {
  return { kind: 'assert', assertion }
}

function repeatNode(item: RegexNode, min: number, max: number): RegexNode {
  return { kind: 'repeat', item, min, max }
}
