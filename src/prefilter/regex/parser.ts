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
import { endOfPattern, PatternCursor } from './pattern-cursor.js'
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
/** `{1000,1000}`: longer ones are literal here and refused or literal in RE2. */
const longestBounds = 12
/** `[:^xdigit:]` */
const longestClassName = 12
const simpleEscapes: ReadonlyMap<string, number> = new Map(Object.entries({ a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }))

/** Recursive descent; after a fault the tree is worth nothing. */
class RegexParser {
  readonly #cursor: PatternCursor
  #flags: Flags
  #depth = 0

  constructor(pattern: string, isCaseSensitive: boolean) {
    this.#cursor = new PatternCursor(pattern)
    this.#flags = { isFolded: !isCaseSensitive, isMultiLine: false, isDotAll: false }
  }

  get problem(): string | undefined {
    return this.#cursor.problem
  }

  parse(): RegexNode {
    const tree = this.#alternation()
    if (!this.#cursor.isAtEnd) this.#cursor.fail('unmatched )')
    return tree
  }

  #alternation(): RegexNode {
    if (++this.#depth > maxDepth) this.#cursor.fail('nested too deeply')
    const outer = this.#flags
    const branches = [this.#sequence()]
    while (this.#cursor.skip('|')) branches.push(this.#sequence())
    this.#flags = outer
    this.#depth--
    return alternateNode(branches)
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = []
    while (this.#cursor.peek() !== endOfPattern && !this.#cursor.isAt('|') && !this.#cursor.isAt(')')) {
      if (this.#cursor.skip('\\Q')) {
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
    while (this.#cursor.peek() !== endOfPattern && !this.#cursor.skip('\\E')) {
      items.push(this.#literal(this.#cursor.next()))
    }
    const last = items.pop()
    if (last !== undefined) items.push(this.#repeats(last))
    return items
  }

  /** @returns `undefined` for what only sets flags. */
  #atom(): RegexNode | undefined {
    const code = this.#cursor.next()
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
        this.#cursor.fail('a repeat operator without something to repeat')
        return undefined
      default:
        return this.#literal(code)
    }
  }

  #literal(code: number): RegexNode {
    return classNode(rangesClass([[code, code]], this.#flags.isFolded))
  }

  #group(): RegexNode | undefined {
    if (!this.#cursor.skip('?')) return this.#groupBody()
    if (
      this.#cursor.skip('P<') ||
      (this.#cursor.isAt('<') && !this.#cursor.isAt('<=') && !this.#cursor.isAt('<!') && this.#cursor.skip('<'))
    ) {
      this.#cursor.until(0x3e)
      return this.#groupBody()
    }
    return this.#flagGroup()
  }

  #groupBody(): RegexNode {
    const body = this.#alternation()
    if (!this.#cursor.skip(')')) this.#cursor.fail('missing )')
    return body
  }

  /** `(?flags)` sets flags to the end of the group around it, `(?flags:...)` for its body. */
  #flagGroup(): RegexNode | undefined {
    let { isFolded, isMultiLine, isDotAll } = this.#flags
    let isOn = true
    for (;;) {
      const letter = this.#cursor.nextLetter()
      if (letter === 'i') isFolded = isOn
      else if (letter === 'm') isMultiLine = isOn
      else if (letter === 's') isDotAll = isOn
      else if (letter === '-' && isOn) isOn = false
      else if (letter === ')') {
        this.#flags = { isFolded, isMultiLine, isDotAll }
        return undefined
      } else if (letter === ':') return this.#scopedBody({ isFolded, isMultiLine, isDotAll })
      else if (letter !== 'U') {
        this.#cursor.fail(`(?${letter}`)
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
      this.#cursor.skip('?')
      node = repeatNode(node, bounds[0], bounds[1])
    }
  }

  #repeatBounds(): readonly [number, number] | undefined {
    if (this.#cursor.skip('*')) return [0, Infinity]
    if (this.#cursor.skip('+')) return [1, Infinity]
    if (this.#cursor.skip('?')) return [0, 1]
    return this.#cursor.isAt('{') ? this.#countedBounds() : undefined
  }

  /** `{n}`, `{n,}`, `{n,m}`; anything else is a literal brace and stays unread. */
  #countedBounds(): readonly [number, number] | undefined {
    const found = /^\{(0|[1-9]\d*)(?:(,)(|0|[1-9]\d*))?\}/.exec(this.#cursor.lookAhead(longestBounds))
    if (found === null) return undefined
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === '' || found[3] === undefined ? Infinity : Number(found[3])
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat) || max < min) {
      this.#cursor.fail(`repeat count ${found[0]}`)
      return undefined
    }
    this.#cursor.move(found[0].length)
    return [min, max]
  }

  #escape(): RegexNode {
    const letter = this.#cursor.nextLetter()
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
        this.#cursor.move(-1)
        return classNode(this.#classEscape() ?? this.#oneCode(this.#escapedCode()))
    }
  }

  #oneCode(code: number): CharClass {
    return rangesClass([[code, code]], this.#flags.isFolded)
  }

  /** \d \s \w \p and their negations, after the backslash. @returns `undefined` when it is none; nothing is read then. */
  #classEscape(): CharClass | undefined {
    const code = this.#cursor.peek()
    if (code === endOfPattern) return undefined
    const letter = String.fromCodePoint(code)
    if (letter === 'p' || letter === 'P') {
      this.#cursor.move(1)
      return this.#propertyClass(letter === 'P')
    }
    const ranges = perlClasses.get(letter.toLowerCase())
    if (ranges === undefined) return undefined
    this.#cursor.move(1)
    const set = rangesClass(ranges, this.#flags.isFolded)
    return letter === letter.toLowerCase() ? set : negateClass(set)
  }

  #propertyClass(isUpper: boolean): CharClass {
    let name = this.#cursor.nextLetter()
    if (name === '{') name = this.#cursor.until(0x7d)
    const isNegated = name.startsWith('^') !== isUpper
    if (name.startsWith('^')) name = name.slice(1)
    const set = unicodeClass(name, this.#flags.isFolded)
    if (set === undefined) {
      this.#cursor.fail(`\\p{${name}}`)
      return newLine
    }
    return isNegated ? negateClass(set) : set
  }

  /** The code point of an escape that stands for one, after the backslash. */
  #escapedCode(): number {
    const letter = this.#cursor.nextLetter()
    const code = letter.codePointAt(0) ?? 0
    if (letter === 'x') return this.#hexCode()
    if (code >= 0x30 && code <= 0x37) return this.#octalCode(code)
    const simple = simpleEscapes.get(letter)
    if (simple !== undefined) return simple
    if (code >= 128 || /[A-Za-z0-9]/.test(letter)) this.#cursor.fail(`\\${letter}`)
    return code
  }

  #hexCode(): number {
    const text = this.#cursor.skip('{')
      ? this.#cursor.until(0x7d)
      : this.#cursor.nextLetter() + this.#cursor.nextLetter()
    const value = /^[0-9a-fA-F]{1,8}$/.test(text) ? Number.parseInt(text, 16) : Infinity
    if (value <= 0x10ffff) return value
    this.#cursor.fail(`\\x${text}`)
    return 0
  }

  /** \0 to \377; a single digit 1-7 alone would be a back reference, which RE2 refuses. */
  #octalCode(first: number): number {
    if (first !== 0x30 && !isOctal(this.#cursor.peek())) this.#cursor.fail('a back reference')
    let value = first - 0x30
    for (let count = 0; count < 2 && isOctal(this.#cursor.peek()); count++)
      value = value * 8 + this.#cursor.next() - 0x30
    return value
  }

  #bracketClass(): CharClass {
    const isNegated = this.#cursor.skip('^')
    const builder = new CharClassBuilder()
    do this.#classItem(builder)
    while (this.problem === undefined && !this.#cursor.skip(']'))
    const set = builder.finish()
    return isNegated ? negateClass(set) : set
  }

  #classItem(builder: CharClassBuilder): void {
    if (this.#cursor.isAt('[:') && this.#posixItem(builder)) return
    if (this.#cursor.isAt('\\')) {
      this.#cursor.move(1)
      const set = this.#classEscape()
      if (set !== undefined) {
        builder.addClass(set)
        return
      }
      this.#cursor.move(-1)
    }
    const low = this.#classCode()
    let high = low
    if (this.#cursor.isAt('-') && this.#cursor.peek(1) !== 0x5d && this.#cursor.peek(1) !== endOfPattern) {
      this.#cursor.move(1)
      high = this.#classCode()
      if (high < low) this.#cursor.fail('a reversed range')
    }
    builder.addRange(low, high, this.#flags.isFolded)
  }

  #classCode(): number {
    const code = this.#cursor.next()
    return code === 0x5c ? this.#escapedCode() : code
  }

  #posixItem(builder: CharClassBuilder): boolean {
    const found = /^\[:(\^?)(\w+):\]/.exec(this.#cursor.lookAhead(longestClassName))
    if (found === null) return false
    const ranges = posixClasses.get(found[2] ?? '')
    if (ranges === undefined) {
      this.#cursor.fail(found[0])
      return true
    }
    this.#cursor.move(found[0].length)
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
