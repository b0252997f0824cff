// What every decoder of a thread shares: the time left, a buffer for rewritten bytes, and the way texts go out.
import { DecodeBudget } from './decode-budget.js'
import type { Escapes } from './escapes.js'
import { Scratch } from './scratch.js'
import { TextEmitter, type TextRole } from './text-emitter.js'
import type { ValueVisitor } from './value-visitor.js'

/** Longest text that is decoded in one go; longer ones block by block, so that they are seen from their beginning on. */
export const shortTextBytes = 8192

/** One set per worker thread; decoders are not reentrant because of it. */
export class DecodeTools {
  readonly budget: DecodeBudget
  readonly scratch: Scratch = new Scratch()
  readonly text: TextEmitter

  constructor(budget: DecodeBudget = new DecodeBudget()) {
    this.budget = budget
    this.text = new TextEmitter(budget)
  }

  /** Sends a text with its escapes decoded. */
  sendDecoded(
    visitor: ValueVisitor,
    role: TextRole,
    bytes: Uint8Array,
    start: number,
    end: number,
    escapes: Escapes,
  ): void {
    if (end - start > shortTextBytes) {
      this.#sendLongDecoded(visitor, role, bytes, start, end, escapes)
      return
    }
    const decoded = this.scratch.reserve(end - start)
    const length = escapes.decode(bytes, start, end, decoded)
    if (role === 'append') this.text.append(visitor, decoded, 0, length, false)
    else if (role === 'value') this.text.value(visitor, decoded, 0, length, false)
    else this.text.key(visitor, decoded, 0, length, false)
  }

  #sendLongDecoded(
    visitor: ValueVisitor,
    role: TextRole,
    bytes: Uint8Array,
    start: number,
    end: number,
    escapes: Escapes,
  ): void {
    const { text } = this
    text.beginLong(visitor, role)
    while (start < end && !text.isFinished) {
      const cut = end - start <= shortTextBytes ? end : escapes.cut(bytes, start, start + shortTextBytes)
      const decoded = this.scratch.reserve(cut - start)
      text.feed(decoded, 0, escapes.decode(bytes, start, cut, decoded))
      start = cut
    }
    text.endLong()
  }
}
