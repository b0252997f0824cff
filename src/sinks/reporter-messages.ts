// What crosses between the main thread and the reporting thread. Only plain data: both sides may be replaced alone.
import type { AdminAddress } from '../observe/admin-server.js'
import type { CoverageNotice, CoverageSettings } from '../observe/coverage/coverage-meter.js'
import type { InstrumentsMemory } from '../observe/instruments.js'
import type { EngineInfo, RuleHit } from '../observe/metrics.js'
import type { ServiceIdentity } from '../service-identity.js'
import type { StoreNotice } from '../store/store-database.js'
import type { DeskSettings } from '../ui/event-desk.js'
import type { DatadogSettings } from './datadog/datadog-settings.js'
import type { SinkNotice, SinkTotals } from './sink.js'
import type { SinkSpec } from './sink-spec.js'

/** Where the thread can be reached, with real ports. */
export interface BoundAddresses {
  readonly admin: AdminAddress | undefined
  readonly ui: AdminAddress | undefined
}

/** Given to the thread at its start. */
export interface ReporterData {
  readonly sinks: readonly SinkSpec[]
  readonly datadog: DatadogSettings
  readonly queueLimitBytes: number
  readonly isColoured: boolean
  readonly identity: ServiceIdentity
  readonly admin: AdminAddress | undefined
  readonly desk: DeskSettings | undefined
  readonly instruments: InstrumentsMemory
  /** Which gateways are asked for their counters. */
  readonly coverage: CoverageSettings
  /** One Int32: bytes of event blocks that the thread has taken over, wrapping; see `ChannelMeter`. */
  readonly acknowledged: SharedArrayBuffer
  /** What the thread holds, for those who outlive it; see `HeldLedger`. */
  readonly held: SharedArrayBuffer
}

export type ToReporter =
  | { readonly kind: 'events'; readonly lines: Uint8Array; readonly eventCount: number }
  /** Requests without an event, for sinks of traces; `eventCount` of them. */
  | { readonly kind: 'spans'; readonly lines: Uint8Array; readonly eventCount: number }
  | { readonly kind: 'rule-hits'; readonly hits: readonly RuleHit[] }
  | { readonly kind: 'engine'; readonly info: EngineInfo }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'flush'; readonly id: number; readonly timeLimitMs: number }
  | { readonly kind: 'stop' }

export type FromReporter =
  | ({ readonly kind: 'started' } & BoundAddresses)
  | { readonly kind: 'refused'; readonly fault: StartFault }
  | { readonly kind: 'notice'; readonly notice: SinkNotice | StoreNotice }
  | { readonly kind: 'coverage'; readonly notice: CoverageNotice }
  | { readonly kind: 'flushed'; readonly id: number; readonly report: FlushReport }
  | { readonly kind: 'stopped'; readonly totals: readonly SinkTotals[] }

/** A `MirrorwafError` as it crosses threads: error objects lose their class on the way. */
export interface StartFault {
  readonly code: string
  readonly details: Readonly<Record<string, string | number>>
  readonly reason: string
}

export interface FlushReport {
  /** Whether everything was written before the time was up. */
  readonly isComplete: boolean
  readonly totals: readonly SinkTotals[]
}
