// The runtime: walks what decoders send through the compiled places and says whether the engine may be skipped.
// Stage: decode -> [prefilter] -> engine. Hot path; bench: scenarios/prefilter.bench.ts. One per worker thread.
//
// What a cleared request goes without, because only the engine makes it: fingerprints (_dd.appsec.fp.*), schemas (sampled
// requests must therefore go to the engine), truncation metrics, and attributes of rules that neither raise an event nor
// ask to keep the request (in Datadog's ruleset: JWT algorithm, missing expiry and audience). Rules that do either are
// tested as all others, on decoded bearer tokens too, so events, `keep` and actions come out as without the prefilter.
import type { AddressSink, MapKind, RequestAddress, ValueVisitor } from '../request/value-visitor.js'
import type { Automaton } from './automaton/automaton.js'
import { BuildBudget, type Clock } from './automaton/build-budget.js'
import { TableBudget } from './automaton/table-budget.js'
import type { CompiledRuleset, FamilyTests } from './compiled-ruleset.js'
import { type FamilySet, wholeRuleset } from './families.js'
import type { CandidateReason } from './prefilter.js'
import type { PrefilterLimits, PrefilterParts, PrefilterStats, RulesetPrefilter } from './ruleset-prefilter.js'
import { decodePart, splitBearer } from './runtime/bearer-token.js'
import { GroupShelf } from './runtime/build-groups.js'
import { Checker } from './runtime/checker.js'
import { HeldRequests, type VerdictReport } from './runtime/held-requests.js'
import { idleVisitor, isSkippable } from './runtime/idle-visitor.js'
import { IpMatcher } from './runtime/ip-matcher.js'
import { Place, type PlaceParts } from './runtime/place.js'
import type { ScanGroup } from './runtime/scan-group.js'
import { sendJson } from './runtime/send-json.js'
import { ValueScanner } from './runtime/value-scanner.js'
import { ValueStore } from './runtime/value-store.js'
import { WarmUpCorpus } from './warm-up/warm-up-corpus.js'

/** A worker is ready half a second after its start at the latest. */
const warmUpLimitMs = 350
/** After this many requests of the corpus fewer than one in ten still needs a new state. */
const warmUpRequests = 4000

const defaultLimits: PrefilterLimits = {
  workPerRequest: 4000,
  timeShare: 0.07,
  burstMs: 30,
  tableBytes: 32 * 1024 * 1024,
}

/** Builds the runtime of a compiled ruleset for one worker thread. */
export function createPrefilter(compiled: CompiledRuleset, parts: PrefilterParts): RulesetPrefilter {
  return new CompiledPrefilter(compiled, parts)
}

class CompiledPrefilter implements RulesetPrefilter, AddressSink, ValueVisitor, PlaceParts {
  readonly #now: Clock
  readonly findsAllValues: boolean
  readonly #alwaysEngine: string
  readonly #budget: BuildBudget
  readonly #tables: TableBudget
  readonly #groups: GroupShelf
  readonly #ipMatchers: readonly IpMatcher[]
  readonly #places = new Map<string, Place>()
  /** Addresses without a place of their own that were distrusted, and why; nearly always empty. */
  readonly #distrusted = new Map<string, string>()
  readonly #store = new ValueStore()
  readonly #scanner: ValueScanner
  readonly #checker: Checker
  readonly #held: HeldRequests

  #address = ''
  /** Place of the next value; `undefined` where nothing is tested. */
  #here: Place | undefined
  readonly #stack: (Place | undefined)[] = []
  #cause: string | undefined
  #causeAddress = ''
  /** Since the last `takeSuspicion` a place was come to of which the engine needs any value. */
  #isNeeded = false
  #families: FamilySet = 0
  tellsFamilies = false
  readonly families: readonly (readonly string[])[]

  constructor(compiled: CompiledRuleset, parts: PrefilterParts) {
    const limits = { ...defaultLimits, ...parts.limits }
    this.#now = parts.now
    this.#alwaysEngine = compiled.alwaysEngine
    this.findsAllValues = compiled.findsAllValues && compiled.alwaysEngine === ''
    this.#budget = new BuildBudget(limits, parts.now)
    this.#tables = new TableBudget(limits.tableBytes)
    this.#groups = new GroupShelf(compiled, this.#budget, this.#tables)
    this.families = this.findsAllValues ? compiled.families : []
    this.#ipMatchers = compiled.ipLists.map((entries) => new IpMatcher(entries))
    for (const [name, place] of compiled.addresses) this.#places.set(name, new Place(place, this))
    this.#scanner = new ValueScanner(this.#store)
    this.#checker = new Checker(compiled.checks, parts.createEngine)
    this.#held = new HeldRequests(this.#store, this.#checker)
    this.reset()
  }

