// A seeded source of random numbers: the same seed gives the same corpus on every machine and Node version.

const hexDigits = '0123456789abcdef'
const base64UrlDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Small counter-based generator (splitmix32); good enough to shuffle words, of no use for secrets. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 0x1_0000_0000
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of `choices`, which must not be empty. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0]
  }

  /** `length` lower-case hex digits. */
  hex(length: number): string {
    return this.#digits(hexDigits, length)
  }

  /** `length` characters of the base64url alphabet, like a session token. */
  token(length: number): string {
    return this.#digits(base64UrlDigits, length)
  }

  #digits(alphabet: string, length: number): string {
    let text = ''
    for (let index = 0; index < length; index++) text += alphabet[this.integer(0, alphabet.length - 1)]
    return text
  }
}
