// A text sink that gets its events in another form.
import { formatBlock } from './formats/event-format.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import type { EventFormat } from './sink-spec.js'

/** @returns the sink itself for the native form. */
export function inFormat(sink: Sink, format: EventFormat = 'native'): Sink {
  return format === 'native' ? sink : new FormattedSink(sink, format)
}

class FormattedSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number
  readonly #sink: Sink
  readonly #format: EventFormat

  constructor(sink: Sink, format: EventFormat) {
    this.name = sink.name
    this.batchLimitBytes = sink.batchLimitBytes ?? 0
    this.#sink = sink
    this.#format = format
  }

  open(): Promise<void> {
    return this.#sink.open()
  }

  write(block: EventBlock): Promise<WriteResult> {
    return this.#sink.write(formatBlock(block, this.#format))
  }

  reopen(): Promise<void> {
    return this.#sink.reopen()
  }

  close(): Promise<void> {
    return this.#sink.close()
  }
}
