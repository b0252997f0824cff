// Walks a request's body into WAF addresses, by what it says it is and by what it looks like.
// Stage: record -> [decode] -> prefilter or engine.
import type { RecordReader } from '../batch/record-reader.js'
import { equalsIgnoreCase } from './ascii.js'
import { JsonWalker } from './body/json.js'
import type { DecodeTools } from './decode-tools.js'
import { type MediaType, readMediaType } from './media-type.js'
import { PairWalker } from './pairs.js'
import type { AddressSink } from './value-visitor.js'
import type { WalkSettings } from './walk-settings.js'

/** How the walk over a body ended. */
export interface BodyReport {
  /** Media type as declared, without parameters, lower case; `null` when none was sent. */
  readonly type: string | null
  /** Body bytes, as captured, that were decoded and handed to the sink. */
  readonly inspectedBytes: number
  /** A limit cut the content before all of it was handed over. */
  readonly isTruncated: boolean
  /** The budget ran out before the end. */
  readonly isTimedOut: boolean
  /** What was wrong with the content, in a word; `undefined` when it was well-formed. */
  readonly fault: string | undefined
}

const noBody: BodyReport = Object.freeze({
  type: null,
  inspectedBytes: 0,
  isTruncated: false,
  isTimedOut: false,
  fault: undefined,
})

/** Walks bodies. One per worker thread. */
export class BodyWalker {
  readonly #settings: WalkSettings
  readonly #tools: DecodeTools
  readonly #json: JsonWalker
  readonly #pairs: PairWalker

  constructor(settings: WalkSettings, tools: DecodeTools) {
    this.#settings = settings
    this.#tools = tools
    this.#json = new JsonWalker(tools)
    this.#pairs = new PairWalker(tools)
  }

  walk(record: RecordReader, sink: AddressSink): BodyReport {
    const start = record.bodyStart
    const end = Math.min(record.bodyEnd, start + this.#settings.bodyInspectLimitBytes)
    if (end <= start) return noBody
    const media = findMediaType(record)
    const visitor = sink.address('server.request.body')
    let fault: string | undefined
    if (media.type.endsWith('json')) fault = this.#json.walk(visitor, record.bytes, start, end).fault
    else if (media.type === 'application/x-www-form-urlencoded') {
      visitor.openMap('multi')
      this.#pairs.walk(visitor, record.bytes, start, end)
      visitor.closeMap()
    } else this.#tools.text.value(visitor, record.bytes, start, end, false)
    return {
      type: media.type === '' ? null : media.type,
      inspectedBytes: end - start,
      isTruncated: end < record.bodyEnd,
      isTimedOut: this.#tools.budget.isExhausted,
      fault,
    }
  }
}

function findMediaType(record: RecordReader): MediaType {
  for (let index = 0; index < record.headerCount; index++) {
    if (!equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'content-type')) continue
    return readMediaType(record.bytes, record.valueStart(index), record.valueEnd(index))
  }
  return { type: '', charset: '', boundary: '' }
}
