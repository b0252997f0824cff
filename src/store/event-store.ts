// Keeps events and their counts per minute in a database, bounded in bytes and age. Lives in the reporting thread and never holds
// it for long: events wait in a bounded queue, and a transaction ends when its time is up.
import { reasonOf } from '../errors.js'
import type { SinkNumbers } from '../observe/metrics.js'
import type { HeldAccount } from '../sinks/held-ledger.js'
import type { EventBlock, SinkNotice } from '../sinks/sink.js'
import { isCorrupt, logLimitBytes } from './database.js'
import { dimensions, type EventFacts, readEventFacts } from './event-facts.js'
import type { History } from './history.js'
import { minuteMs } from './rollup-tally.js'
import { StoreDatabase, type StoreNotice } from './store-database.js'

/** One event as it was stored; `id` is 0 when the store could not take it. */
export interface StoredEvent {
  readonly id: number
  readonly facts: EventFacts
  readonly line: string
}

export interface StoreSettings {
  /** The database file; empty = in memory. */
  readonly path: string
  /** Of file and log together. */
  readonly limitBytes: number
  /** How long events and counts are kept. */
  readonly ageMs: number
  /** Events that may wait to be stored. */
  readonly queueLimitBytes: number
  readonly wallClockMs: () => number
  readonly notify: (notice: SinkNotice | StoreNotice) => void
  /** Told what was stored, after it was; once per transaction. */
  readonly onStored: (events: readonly StoredEvent[]) => void
  /** Told when the database could not be opened again, and when it is open again; `fault` says which. */
  readonly onFault: () => void
  /** Told how many events wait to be stored. */
  readonly held: HeldAccount
  /** Told how many events a database in memory has. */
  readonly remembered: HeldAccount
}

/** How long events gather for a transaction: a person does not see it, and one commit costs as much as storing ten events. */
const gatherMs = 100
/** A transaction ends after the block in which this is up: other sinks and probes wait as long. */
const transactionMs = 15
/** Between transactions while events wait: everything else in the thread has its turn. */
const breathMs = 1
/** How much of a transaction may go into deleting; more than inserting needs in the long run. */
const trimMs = 6
/** How often old events are looked for when no new ones come. */
const idleTrimMs = 10_000
/** A transaction ends after the block with which it has this much, so that one never fills what is kept free. */
const transactionBytes = 512 * 1024
/** Kept free: what a transaction adds with its index and its split pages, several times over. */
const marginBytes = 2 * 1024 * 1024
/** Unused pages beyond this share of the limit go back to the file system: only after a limit was lowered or a flood aged. */
const unusedRatio = 0.25
const shrinkStepBytes = 4 * 1024 * 1024
/** Share of the limit that counts per minute may take, and what one takes at most; they are kept longer than events. */
const rollupRatio = 0.25
const rollupRowBytes = 192
/** At most one notice of loss in this time. */
const noticePeriodMs = 10_000

type DropReason = 'queue_full' | 'write_error' | 'unflushed' | 'not_an_event'

export class EventStore {
  readonly #settings: StoreSettings
  readonly #name: string
  readonly #queue: EventBlock[] = []
  readonly #database: StoreDatabase
  readonly #dropped: Record<DropReason, number> = { queue_full: 0, write_error: 0, unflushed: 0, not_an_event: 0 }
  #queuedBytes = 0
  #written = 0
  #timer: NodeJS.Timeout | undefined
  #idleTimer: NodeJS.Timeout
  #isClosed = false
  /** The last transaction failed. */
  #isFailing = false
  #isLosing = false
  #lastNoticeMs = Number.NEGATIVE_INFINITY

  /** @throws MirrorwafError `MWAF_STORE_OPEN`. */
  constructor(settings: StoreSettings) {
    this.#settings = settings
    this.#name = settings.path === '' ? 'store' : `store:${settings.path}`
    this.#database = new StoreDatabase(settings)
    this.#idleTimer = setInterval(() => this.#start(0), idleTrimMs)
    this.#idleTimer.unref()
  }