  get sink(): AddressSink {
    return this
  }

  get stats(): PrefilterStats {
    const { automata } = this.#groups
    const { buildMs, refusedByRequest, refusedByRate } = this.#budget
    return {
      states: sum(automata, ({ stateCount }) => stateCount),
      transitions: sum(automata, ({ transitions }) => transitions),
      tableBytes: this.#tables.usedBytes,
      flushes: sum(automata, ({ flushes }) => flushes),
      buildMs,
      refusedByRequest,
      refusedByRate,
      rescans: this.#scanner.rescans,
      checkCalls: this.#checker.calls,
      checkedValues: this.#checker.values,
      tables: automata.map(({ group, stateCount, tableBytes, flushes }) => {
        return { name: group.name, states: stateCount, tableBytes, flushes }
      }),
    }
  }

  warmUp(limitMs = warmUpLimitMs): number {
    const deadlineMs = this.#now() + limitMs
    const corpus = new WarmUpCorpus()
    let count = 0
    this.withoutBounds(() => {
      while (count < warmUpRequests && this.#now() < deadlineMs) {
        this.reset()
        corpus.send(this)
        count++
      }
    })
    return count
  }

  withoutBounds(work: () => void): void {
    this.#budget.setUnlimited(true)
    try {
      work()
    } finally {
      this.#budget.setUnlimited(false)
      this.reset()
    }
  }

  distrust(address: string, reason: string): void {
    const place = this.#places.get(address)
    if (place === undefined) this.#distrusted.set(address, reason)
    else place.present ||= reason
  }

  dispose(): void {
    this.#checker.dispose()
  }

