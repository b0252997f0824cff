// Inspects one record: decode, ask the prefilter, run the engine on candidates, decide the outcome.
// Stage: batch -> [worker] -> sinks. Hot path; bench: scenarios/worker.bench.ts. Used by worker threads and by `scan`.
import { Word } from '../batch/record-layout.js'
import type { RecordReader } from '../batch/record-reader.js'
import type { Engine, EngineContext, EngineInput } from '../engine/engine.js'
import { wholeRuleset } from '../prefilter/families.js'
import type { CandidateReason } from '../prefilter/prefilter.js'
import type { RulesetPrefilter } from '../prefilter/ruleset-prefilter.js'
import type { BodyReport } from '../request/body-walker.js'
import type { DecodeBudget } from '../request/decode-budget.js'
import type { EngineInputBuilder } from '../request/engine-input.js'
import type { RequestWalker } from '../request/request-walker.js'
import { decideOutcome, type Outcome } from '../verdict/outcome.js'
import type { FamilyJudges } from './family-judges.js'
import { type Inspection, MutableInspection, noBody } from './inspection.js'
import type { RequestDescriber } from './request-describer.js'
import { SuspectSieve } from './suspect-sieve.js'
import { isCut, largerOf } from './truncation-metrics.js'

/** What the prefilter says of a request; `pending`: the engine has to check some of its values first. */
export type Screening = 'cleared' | 'candidate' | 'pending'

/** The parts an inspector works with; one set per thread. */
export interface InspectorParts {
  readonly engine: Engine
  /** Undefined: every request goes to the engine. */
  readonly prefilter: RulesetPrefilter | undefined
  /** Sets the attributes that need a whole head; undefined: the engine must be given every head whole. */
  readonly describer: RequestDescriber | undefined
  /** Judge what the prefilter picks, family by family; undefined: all rules judge it. */
  readonly families: FamilyJudges | undefined
  /** Share of cleared requests that the engine inspects all the same, 0 to 1. */
  readonly verifyRatio: number
  /** 0 to 1; draws the requests to verify. */
  readonly random: () => number
  readonly walker: RequestWalker
  readonly builder: EngineInputBuilder
  readonly budget: DecodeBudget
  /** Decoding and engine together, per request. */
  readonly wafTimeoutUs: number
  /** Whether the engine is to extract the schemas of this request; undefined: of none. Asked once per request. */
  readonly isSampled: ((record: RecordReader) => boolean) | undefined
  /** Whether the sender says that it could send only a part; undefined when senders are not believed. */
  readonly isMarkedTruncated: ((record: RecordReader) => boolean) | undefined
  /** Monotonic clock in ms; the budget's clock. */
  readonly now: () => number
  /** Processor time of this thread in µs. */
  readonly threadCpuUs: () => number
}

/** How often a request is tried whose time ran out while its thread did not run. */
const attemptLimitCount = 3

/** Given last, it has the engine describe the shape of what it was given before. */
const extractSchema: EngineInput = Object.freeze({ 'waf.context.processor': Object.freeze({ 'extract-schema': true }) })

/** Only the engine extracts schemas. */
const sampledReason: CandidateReason = Object.freeze({ address: 'waf.context.processor', cause: 'its schema is due' })

/** Inspects records one after another. Not reentrant. */
export class Inspector {
  readonly #parts: InspectorParts
  readonly #result = new MutableInspection()
  /** Of the whole ruleset; made when it is needed. */
  #context: EngineContext | undefined
  #judgesByFamily = false
  #prefilter: RulesetPrefilter | undefined
  #deadlineMs = 0
  /** The request screened last is to give its schemas. */
  #isSampled = false
  #reason: CandidateReason | undefined
  /** Undefined where the engine must be given everything. */
  #sieve: SuspectSieve | undefined
  /** Of the head in hand, for the describer. */
  readonly #headParts: EngineInput[] = []
  /** What was picked of the request in hand so far, for families that come up later. */
  readonly #pickedParts: EngineInput[] = []