  /** Queues a block, or drops it with a count when there is no room. Returns at once. */
  offer(block: EventBlock): void {
    if (this.#isClosed) {
      this.#drop('unflushed', block.eventCount, 'the process is ending')
      return
    }
    if (this.#queuedBytes + block.lines.byteLength > this.#settings.queueLimitBytes) {
      this.#drop('queue_full', block.eventCount, `its queue of ${this.#settings.queueLimitBytes} bytes is full`)
      return
    }
    this.#queue.push(block)
    this.#queuedBytes += block.lines.byteLength
    this.#settings.held.add(block.eventCount)
    this.#start(gatherMs)
  }

  /** What was stored; another one after a damaged database was replaced, so not to be kept. Of no use while there is a `fault`. */
  get history(): History {
    return this.#database.open.history
  }

  /** Why the database is closed and being tried again; `undefined` while it is open. */
  get fault(): string | undefined {
    return this.#database.fault
  }

  /** How often a database that had to be closed could not be opened again. */
  get failedReopens(): number {
    return this.#database.failedReopens
  }

  /** What a scrape shows, in the way of a sink. */
  get totals(): SinkNumbers {
    return {
      name: this.#name,
      written: this.#written,
      dropped: { ...this.#dropped, lost: this.#settings.held.lost },
      filtered: 0,
      folded: 0,
      queuedBytes: this.#queuedBytes,
    }
  }

  /** @returns whether everything was stored before the time was up. */
  async flush(timeLimitMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + timeLimitMs
    while (this.#queue.length > 0 && performance.now() < deadlineMs) {
      this.#run()
      if (this.#isFailing) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this.#queue.length === 0
  }

  /** Gives up what still waits, counts it, and closes the file. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    clearInterval(this.#idleTimer)
    this.#dropped.unflushed += countEvents(this.#queue)
    this.#forget(this.#queue.length)
    this.#settings.remembered.set(0)
    this.#database.close()
  }

  #start(delayMs: number): void {
    if (this.#isClosed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#run()
    }, delayMs)
    this.#timer.unref()
  }

  /** One transaction, and the next one later when something is left. Never throws. */
  #run(): void {
    if (this.#isClosed) return
    if (this.#database.fault !== undefined && !this.#database.reopen()) {
      this.#start(this.#database.retryMs)
      return
    }
    const isDone = this.#transact()
    if (!isDone) this.#start(this.#database.retryMs)
    else if (this.#queue.length > 0) this.#start(breathMs)
  }

  /** @returns false when the database took nothing. */
  #transact(): boolean {
    const startMs = performance.now()
    const stored: StoredEvent[] = []
    let taken = 0
    let refused = 0
    try {
      this.#database.open.tables.begin()
      const isRoomy = this.#trim(startMs + trimMs)
      let takenBytes = 0
      while (isRoomy && takenBytes < transactionBytes && (taken === 0 || performance.now() - startMs < transactionMs)) {
        const block = this.#queue[taken]
        if (block === undefined) break
        taken += 1
        takenBytes += block.lines.byteLength
        refused += this.#insertBlock(block, stored)
      }
      this.#database.open.rollupRows += this.#database.open.tally.write()
      this.#database.open.tables.commit()
    } catch (thrown) {
      this.#fail(thrown, taken)
      return false
    }
    this.#isFailing = false
    this.#forget(taken)
    this.#written += stored.length
    this.#dropped.not_an_event += refused
    this.#sayRecovered()
    if (this.#settings.path === '') this.#settings.remembered.set(this.#database.open.history.extent().eventCount)
    if (stored.length > 0) this.#settings.onStored(stored)
    return true
  }

  /** @returns how many lines were no events. */
  #insertBlock(block: EventBlock, stored: StoredEvent[]): number {
    let refused = 0
    for (const line of decoder.decode(block.lines).split('\n')) {
      if (line === '') continue
      const facts = readEventFacts(line)
      if (facts === undefined) {
        refused += 1
        continue
      }
      const id = this.#database.open.tables.insert(facts, line)
      this.#database.open.tally.add(facts)
      stored.push({ id, facts, line })
    }
    return refused
  }

  /** Deletes what is too old or too much until there is room or the time is up. @returns whether there is room. */
  #trim(deadlineMs: number): boolean {
    const { ageMs, limitBytes, path } = this.#settings
    const roomBytes = limitBytes - marginBytes - (path === '' ? 0 : logLimitBytes)
    const oldestMs = this.#settings.wallClockMs() - ageMs
    const rollupLimit = Math.floor((limitBytes * rollupRatio) / rollupRowBytes)
    const { tables } = this.#database.open
    let isMore = true
    while (isMore && performance.now() < deadlineMs) {
      isMore = tables.deleteEvents(oldestMs) || this.#trimRollups(oldestMs, rollupLimit)
      if (tables.usedBytes > roomBytes) isMore = tables.deleteEvents(Number.MAX_SAFE_INTEGER) || isMore
    }
    if (path !== '' && tables.freeBytes > limitBytes * unusedRatio) tables.shrink(shrinkStepBytes)
    return tables.usedBytes <= roomBytes
  }

  #trimRollups(oldestMs: number, rollupLimit: number): boolean {
    const { tables, rollupRows } = this.#database.open
    const minute = tables.oldestMinute()
    if (minute === undefined) return false
    if (minute * minuteMs >= oldestMs - minuteMs && rollupRows <= rollupLimit) return false
    this.#database.open.rollupRows -= tables.deleteMinute(minute, dimensions.length)
    return true
  }

  /** The blocks in hand are given up at once, so that a full disk shows in the counters from its first moment. */
  #fail(thrown: unknown, taken: number): void {
    this.#isFailing = true
    this.#database.open.tally.discard()
    const blocks = this.#queue.slice(0, Math.max(1, taken))
    this.#forget(blocks.length)
    this.#drop('write_error', countEvents(blocks), reasonOf(thrown))
    this.#tellUnstored(blocks)
    let fault = thrown
    try {
      this.#database.open.tables.rollback()
    } catch (again) {
      fault = again
    }
    if (isCorrupt(fault) || isCorrupt(thrown)) this.#database.replace(reasonOf(thrown))
  }