  reset(): void {
    this.#budget.beginRequest()
    this.#store.truncate(this.#held.firstFree)
    this.#stack.length = 0
    this.#here = undefined
    this.#cause = undefined
    this.#isNeeded = false
    this.#families = 0
    this.tellsFamilies = false
    if (this.#alwaysEngine !== '') this.#fire(this.#alwaysEngine)
  }

  get isDone(): boolean {
    return this.#isDecided
  }

  get isCleared(): boolean {
    if (this.#cause !== undefined) return false
    if (!this.isPending) return true
    const mayMatch = this.#checker.matchesAny(this.#store, this.#held.firstFree, this.#store.count)
    this.#store.truncate(this.#held.firstFree)
    if (mayMatch) this.#note('the engine confirmed a value')
    return !mayMatch
  }

  get isCandidate(): boolean {
    return this.#cause !== undefined
  }

  get isPending(): boolean {
    return this.#cause === undefined && this.#store.count > this.#held.firstFree
  }

  takeSuspicion(asksEngine: boolean): boolean {
    const isSuspect = this.#isNeeded || this.#cause !== undefined || (this.isPending && !(asksEngine && this.isCleared))
    this.#store.truncate(this.#held.firstFree)
    this.#cause = undefined
    this.#isNeeded = false
    return isSuspect
  }

  takeFamilies(): FamilySet {
    const families = this.#families
    this.#families = 0
    return families
  }

  get mustSettle(): boolean {
    return this.#store.isNearlyFull
  }

  hold(ticket: number): void {
    this.#held.hold(ticket)
  }

  settle(report: VerdictReport): void {
    this.#held.settle(report)
  }

  get reason(): CandidateReason | undefined {
    return this.#cause === undefined ? undefined : { address: this.#causeAddress, cause: this.#cause }
  }

  group(index: number): ScanGroup | undefined {
    return this.#groups.group(index)
  }

  ipMatcher(index: number): IpMatcher {
    const matcher = this.#ipMatchers[index]
    if (matcher === undefined) throw new RangeError(`no address list ${index}`)
    return matcher
  }

  address(name: RequestAddress): ValueVisitor {
    this.#address = name
    this.#here = this.#places.get(name)
    this.#stack.length = 0
    if (this.#here !== undefined && this.#here.present !== '') this.#fire(this.#here.present)
    if (this.#here?.isNeeded === true) this.#need(this.#here)
    if (this.#distrusted.size > 0) this.#fireDistrusted(name)
    return this.#here === undefined && isSkippable(name) ? idleVisitor : this
  }

  openMap(_kind: MapKind): void {
    this.#stack.push(this.#here)
  }

  closeMap(): void {
    this.#here = this.#stack.pop()
  }

  // A list's entries are at the place of the list.
  openList(): void {}
  closeList(): void {}

  key(bytes: Uint8Array, start: number, end: number): void {
    const parent = this.#stack.at(-1)
    if (parent === undefined || this.#isDecided) return
    if (parent.keys !== undefined) this.#scan(parent.keys, parent.keyFamilies, bytes, start, end)
    const place = parent.under(bytes, start, end)
    this.#here = place
    if (place.present !== '') this.#fire(place.present)
    if (place.isNeeded) this.#need(place)
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    const place = this.#here
    if (place === undefined || this.#isDecided) return
    if (place.values !== undefined) this.#scan(place.values, place.valueFamilies, bytes, start, end)
    for (const matcher of place.ipMatchers) if (matcher.matches(bytes, start, end)) this.#fire('an address list')
    if (place.jwtOutput !== '') this.#readToken(place.jwtOutput, bytes, start, end)
  }

  number(_value: number): void {
    if (this.#here?.firesOnNumber === true) this.#fire('a number is compared')
  }

  boolean(_value: boolean): void {
    if (this.#here?.firesOnBoolean === true) this.#fire('a boolean is compared')
  }

  nil(): void {}

  #fireDistrusted(address: string): void {
    const reason = this.#distrusted.get(address)
    if (reason !== undefined) this.#fire(reason)
  }

  /** Nothing more is to be learned of the request. */
  get #isDecided(): boolean {
    return this.#cause !== undefined && !this.tellsFamilies
  }

  #need(place: Place): void {
    this.#isNeeded = true
    if (place.describes) this.#families |= wholeRuleset
  }

  #scan(group: ScanGroup, families: readonly FamilyTests[], bytes: Uint8Array, start: number, end: number): void {
    const pendingCount = this.#store.count
    const passes = this.#scanner.passes(group, bytes, start, end)
    if (!passes) this.#fireScan(group)
    if (this.tellsFamilies && !(passes && this.#store.count === pendingCount)) {
      this.#noteFamilies(families, bytes, start, end)
    }
  }

  #noteFamilies(tests: readonly FamilyTests[], bytes: Uint8Array, start: number, end: number): void {
    for (const { families, group: index } of tests) {
      if ((this.#families & families) === families) continue
      const group = this.#groups.familyGroup(index)
      if (group === undefined || this.#scanner.passesUnchecked(group, bytes, start, end)) continue
      this.#families |= families
    }
  }

  #fire(cause: string): void {
    this.#families |= wholeRuleset
    this.#note(cause)
  }

  #note(cause: string): void {
    if (this.#cause !== undefined) return
    this.#cause = cause
    this.#causeAddress = this.#address
  }

  #fireScan(group: ScanGroup): void {
    const { refusal } = this.#budget
    if (refusal === 'request') this.#note('it would have built too many states')
    else if (refusal === 'rate') this.#note('too many states were built of late')
    else this.#note(`rules of ${group.automaton.group.name}`)
  }

  /** Walks what the engine would make of a bearer token as values of the derived address. */
  #readToken(output: string, bytes: Uint8Array, start: number, end: number): void {
    const root = this.#places.get(output)
    const parts = splitBearer(latin1(bytes, start, end))
    if (root === undefined || parts === undefined) return
    if (root.present !== '') this.#fire(root.present)
    // What the engine tells of the signature, and the names of the parts, are not worked out here.
    if (root.keys !== undefined || root.under(signature, 0, signature.length).isTested) {
      this.#fire('a bearer token is looked at as a whole')
    }
    for (const [name, part] of Object.entries(parts)) {
      const place = root.under(encode(name), 0, name.length)
      if (!place.isTested) continue
      const decoded = decodePart(part)
      if (decoded.kind === 'unclear') this.#fire('a bearer token is not understood')
      if (decoded.kind === 'token') this.#walkJson(decoded.value, place)
    }
  }

  #walkJson(value: unknown, place: Place): void {
    const outer = this.#here
    this.#here = place
    sendJson(this, value)
    this.#here = outer
  }
}

const signature = Buffer.from('signature')

function sum(automata: readonly Automaton[], count: (automaton: Automaton) => number): number {
  return automata.reduce((total, automaton) => total + count(automaton), 0)
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}

function encode(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
