// What keeps events and shows them: the wiring of store, page server and sampler in the reporting thread.
import { readRuleset } from '../engine/ruleset.js'
import { MirrorwafError } from '../errors.js'
import type { AdminAddress } from '../observe/admin-server.js'
import type { Instruments } from '../observe/instruments.js'
import { LiveSampler } from '../observe/live-sampler.js'
import type { ReadMetric, SinkNumbers } from '../observe/metrics.js'
import { packageVersion } from '../package-version.js'
import type { HeldLedger } from '../sinks/held-ledger.js'
import type { EventBlock, SinkNotice } from '../sinks/sink.js'
import { EventStore, type StoredEvent } from '../store/event-store.js'
import type { StoreNotice } from '../store/store-database.js'
import { delay } from '../within-time.js'
import { readAssets } from './assets.js'
import { isLoopback } from './guard.js'
import { LiveStream } from './live-stream.js'
import { LoginBrake } from './login-brake.js'
import type { LiveHello, StoreInfo } from './page/api-types.js'
import { outcomeNames } from './questions.js'
import { RuleBook } from './rule-book.js'
import { readToken, Sessions } from './sessions.js'
import { summarise } from './stored-event.js'
import { UiServer } from './ui-server.js'

/** Plain data: it crosses into the reporting thread. */
export interface DeskSettings {
  /** The database file; empty = in memory. */
  readonly storePath: string
  readonly storeLimitBytes: number
  readonly storeAgeMs: number
  readonly queueLimitBytes: number
  /** `undefined`: events are kept and not shown. */
  readonly ui: UiDeskSettings | undefined
}

export interface UiDeskSettings {
  readonly address: AdminAddress
  /** Further names under which the page may be asked for. */
  readonly hosts: readonly string[]
  /** Empty = none, which only a loopback address allows. */
  readonly tokenFile: string
  /** Ruleset files as given with --rules. */
  readonly rules: readonly string[]
}

/** Without a file, events are held in memory: a ring of this size at most. */
export const memoryLimitBytes: number = 64 * 1024 * 1024

/** How often the live stream is told of new events, and how many of those ticks make a sample. */
const tickMs = 250
const ticksPerSample = 4

export class EventDesk {
  readonly #settings: DeskSettings
  readonly #store: EventStore
  readonly #stream = new LiveStream()
  readonly #sampler: LiveSampler
  /** Events of histories in memory that ended with earlier reporting threads. */
  readonly #forgotten: number
  #rules = new RuleBook([])
  #server: UiServer | undefined
  #timer: NodeJS.Timeout | undefined
  #tickCount = 0

