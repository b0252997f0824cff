// Reads a pattern code point by code point. After a fault it stands at the end, so that every loop over it ends.

export const endOfPattern = -1

export class PatternCursor {
  /** The first fault. */
  problem: string | undefined
  readonly #codes: readonly number[]
  #position = 0

  constructor(pattern: string) {
    this.#codes = Array.from(pattern, (char) => char.codePointAt(0) ?? 0)
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#codes.length
  }

  fail(reason: string): void {
    this.problem ??= reason
    this.#position = this.#codes.length
  }

  /** @returns `endOfPattern` behind the last. */
  peek(ahead = 0): number {
    return this.#codes[this.#position + ahead] ?? endOfPattern
  }

  isAt(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.peek(index) !== text.charCodeAt(index)) return false
    }
    return true
  }

  /** Reads a text if it stands here. */
  skip(text: string): boolean {
    if (!this.isAt(text)) return false
    this.#position += text.length
    return true
  }

  /** Goes over some code points that were looked at, or back with a negative count. */
  move(count: number): void {
    this.#position += count
  }

  /** The next code point; a fault, and `endOfPattern`, when there is none. */
  next(): number {
    const code = this.peek()
    if (code === endOfPattern) this.fail('the pattern ends too early')
    else this.#position++
    return code
  }

  /** The same as text; empty when there is none. */
  nextLetter(): string {
    const code = this.next()
    return code === endOfPattern ? '' : String.fromCodePoint(code)
  }

  /** Reads up to a closing character, which is read too but not returned. */
  until(close: number): string {
    let text = ''
    for (let code = this.next(); code !== close && code !== endOfPattern; code = this.next()) {
      text += String.fromCodePoint(code)
    }
    return text
  }

  /** The next code points as text, without reading them. */
  lookAhead(count: number): string {
    return String.fromCodePoint(...this.#codes.slice(this.#position, this.#position + count))
  }
}
