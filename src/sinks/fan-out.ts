// Gives every block of events to every configured sink; none of them can hold up another.
import type { DatadogSettings } from './datadog/datadog-settings.js'
import { FileSink } from './file-sink.js'
import type { EventBlock, Sink, SinkNotice, SinkTotals } from './sink.js'
import { SinkLane } from './sink-lane.js'
import type { SinkSpec } from './sink-spec.js'
import { StdoutSink } from './stdout-sink.js'

export interface FanOutSettings {
  readonly sinks: readonly SinkSpec[]
  readonly datadog: DatadogSettings
  /** Bytes that may wait for one sink. */
  readonly queueLimitBytes: number
  /** Whether a terminal gets colours. */
  readonly isColoured: boolean
  readonly notify: (notice: SinkNotice) => void
}

/** All configured sinks, each behind its own queue. */
export class FanOut {
  readonly #lanes: readonly SinkLane[]

  private constructor(lanes: readonly SinkLane[]) {
    this.#lanes = lanes
  }

  /** @throws MirrorwafError `MWAF_SINK_TARGET` when a destination cannot be written. */
  static async open(settings: FanOutSettings): Promise<FanOut> {
    const lanes: SinkLane[] = []
    for (const spec of settings.sinks) {
      const sink = await createSink(spec, settings)
      if (sink === undefined) continue
      await sink.open()
      lanes.push(new SinkLane(sink, settings.queueLimitBytes, settings.notify))
    }
    return new FanOut(lanes)
  }

  /** Returns at once; what a sink has no room for is counted. */
  accept(block: EventBlock): void {
    for (const lane of this.#lanes) lane.offer(block)
  }

  /** As `accept`, for requests without an event: only sinks of traces take them. */
  acceptSpans(block: EventBlock): void {
    for (const lane of this.#lanes) if (lane.takesSpans) lane.offer(block)
  }

  reopen(): void {
    for (const lane of this.#lanes) lane.reopen()
  }

  /** @returns whether everything was written before the time was up. */
  async flush(timeLimitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const expiry = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, timeLimitMs, false)
    })
    const idle = Promise.all(this.#lanes.map((lane) => lane.whenIdle())).then(() => true)
    const isComplete = await Promise.race([idle, expiry])
    clearTimeout(timer)
    return isComplete
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }

  get totals(): readonly SinkTotals[] {
    return this.#lanes.map((lane) => lane.totals)
  }
}

async function createSink(spec: SinkSpec, { isColoured, datadog }: FanOutSettings): Promise<Sink | undefined> {
  switch (spec.kind) {
    case 'none':
      return undefined
    case 'stdout':
      return new StdoutSink(isColoured)
    case 'file':
      return new FileSink(spec.path, () => performance.now())
    case 'datadog': {
      // Loaded only where it is wanted: its packages cost memory.
      const { DatadogSink } = await import('./datadog/datadog-sink.js')
      return new DatadogSink(spec.url, datadog)
    }
    default:
      return spec satisfies never
  }
}
