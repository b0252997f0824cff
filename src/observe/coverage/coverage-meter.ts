// The loss meter: asks the gateways again and again what they counted and holds it against what arrived here.
// Lives in the reporting thread. All sources are asked together and ours is read right after, so that the numbers belong
// together; a round in which one of them fails counts for nothing, and the next good one covers the gap.
import { reasonOf } from '../../errors.js'
import type { CoverageSource } from '../../options/kinds/coverage-source.js'
import { type Outcome, outcomes } from '../../verdict/outcome.js'
import { CounterId } from '../counter-ids.js'
import type { SharedCounters } from '../shared-counters.js'
import { type CoverageCounts, type CoverageShares, shareOut } from './coverage-shares.js'
import { type GatewayCounts, readGatewayCounts } from './gateway-counts.js'

export interface CoverageSettings {
  readonly sources: readonly CoverageSource[]
  /** Between the end of a round and the next. */
  readonly intervalMs: number
}

export interface SourceState {
  readonly label: string
  /** `undefined` before the first answer; else whether the last one was good. */
  readonly isUp: boolean | undefined
  readonly goodPolls: number
  readonly failedPolls: number
  /** Since the first good round, without what this meter itself asked. */
  readonly requests: number
  readonly copies: number | undefined
  /** `copies` is a share of `requests` that the user named, not a count. */
  readonly isEstimate: boolean
}

export interface CoverageReport {
  readonly sources: readonly SourceState[]
  /** Over the window; the ratio is `undefined` while a source is down. */
  readonly shares: CoverageShares
}

export interface CoverageNotice {
  readonly source: string
  readonly isUp: boolean
  readonly reason: string
}

/** How much of the past the shares tell of: long enough to be steady, short enough to show a new loss. */
export const windowMs: number = 10 * 60_000
/** Snapshots kept, whatever the interval: a newer one takes the place of one that stands too close to its predecessor. */
const snapshotLimit = 600
/** A gateway that answers its own counters slower is in trouble. */
const pollTimeLimitMs = 2_000

interface MeteredSource {
  readonly source: CoverageSource
  isUp: boolean | undefined
  goodPolls: number
  failedPolls: number
  /** Of the last good round. */
  last: GatewayCounts | undefined
  /** Good answers since then: nginx counts them as requests. */
  ownRequests: number
  requests: number
  copies: number | undefined
}

interface Snapshot {
  readonly atMs: number
  readonly counts: CoverageCounts
}