  constructor(parts: InspectorParts) {
    this.#parts = parts
    this.#prefilter = parts.prefilter
    const { prefilter, builder } = parts
    if (prefilter?.findsAllValues === true) this.#sieve = new SuspectSieve(prefilter, builder)
  }

  /** From now on every request goes to the engine. */
  stopPrefiltering(): void {
    this.#prefilter = undefined
    this.#sieve = undefined
  }

  /** @param record - open on the request; nothing of it is kept. */
  inspect(record: RecordReader): Inspection {
    const screening = this.screen(record)
    const isCleared = screening === 'cleared' || (screening === 'pending' && this.#prefilter?.isCleared === true)
    return isCleared ? this.clear(record, this.outcomeIfCleared) : this.judge(record)
  }

  /**
   * Asks the prefilter alone. For `pending` the caller holds the request in the prefilter and decides it when that settles.
   * What the request is if it is cleared is then in `outcomeIfCleared` and `bodyIfCleared`.
   */
  screen(record: RecordReader): Screening {
    const result = this.#result
    const { walker, budget, now, wafTimeoutUs } = this.#parts
    const prefilter = this.#prefilter
    this.#begin(record)
    this.#isSampled = this.#parts.isSampled?.(record) === true
    this.#reason = this.#isSampled ? sampledReason : undefined
    if (prefilter === undefined || this.#isSampled) return 'candidate'
    budget.start(now() + wafTimeoutUs / 1000)
    prefilter.reset()
    walker.walkHead(record, prefilter.sink)
    const body = prefilter.isCandidate ? noBody : walker.walkBody(record, prefilter.sink)
    // A walk that ran out of time has not shown everything to the prefilter, so it clears nothing.
    if (prefilter.isCandidate || budget.isExhausted) {
      this.#reason = prefilter.reason
      return 'candidate'
    }
    this.#reason = undefined
    this.#noteBody(body)
    result.outcome = this.#decide()
    return prefilter.isPending ? 'pending' : 'cleared'
  }

  /** The outcome of the request screened last, if it is cleared. */
  get outcomeIfCleared(): Outcome {
    return this.#result.outcome
  }

  /** What was found out about the body of the request screened last, if it is cleared; not changed by the next screening. */
  get bodyIfCleared(): BodyReport {
    return this.#result.body
  }

  /**
   * The result of the request screened last, which is cleared; a share of them goes to the engine all the same.
   * @param outcome - what `outcomeIfCleared` was after its screening.
   */
  clear(record: RecordReader, outcome: Outcome): Inspection {
    const result = this.#result
    const { verifyRatio, random } = this.#parts
    if (verifyRatio === 0 || random() >= verifyRatio) {
      result.isCleared = true
      result.outcome = outcome
      return result
    }
    this.#judge(record, false)
    result.isCleared = true
    result.isVerified = true
    result.isContradicted = result.matches.length > 0 || result.isKept
    return result
  }

  /** As `clear`, for a request that was held: others were judged meanwhile, and nothing of theirs may be taken for its own. */
  clearHeld(record: RecordReader, outcome: Outcome, body: BodyReport): Inspection {
    this.#begin(record)
    this.#noteBody(body)
    return this.clear(record, outcome)
  }

  /** Runs the engine. */
  judge(record: RecordReader): Inspection {
    return this.#judge(record, true)
  }

  /** @param isSieved - the prefilter may spare the engine what it can clear; not where it is itself to be verified. */
  #judge(record: RecordReader, isSieved: boolean): Inspection {
    const result = this.#result
    this.#begin(record)
    result.reason = this.#reason ?? this.#prefilter?.reason
    this.#reason = undefined
    this.#runEngine(record, isSieved)
    result.isTimedOut = result.isTimedOut || this.#parts.budget.isExhausted
    result.outcome = this.#decide()
    return result
  }

  /** Forgets the last request and takes over what is known of this one before it is inspected. */
  #begin(record: RecordReader): void {
    this.#result.reset(record.word(Word.flags))
    if (this.#parts.isMarkedTruncated?.(record) === true) this.#result.isTruncated = true
  }

  #decide(): Outcome {
    const { matches, isTruncated, isAborted, isTimedOut } = this.#result
    return decideOutcome(matches.length > 0, { truncated: isTruncated, aborted: isAborted, timedOut: isTimedOut })
  }

