// Walks a request into WAF addresses; the same walk feeds the prefilter and the engine.
// Stage: record -> [decode] -> prefilter or engine. Entry of this folder.
import type { RecordReader } from '../batch/record-reader.js'
import { type BodyReport, BodyWalker } from './body-walker.js'
import type { DecodeBudget } from './decode-budget.js'
import { DecodeTools } from './decode-tools.js'
import { type HeadReport, HeadWalker } from './head-walker.js'
import type { AddressSink } from './value-visitor.js'
import type { WalkSettings } from './walk-settings.js'

/** Decodes one request at a time; one per worker thread. Start the budget before each request. */
export class RequestWalker {
  readonly #head: HeadWalker
  readonly #body: BodyWalker

  /** @param budget - asked every few KiB; when it is exhausted a walk ends early and says so. */
  constructor(settings: WalkSettings, budget: DecodeBudget) {
    const tools = new DecodeTools(budget)
    this.#head = new HeadWalker(settings, tools)
    this.#body = new BodyWalker(settings, tools)
  }

  /** Sends the head's addresses to the sink. May be called again for the same record with another sink. */
  walkHead(record: RecordReader, sink: AddressSink): HeadReport {
    return this.#head.walk(record, sink)
  }

  /** Sends the body's addresses to the sink; a request without a body sends nothing. */
  walkBody(record: RecordReader, sink: AddressSink): BodyReport {
    return this.#body.walk(record, sink)
  }
}
