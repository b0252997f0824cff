// What every decoder of a thread shares: the time left, a buffer for rewritten bytes, and the way texts go out.
import { DecodeBudget } from './decode-budget.js'
import { Scratch } from './scratch.js'
import { TextEmitter } from './text-emitter.js'

/** One set per worker thread; decoders are not reentrant because of it. */
export class DecodeTools {
  readonly budget: DecodeBudget
  readonly scratch: Scratch = new Scratch()
  readonly text: TextEmitter

  constructor(budget: DecodeBudget = new DecodeBudget()) {
    this.budget = budget
    this.text = new TextEmitter(budget)
  }
}