  /**
   * The engine's time limit is wall time. A thread that waited for a processor has used it up without working, so a request
   * that timed out is tried again unless the processor time was really spent.
   */
  #runEngine(record: RecordReader, isSieved: boolean): void {
    const { budget, now, wafTimeoutUs, threadCpuUs } = this.#parts
    const result = this.#result
    const { reason } = result
    const isSampled = this.#isSampled
    this.#isSampled = false
    const startUs = threadCpuUs()
    let leftUs = wafTimeoutUs
    for (let attempt = 1; ; attempt += 1) {
      this.#deadlineMs = now() + leftUs / 1000
      budget.start(this.#deadlineMs)
      this.#runEngineOnce(record, isSieved, isSampled)
      const isTimedOut = result.isTimedOut || budget.isExhausted
      leftUs = wafTimeoutUs - (threadCpuUs() - startUs)
      if (!isTimedOut || result.matches.length > 0 || leftUs < wafTimeoutUs / 4 || attempt === attemptLimitCount) return
      this.#begin(record)
      result.reason = reason
    }
  }

  #runEngineOnce(record: RecordReader, isSieved: boolean, isSampled: boolean): void {
    const { describer, families } = this.#parts
    const sieve = isSieved ? this.#sieve : undefined
    this.#judgesByFamily = false
    try {
      if (sieve === undefined) this.#runWhole(record)
      else if (isSampled || describer === undefined) this.#runWholeBeginning(record, sieve)
      else this.#runSieved(record, sieve, describer)
      if (isSampled && !this.#result.isTimedOut) this.#extractSchema()
    } finally {
      this.#context?.dispose()
      this.#context = undefined
      families?.end()
    }
  }