/** Make one with `start`; it asks until `stop`. */
export class CoverageMeter {
  readonly #counters: SharedCounters
  readonly #intervalMs: number
  readonly #notify: (notice: CoverageNotice) => void
  readonly #sources: readonly MeteredSource[]
  /** Sums since the first good round, oldest first. */
  readonly #snapshots: Snapshot[] = []
  /** What this receiver had counted at the last good round. */
  #ownLast: CoverageCounts | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  private constructor(settings: CoverageSettings, counters: SharedCounters, notify: (notice: CoverageNotice) => void) {
    this.#counters = counters
    this.#intervalMs = settings.intervalMs
    this.#notify = notify
    this.#sources = settings.sources.map((source) => ({
      source,
      isUp: undefined,
      goodPolls: 0,
      failedPolls: 0,
      last: undefined,
      ownRequests: 0,
      requests: 0,
      copies: 0,
    }))
  }

  /** @param notify - told when a source goes away or comes back. */
  static start(
    settings: CoverageSettings,
    counters: SharedCounters,
    notify: (notice: CoverageNotice) => void,
  ): CoverageMeter {
    const meter = new CoverageMeter(settings, counters, notify)
    void meter.#round()
    return meter
  }

  get report(): CoverageReport {
    const sources = this.#sources.map(({ source, isUp, goodPolls, failedPolls, requests, copies }) => {
      const isEstimate = source.share !== undefined
      return { label: source.label, isUp, goodPolls, failedPolls, requests, copies, isEstimate }
    })
    const first = this.#snapshots[0]?.counts ?? noCounts
    const shares = shareOut(subtract(this.#snapshots.at(-1)?.counts ?? noCounts, first))
    const isKnown = sources.every(({ isUp }) => isUp === true)
    return { sources, shares: isKnown ? shares : { ...shares, ratio: undefined } }
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #round(): Promise<void> {
    const answers = await Promise.all(this.#sources.map((metered) => this.#ask(metered)))
    if (this.#isStopped) return
    if (answers.every((answer) => answer !== undefined)) this.#take(answers)
    this.#timer = setTimeout(() => void this.#round(), this.#intervalMs)
  }

  async #ask(metered: MeteredSource): Promise<GatewayCounts | undefined> {
    try {
      const counts = await readGatewayCounts(metered.source, pollTimeLimitMs)
      metered.goodPolls += 1
      metered.ownRequests += 1
      this.#note(metered, true, '')
      return counts
    } catch (thrown) {
      metered.failedPolls += 1
      this.#note(metered, false, describeFailure(thrown))
      return undefined
    }
  }

  #note(metered: MeteredSource, isUp: boolean, reason: string): void {
    const isNews = metered.isUp !== isUp && !(metered.isUp === undefined && isUp)
    metered.isUp = isUp
    if (isNews && !this.#isStopped) this.#notify({ source: metered.source.label, isUp, reason })
  }

  /** A gateway whose counters went back was restarted: what happened since the last round cannot be known. */
  #take(answers: readonly GatewayCounts[]): void {
    const own = this.#ownCounts()
    const grown = this.#sources.map((metered, index) => growth(metered, answers[index]))
    const ownBefore = this.#ownLast
    this.#ownLast = own
    this.#sources.forEach((metered, index) => {
      metered.last = answers[index]
      metered.ownRequests = 0
    })
    const isMeasured = ownBefore !== undefined && grown.every((counts) => counts !== undefined)
    if (!isMeasured) {
      this.#push(this.#snapshots.at(-1)?.counts ?? noCounts)
      return
    }
    this.#sources.forEach((metered, index) => {
      metered.requests += grown[index]?.requests ?? 0
      metered.copies = addKnown(metered.copies, grown[index]?.copies)
    })
    const before = this.#snapshots.at(-1)?.counts ?? noCounts
    const gained = subtract(own, ownBefore)
    this.#push({
      requests: sum(this.#sources.map(({ requests }) => requests)),
      copies: this.#sources.map(({ copies }) => copies).reduce(addKnown, 0),
      received: before.received + gained.received,
      outcomes: mapOutcomes((outcome) => before.outcomes[outcome] + gained.outcomes[outcome]),
    })
  }

  #push(counts: CoverageCounts): void {
    const atMs = performance.now()
    const snapshots = this.#snapshots
    const [previous, last] = snapshots.slice(-2)
    const isCrowded =
      previous !== undefined && last !== undefined && last.atMs - previous.atMs < windowMs / snapshotLimit
    if (isCrowded) snapshots.pop()
    snapshots.push({ atMs, counts })
    const isOld = (snapshot: Snapshot | undefined): boolean => snapshot !== undefined && atMs - snapshot.atMs > windowMs
    // One at the far edge stays: the window is at least its length.
    while (isOld(snapshots[1])) snapshots.shift()
  }

  #ownCounts(): CoverageCounts {
    return {
      requests: 0,
      copies: 0,
      received: this.#counters.get(CounterId.received),
      outcomes: mapOutcomes((_, index) => this.#counters.get(CounterId.outcome + index)),
    }
  }
}

const noCounts: CoverageCounts = { requests: 0, copies: 0, received: 0, outcomes: mapOutcomes(() => 0) }

function growth(
  { source, last, ownRequests }: MeteredSource,
  now: GatewayCounts | undefined,
): GatewayCounts | undefined {
  if (last === undefined || now === undefined) return undefined
  const own = source.kind === 'nginx' ? ownRequests : 0
  const requests = now.requests - last.requests - own
  const counted = now.copies === undefined || last.copies === undefined ? undefined : now.copies - last.copies
  const copies = source.share === undefined ? counted : requests * source.share
  return requests < 0 || (copies ?? 0) < 0 ? undefined : { requests, copies }
}

function subtract(later: CoverageCounts, earlier: CoverageCounts): CoverageCounts {
  return {
    requests: later.requests - earlier.requests,
    copies: later.copies === undefined || earlier.copies === undefined ? undefined : later.copies - earlier.copies,
    received: later.received - earlier.received,
    outcomes: mapOutcomes((outcome) => later.outcomes[outcome] - earlier.outcomes[outcome]),
  }
}

function mapOutcomes(countOf: (outcome: Outcome, index: number) => number): CoverageCounts['outcomes'] {
  const [lost, shed, unparsable, matched, timedOut, aborted, truncated, clean] = outcomes.map(countOf)
  return {
    lost: lost ?? 0,
    shed: shed ?? 0,
    unparsable: unparsable ?? 0,
    matched: matched ?? 0,
    'timed-out': timedOut ?? 0,
    aborted: aborted ?? 0,
    truncated: truncated ?? 0,
    clean: clean ?? 0,
  }
}

function addKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function describeFailure(thrown: unknown): string {
  if (thrown instanceof Error && thrown.cause instanceof Error && thrown.cause.message !== '')
    return thrown.cause.message
  return reasonOf(thrown)
}