  private constructor(
    settings: DeskSettings,
    instruments: Instruments,
    notify: (notice: SinkNotice | StoreNotice) => void,
    ledger: HeldLedger,
  ) {
    this.#settings = settings
    this.#forgotten = ledger.history.lost
    this.#sampler = new LiveSampler(instruments, performance.now())
    this.#store = new EventStore({
      path: settings.storePath,
      limitBytes: this.#limitBytes,
      ageMs: settings.storeAgeMs,
      queueLimitBytes: settings.queueLimitBytes,
      wallClockMs: Date.now,
      notify,
      onStored: (events) => this.#show(events),
      onFault: () => this.#stream.tellStore(this.#describeStore()),
      held: ledger.store,
      remembered: ledger.history,
    })
  }

  /** @throws MirrorwafError `MWAF_STORE_OPEN`, `MWAF_UI_TOKEN`, `MWAF_UI_FILES` or `MWAF_LISTENER_ADDRESS`. */
  static async open(
    settings: DeskSettings,
    instruments: Instruments,
    notify: (notice: SinkNotice | StoreNotice) => void,
    ledger: HeldLedger,
  ): Promise<EventDesk> {
    const desk = new EventDesk(settings, instruments, notify, ledger)
    try {
      if (settings.ui !== undefined) await desk.#openPage(settings.ui)
      return desk
    } catch (thrown) {
      desk.#store.close()
      throw thrown
    }
  }

  /** Where the page listens; `undefined` when there is none. */
  get address(): AdminAddress | undefined {
    return this.#server?.address
  }

  /** What a scrape shows of store and stream, in the way of sinks. */
  get totals(): readonly SinkNumbers[] {
    if (this.#settings.ui === undefined) return [this.#store.totals]
    const dropped = { slow_page: this.#stream.slowCount }
    return [
      this.#store.totals,
      { name: 'page', written: this.#stream.toldCount, dropped, filtered: 0, folded: 0, queuedBytes: 0 },
    ]
  }

  /** How the history fares, for a scrape. */
  get metrics(): readonly ReadMetric[] {
    const one = (read: () => number) => () => [{ labels: {}, value: read() }]
    return [
      {
        kind: 'gauge',
        name: 'mirrorwaf_store_open',
        help: 'Whether the event store is open: 0 while it cannot be opened again and events wait',
        labelNames: [],
        read: one(() => (this.#store.fault === undefined ? 1 : 0)),
      },
      {
        kind: 'counter',
        name: 'mirrorwaf_store_reopen_failures_total',
        help: 'Times that an event store that had to be closed could not be opened again',
        labelNames: [],
        read: one(() => this.#store.failedReopens),
      },
      {
        kind: 'counter',
        name: 'mirrorwaf_store_forgotten_events_total',
        help: 'Events of a history in memory that ended with a reporting thread',
        labelNames: [],
        read: one(() => this.#forgotten),
      },
    ]
  }

  /** Returns at once. */
  accept(block: EventBlock): void {
    this.#store.offer(block)
  }

  /** The engine has loaded rules: the page explains those from now on. */
  async rulesChanged(): Promise<void> {
    const { ui } = this.#settings
    if (ui === undefined) return
    try {
      this.#rules = new RuleBook((await readRuleset(ui.rules)).documents)
    } catch {
      // The files are being replaced once more; the engine will say so, and then they are read again.
    }
  }

  flush(timeLimitMs: number): Promise<boolean> {
    return this.#store.flush(timeLimitMs)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#stream.close()
    await this.#server?.close()
    this.#store.close()
  }

  get #limitBytes(): number {
    const { storePath, storeLimitBytes } = this.#settings
    return storePath === '' ? Math.min(storeLimitBytes, memoryLimitBytes) : storeLimitBytes
  }

  async #openPage(ui: UiDeskSettings): Promise<void> {
    if (ui.tokenFile === '' && !isLoopback(ui.address.host)) {
      throw new MirrorwafError('MWAF_UI_TOKEN', { reason: `${ui.address.host} can be reached from other machines` })
    }
    const token = ui.tokenFile === '' ? undefined : await readToken(ui.tokenFile)
    this.#server = await UiServer.start({
      address: ui.address,
      hosts: new Set([...ui.hosts, ui.address.host].map((host) => host.toLowerCase())),
      sessions: new Sessions(token, new LoginBrake({ nowMs: () => performance.now(), wait: delay })),
      assets: readAssets(),
      sources: {
        history: () => (this.#store.fault === undefined ? this.#store.history : undefined),
        rules: () => this.#rules,
        hello: () => this.#hello(),
        stream: this.#stream,
      },
    })
    this.#timer = setInterval(() => this.#tick(), tickMs)
    this.#timer.unref()
  }

  #hello(): LiveHello {
    return {
      version: packageVersion(),
      outcomes: outcomeNames,
      samples: this.#sampler.samples,
      store: this.#describeStore(),
    }
  }

  #describeStore(): StoreInfo {
    const { fault, history } = this.#store
    const { storePath, storeAgeMs } = this.#settings
    const { eventCount, oldestMs } = fault === undefined ? history.extent() : { eventCount: 0, oldestMs: undefined }
    return {
      kind: storePath === '' ? 'memory' : 'file',
      eventCount,
      oldestMs: oldestMs ?? null,
      limitBytes: this.#limitBytes,
      ageMs: storeAgeMs,
      forgottenCount: this.#forgotten,
      fault: fault ?? null,
    }
  }

  #show(events: readonly StoredEvent[]): void {
    for (const { id, facts, line } of events) {
      if (this.#stream.hasRoom) this.#stream.addEvent(summarise(id, facts, line))
      else this.#stream.skipEvent()
    }
  }

  #tick(): void {
    this.#tickCount += 1
    const isSample = this.#tickCount % ticksPerSample === 0
    this.#stream.tick(isSample ? this.#sampler.sample(performance.now(), Date.now()) : undefined)
  }
}