  /** The context of the whole ruleset for the request in hand. */
  #wholeContext(): EngineContext {
    this.#context ??= this.#parts.engine.createContext()
    return this.#context
  }

  #runWhole(record: RecordReader): void {
    const { walker, builder } = this.#parts
    builder.reset(this.#runPart)
    walker.walkHead(record, builder)
    builder.flush()
    this.#noteBody(walker.walkBody(record, builder))
    builder.flush()
  }

  /** Schemas are made of the whole; behind the beginning of a large body they are not worth the time that hostile ones take. */
  #runWholeBeginning(record: RecordReader, sieve: SuspectSieve): void {
    const { walker, builder } = this.#parts
    builder.reset(this.#runPart)
    walker.walkHead(record, builder)
    builder.flush()
    this.#walkSieved(record, sieve, true)
  }

  /** Attributes that need the whole are worked out for requests that are reported. */
  #runSieved(record: RecordReader, sieve: SuspectSieve, describer: RequestDescriber): void {
    const { walker, builder } = this.#parts
    const result = this.#result
    this.#headParts.length = 0
    this.#pickedParts.length = 0
    this.#judgesByFamily = this.#parts.families !== undefined
    builder.reset(this.#runPickedOfHead)
    sieve.startHead()
    walker.walkHead(record, sieve)
    builder.flush()
    this.#walkSieved(record, sieve, false)
    if (result.matches.length === 0 && !result.isKept) return
    const leftUs = Math.floor((this.#deadlineMs - this.#parts.now()) * 1000)
    const { runCount, runtimeUs, attributes } = describer.describe(this.#headParts, leftUs)
    result.engineRunCount += runCount
    result.engineUs += runtimeUs
    result.attributes = describer.replaceOwn(result.attributes, attributes)
  }

  #walkSieved(record: RecordReader, sieve: SuspectSieve, picksBeginning: boolean): void {
    const { walker, builder } = this.#parts
    builder.reset(this.#runPicked)
    sieve.startBody(picksBeginning)
    this.#noteBody(walker.walkBody(record, sieve))
    builder.flush()
  }

  /** The rules are through: that there is no time left for this takes nothing from their verdict. */
  #extractSchema(): void {
    const result = this.#result
    const leftUs = Math.floor((this.#deadlineMs - this.#parts.now()) * 1000)
    if (leftUs < 1) return
    const { runtimeUs, attributes } = this.#wholeContext().run(extractSchema, leftUs)
    result.engineUs += runtimeUs
    if (attributes !== undefined) result.attributes = { ...result.attributes, ...attributes }
  }

  #noteBody(body: BodyReport): void {
    this.#result.body = body
    if (body.isTruncated) this.#result.isTruncated = true
    if (body.isTimedOut) this.#result.isTimedOut = true
  }

  #noteClient(part: EngineInput): void {
    const client = part['http.client_ip']
    if (typeof client === 'string') this.#result.clientIp = client
  }

  readonly #runPickedOfHead = (part: EngineInput, picked: EngineInput | undefined): boolean => {
    this.#noteClient(part)
    this.#headParts.push(part)
    return this.#runPicked(part, picked)
  }

  readonly #runPicked = (_part: EngineInput, picked: EngineInput | undefined): boolean => {
    if (picked === undefined) return true
    return this.#judgesByFamily ? this.#runFamilies(picked) : this.#runPart(picked)
  }

  readonly #runPart = (part: EngineInput): boolean => {
    this.#noteClient(part)
    return this.#run(this.#wholeContext(), part)
  }

  #runFamilies(picked: EngineInput): boolean {
    const { families } = this.#parts
    const suspects = this.#sieve?.families ?? wholeRuleset
    this.#pickedParts.push(picked)
    if (families === undefined || (suspects & wholeRuleset) !== 0) return this.#beginAnew()
    const result = this.#result
    const reportedCount = result.matches.length
    const isToGoOn = families.judge(this.#pickedParts, suspects, this.#runInContext)
    if (result.matches.length > reportedCount) result.matches = families.report(result.matches, reportedCount)
    return isToGoOn
  }

  /** From here on the whole ruleset judges, all parts so far too: what families have found already must not count twice. */
  #beginAnew(): boolean {
    const result = this.#result
    const { matches, isKept, attributes, engineErrorCount } = result
    this.#judgesByFamily = false
    result.matches = []
    result.isKept = false
    result.attributes = undefined
    const isToGoOn = this.#pickedParts.every(this.#runPart)
    // What they found stands where the whole ruleset did not get so far again.
    if (result.isTimedOut || result.engineErrorCount > engineErrorCount) {
      const types = new Set(result.matches.map(({ tags }) => tags['type']))
      result.matches.push(...matches.filter(({ tags }) => !types.has(tags['type'])))
      result.isKept ||= isKept
      result.attributes = { ...attributes, ...this.#result.attributes }
    }
    return isToGoOn
  }

  readonly #runInContext = (context: EngineContext, part: EngineInput): boolean => this.#run(context, part)

  /** Runs an engine on one part; false stops the walk, when the time is used up. */
  #run(context: EngineContext, part: EngineInput): boolean {
    const result = this.#result
    const leftUs = Math.floor((this.#deadlineMs - this.#parts.now()) * 1000)
    if (leftUs < 1) {
      result.isTimedOut = true
      return false
    }
    const answer = context.run(part, leftUs)
    result.engineRunCount += 1
    result.engineUs += answer.runtimeUs
    if (answer.errorNumber !== undefined) {
      // Nothing of this part was inspected, and a request that was not inspected whole never reads as clean.
      result.engineErrorCount += 1
      result.errorNumber = answer.errorNumber
      result.isTruncated = true
      return true
    }
    for (const match of answer.matches) result.matches.push(match)
    if (answer.isKept) result.isKept = true
    // The first value stands, as in the Go mirror: a fingerprint made again after the body would match none of another's.
    if (answer.attributes !== undefined) result.attributes = { ...answer.attributes, ...result.attributes }
    if (isCut(answer.truncation)) {
      result.isTruncated = true
      result.cut = largerOf(result.cut, answer.truncation)
    }
    if (answer.isTimedOut) {
      result.isTimedOut = true
      result.timeoutCount += 1
    }
    return !answer.isTimedOut
  }
}