  /** The stream on the page goes on while the store takes nothing. */
  #tellUnstored(blocks: readonly EventBlock[]): void {
    const lines = blocks.flatMap((block) => decoder.decode(block.lines).split('\n'))
    const events = lines.flatMap((line) => {
      const facts = line === '' ? undefined : readEventFacts(line)
      return facts === undefined ? [] : [{ id: 0, facts, line }]
    })
    if (events.length > 0) this.#settings.onStored(events)
  }

  #forget(blockCount: number): void {
    for (const { lines, eventCount } of this.#queue.splice(0, blockCount)) {
      this.#queuedBytes -= lines.byteLength
      this.#settings.held.add(-eventCount)
    }
  }

  #drop(reason: DropReason, eventCount: number, detail: string): void {
    this.#dropped[reason] += eventCount
    const nowMs = performance.now()
    if (this.#isLosing || nowMs - this.#lastNoticeMs < noticePeriodMs) return
    this.#isLosing = true
    this.#lastNoticeMs = nowMs
    this.#tell('warn', 'MWAF_SINK_WRITE', detail)
  }

  #sayRecovered(): void {
    if (!this.#isLosing) return
    this.#isLosing = false
    this.#tell('info', 'MWAF_SINK_RECOVERED', '')
  }

  #tell(level: SinkNotice['level'], code: SinkNotice['code'], reason: string): void {
    const dropped = Object.values(this.#dropped).reduce((sum, count) => sum + count, 0)
    this.#settings.notify({ level, code, details: { target: this.#name, reason, dropped } })
  }
}

const decoder = new TextDecoder()

function countEvents(blocks: readonly EventBlock[]): number {
  return blocks.reduce((count, block) => count + block.eventCount, 0)
}
