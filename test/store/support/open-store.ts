// A store for one test, in memory unless a path is given.
import type { Test } from 'tap'
import type { SinkNotice } from '#src/sinks/sink.js'
import { EventStore, type StoredEvent, type StoreSettings } from '#src/store/event-store.js'
import type { StoreNotice } from '#src/store/store-database.js'
import { noAccount } from '../../sinks/support/no-account.js'

export interface OpenedStore {
  readonly store: EventStore
  readonly stored: StoredEvent[]
  readonly notices: (SinkNotice | StoreNotice)[]
}

/** When the events of `eventOf` happened, one hour later: recent for every age a test sets. */
export const testNowMs: number = Date.UTC(2026, 0, 2, 4, 4, 5)

export function openStore(t: Test, settings: Partial<StoreSettings> = {}): OpenedStore {
  const stored: StoredEvent[] = []
  const notices: (SinkNotice | StoreNotice)[] = []
  const store = new EventStore({
    path: '',
    limitBytes: 32 * 1024 * 1024,
    ageMs: 7 * 86_400_000,
    queueLimitBytes: 16 * 1024 * 1024,
    wallClockMs: () => testNowMs,
    notify: (notice) => notices.push(notice),
    onStored: (events) => stored.push(...events),
    onFault: () => {},
    held: noAccount,
    remembered: noAccount,
    ...settings,
  })
  t.teardown(() => store.close())
  return { store, stored, notices }
}
