// A repeatable source of numbers, words and the values that requests are made of.
import { agentTemplates, commonWords, names, technicalWords } from './vocabulary.js'

const hexDigits = '0123456789abcdef'
const tokenCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const base64Characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const sentenceEnds = ['.', '.', '.', '!', '?', ';', ':', '...', ''] as const
const joints = [' ', ' ', ' ', ' ', ' ', ' ', ', ', ' - ', ' / ', ' & ', '; ', ' (', ') ', ' "', '" ', "'s "] as const

export class WordSource {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 up to `bound`, exclusive. Xorshift: quick, and good enough to vary texts. */
  below(bound: number): number {
    let state = this.#state || 0x2545f491
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state >>> 0
    return this.#state % bound
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0
  }

  pick(items: readonly string[]): string {
    return items[this.below(items.length)] ?? ''
  }

  number(digits: number): string {
    return String(this.below(10 ** digits))
  }

  word(): string {
    const word = this.pick(this.once(3) ? technicalWords : commonWords)
    const style = this.below(10)
    if (style === 0) return word.charAt(0).toUpperCase() + word.slice(1)
    return style === 1 ? word.toUpperCase() : word
  }

  /** As programs spell names: camelCase, snake_case, kebab-case, brackets. */
  identifier(): string {
    const [first, second] = [this.pick(technicalWords), this.pick(technicalWords)]
    switch (this.below(7)) {
      case 0:
        return `${first}_${second}`
      case 1:
        return `${first}-${second}`
      case 2:
        return first + second.charAt(0).toUpperCase() + second.slice(1)
      case 3:
        return `${first}[${second}]`
      case 4:
        return `${first}.${second}`
      default:
        return first
    }
  }

  sentence(): string {
    const count = 3 + this.below(14)
    let text = this.once(8) ? this.pick(names) : this.word()
    for (let index = 1; index < count; index++) text += this.pick(joints) + this.textPiece()
    return text.charAt(0).toUpperCase() + text.slice(1) + this.pick(sentenceEnds)
  }

  paragraph(): string {
    const count = 1 + this.below(4)
    return Array.from({ length: count }, () => this.sentence()).join(this.once(3) ? '\n' : ' ')
  }

  hex(length: number): string {
    return this.#characters(hexDigits, length)
  }

  token(length: number): string {
    return this.#characters(tokenCharacters, length)
  }

  base64(length: number): string {
    return `${this.#characters(base64Characters, length)}${this.pick(['', '=', '=='])}`
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.hex(length)).join('-')
  }

  address(): string {
    return Array.from({ length: 4 }, () => String(this.below(256))).join('.')
  }

  time(): string {
    const [month, day, hour, minute] = [12, 28, 24, 60].map((bound) =>
      String(1 + this.below(bound - 1)).padStart(2, '0'),
    )
    const date = `20${10 + this.below(20)}-${month}-${day}`
    return this.once(3) ? date : `${date}T${hour}:${minute}:00${this.pick(['Z', '.123Z', '+02:00', ''])}`
  }

  path(): string {
    const count = 1 + this.below(4)
    let text = ''
    for (let index = 0; index < count; index++) text += `/${this.once(4) ? this.number(6) : this.identifier()}`
    return text + this.pick(['', '', '', '/', '.html', '.json', '.js', '.css', '.png', '.php', '.aspx'])
  }

  url(): string {
    const host = `${this.pick(['www.', '', 'api.', 'cdn.', 'docs.'])}${this.pick(commonWords)}.${this.pick(['com', 'org', 'net', 'io', 'de'])}`
    const query = this.once(3)
      ? `?${this.identifier()}=${this.pick(commonWords)}&${this.pick(technicalWords)}=${this.number(4)}`
      : ''
    return `${this.pick(['https://', 'https://', 'http://'])}${host}${this.path()}${query}${this.once(12) ? '#top' : ''}`
  }

  agent(): string {
    return this.pick(agentTemplates).replace(/#/g, () => this.number(3))
  }

  /** What one field of a form, query or document holds. */
  value(): string {
    switch (this.below(24)) {
      case 0:
        return this.number(1 + this.below(9))
      case 1:
        return this.uuid()
      case 2:
        return this.hex(8 + this.below(40))
      case 3:
        return this.token(10 + this.below(60))
      case 4:
        return this.time()
      case 5:
        return `${this.pick(commonWords)}.${this.pick(commonWords)}${this.number(2)}@${this.pick(commonWords)}.com`
      case 6:
        return this.url()
      case 7:
        return `${this.pick(names)} ${this.pick(names)}`
      case 8:
        return `+${this.number(2)} ${this.number(3)} ${this.number(7)}`
      case 9:
        return `${this.pick(commonWords)}-${this.pick(commonWords)}-${this.number(3)}`
      case 10:
        return `${this.number(3)}.${this.number(2)} ${this.pick(['EUR', 'USD', '%', 'kg', 'px'])}`
      case 11:
        return this.path()
      case 12:
        return `${this.word()} ${this.word()}`
      case 13:
        return `${this.word()}, ${this.word()} ${this.number(3)}`
      case 14:
        return this.base64(20 + this.below(200))
      case 15:
        return `${this.identifier()}:${this.pick(['asc', 'desc'])},${this.identifier()}`
      case 16:
        return this.address()
      case 17:
      case 18:
        return this.sentence()
      case 19:
        return this.paragraph()
      case 20:
        return this.code()
      default:
        return this.word()
    }
  }

  /** Technical prose: markup, code, lists. */
  code(): string {
    const [one, two, three] = [this.identifier(), this.word(), this.identifier()]
    switch (this.below(12)) {
      case 0:
        return `\`${one}\`: ${this.sentence()}`
      case 1:
        return `- [${two}](${this.url()}) ${this.sentence()}`
      case 2:
        return `## ${this.sentence()}`
      case 3:
        return `const ${one} = ${three}(${two}, { ${two}: '${this.word()}' })`
      case 4:
        return `npm install --save-dev ${two}-${this.pick(technicalWords)}@${this.number(1)}.${this.number(2)}.0`
      case 5:
        return `{"${one}":{"${two}":[1,2,"${this.word()}"]},"${three}":null}`
      case 6:
        return `<p class="${one}">${this.sentence()}</p>`
      case 7:
        return `| ${one} | \`${three}\` | ${this.sentence()} |`
      case 8:
        return `query ${two} { ${one}(first: 10) { edges { node { id ${three} } } } }`
      case 9:
        return `if (${one} === ${two}) return ${three}.${two}`
      case 10:
        return `${one}=${two};${three}=${this.number(3)}`
      default:
        return `* ${this.sentence()} // ${this.sentence()}`
    }
  }

  textPiece(): string {
    if (this.once(12)) return this.number(4)
    return this.once(30) ? this.pick(names) : this.word()
  }

  #characters(alphabet: string, length: number): string {
    let text = ''
    for (let index = 0; index < length; index++) text += alphabet.charAt(this.below(alphabet.length))
    return text
  }
}
