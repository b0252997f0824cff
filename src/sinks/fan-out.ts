// Gives every block of events to every configured sink; none of them can hold up another.

import { withinTime } from '../within-time.js'
import { createSink, type SinkSurroundings } from './create-sink.js'
import { EventGate } from './event-gate.js'
import type { HeldAccount, HeldLedger } from './held-ledger.js'
import type { EventBlock, SinkNotice, SinkTotals } from './sink.js'
import { SinkLane } from './sink-lane.js'
import type { SinkSpec } from './sink-spec.js'

export interface FanOutSettings extends SinkSurroundings {
  readonly sinks: readonly SinkSpec[]
  /** Bytes that may wait for one sink. */
  readonly queueLimitBytes: number
  readonly notify: (notice: SinkNotice) => void
  /** Where each sink's events are noted for as long as they are neither written nor counted. */
  readonly ledger: HeldLedger
}

/** One sink's way: what it is not to get stays at the gate; without a filter or a rate there is none. */
interface Way {
  readonly gate: EventGate | undefined
  readonly lane: SinkLane
  readonly held: HeldAccount
}

/** All configured sinks, each behind its own queue. */
export class FanOut {
  readonly #ways: readonly Way[]

  private constructor(ways: readonly Way[]) {
    this.#ways = ways
  }

  /** @throws MirrorwafError `MWAF_SINK_TARGET` when a destination cannot be written. */
  static async open(settings: FanOutSettings): Promise<FanOut> {
    const ways: Way[] = []
    for (const [position, spec] of settings.sinks.entries()) {
      const sink = await createSink(spec, settings)
      if (sink === undefined) continue
      await sink.open()
      const held = settings.ledger.sink(position)
      const lane = new SinkLane({ sink, limitBytes: settings.queueLimitBytes, notify: settings.notify, held })
      ways.push({ lane, gate: createGate(spec, lane, held), held })
    }
    return new FanOut(ways)
  }

  /** Returns at once; what a sink has no room for is counted. */
  accept(block: EventBlock): void {
    for (const { gate, lane } of this.#ways) {
      if (gate === undefined) lane.offer(block)
      else gate.accept(block)
    }
  }

  /** As `accept`, for requests without an event: only sinks of traces take them. No gate holds them up: their rate is limited at the source. */
  acceptSpans(block: EventBlock): void {
    for (const { lane } of this.#ways) if (lane.takesSpans) lane.offer(block)
  }

  reopen(): void {
    for (const { lane } of this.#ways) lane.reopen()
  }

  /** Sends what is folded and hurries what waits for a retry. @returns whether everything was written in time. */
  flush(timeLimitMs: number): Promise<boolean> {
    for (const { gate, lane } of this.#ways) {
      gate?.drain()
      lane.hurry()
    }
    return withinTime(Promise.all(this.#ways.map(({ lane }) => lane.whenIdle())), timeLimitMs)
  }

  /** What is still folded or queued is counted `unflushed`. */
  async close(): Promise<void> {
    for (const { gate } of this.#ways) gate?.close()
    await Promise.all(this.#ways.map(({ lane }) => lane.close()))
  }

  get totals(): readonly SinkTotals[] {
    return this.#ways.map(({ gate, lane, held }) => ({
      ...lane.totals,
      dropped: { ...lane.totals.dropped, lost: held.lost },
      filtered: gate?.filtered ?? 0,
      folded: gate?.folded ?? 0,
    }))
  }
}

function createGate({ delivery }: SinkSpec, lane: SinkLane, held: HeldAccount): EventGate | undefined {
  if (delivery === undefined) return undefined
  return new EventGate({ delivery, nowMs: () => performance.now(), offer: (block) => lane.offer(block), held })
}
