// What the page asks about stored events. Reads the question from the address, answers with plain data; looking through events
// ends after a while and says where to go on.

import type { Dimension } from '../store/event-facts.js'
import type { EventFilter, History, NameCount, ScanStep, StoredRow } from '../store/history.js'
import { outcomes } from '../verdict/outcome.js'
import { type Exclusion, explainExclusion, judgeEffect, makeExclusion, renderExclusion } from './exclusion.js'
import type { CountsAnswer, EventDetail, ExclusionAnswer, PreviewAnswer, SearchAnswer } from './page/api-types.js'
import type { RuleBook } from './rule-book.js'
import { openEvent, readMatches, readTarget, summarise } from './stored-event.js'

export type Question = URLSearchParams

/** How long one answer may look; the page then asks on, and shows how far it is. */
const answerMs = 1000
/** Rows of one answer, and of a breakdown. */
const listLimit = 50
const breakdownLimit = 12
/** Bars of a timeline at most: as many as a screen shows apart. */
const timelineSlots = 120
/** Rows that one step hands over to be judged. */
const previewRows = 500
const minuteMs = 60_000
/** Longest text that is looked for, and longest range. */
const textLimitChars = 200
const rangeLimitMs = 400 * 86_400_000

/** The time range of a question about counts, in whole minutes. */
export function countsRangeMs(question: Question): number {
  const rangeMs = Math.min(numberIn(question, 'range') ?? 3_600_000, rangeLimitMs)
  return Math.max(minuteMs, Math.ceil(rangeMs / minuteMs) * minuteMs)
}

/** Counts in short steps, as `look` does. */
export async function answerCounts(
  history: History,
  rules: RuleBook,
  rangeMs: number,
  nowMs: number,
): Promise<CountsAnswer> {
  // The minute that has begun counts too.
  const toMs = Math.ceil(nowMs / minuteMs) * minuteMs
  const fromMs = toMs - rangeMs
  const slotMinutes = Math.max(1, Math.ceil((toMs - fromMs) / minuteMs / timelineSlots))
  const countBy = (dimension: Dimension): Promise<NameCount[]> =>
    inTurns(history.breakdownSteps(dimension, fromMs, toMs, breakdownLimit))
  const [all] = await countBy('all')
  const breakdowns = {
    type: await countBy('type'),
    rule: await countBy('rule'),
    route: await countBy('route'),
    client: await countBy('client'),
  }
  const ruleNames: Record<string, string> = Object.create(null)
  for (const { name } of breakdowns.rule) ruleNames[name] = rules.nameOf(name) ?? ''
  return {
    fromMs,
    toMs,
    total: all?.count ?? 0,
    breakdowns,
    slotMs: slotMinutes * minuteMs,
    timeline: await inTurns(history.timelineSteps('type', fromMs, toMs, slotMinutes)),
    ruleNames,
  }
}

/** @param isWanted - false when nobody waits for the answer any more. */
export async function answerSearch(
  history: History,
  question: Question,
  isWanted: () => boolean,
): Promise<SearchAnswer> {
  const events: SearchAnswer['events'][number][] = []
  const end = await look(history, readFilter(question), listLimit, isWanted, (row) => {
    events.push(summarise(row.id, row, row.line))
    return events.length < listLimit
  })
  return { events, ...end }
}

export function answerEvent(history: History, rules: RuleBook, id: number): EventDetail | undefined {
  const row = history.get(id)
  return row === undefined ? undefined : openEvent(id, row, row.line, rules)
}

export function answerExclusion(history: History, id: number, question: Question): ExclusionAnswer | undefined {
  const row = history.get(id)
  if (row === undefined) return undefined
  const path = pathIn(row, question)
  const exclusion = readExclusion(row, question, path)
  if (typeof exclusion === 'string') return { file: '', explanation: `No exclusion: ${exclusion}.`, notes: [] }
  return { file: renderExclusion(exclusion), ...explainExclusion(exclusion, path) }
}

/** What that exclusion would have done; the page adds up the answers. */
export async function answerPreview(
  history: History,
  id: number,
  question: Question,
  isWanted: () => boolean,
): Promise<PreviewAnswer | undefined> {
  const row = history.get(id)
  const exclusion = row === undefined ? undefined : readExclusion(row, question, pathIn(row, question))
  if (exclusion === undefined || typeof exclusion === 'string') return undefined
  const counts = { silenced: 0, weakened: 0, kept: 0 }
  const beforeId = numberIn(question, 'before')
  const filter = { rule: exclusion.ruleId, ...(beforeId === undefined ? {} : { beforeId }) }
  const end = await look(history, filter, previewRows, isWanted, ({ line }) => {
    counts[judgeEffect(exclusion, line)] += 1
    return true
  })
  return { silencedCount: counts.silenced, weakenedCount: counts.weakened, keptCount: counts.kept, ...end }
}

/** Names of outcomes, in the order of samples. */
export const outcomeNames: readonly string[] = outcomes

/** Where looking ended. */
type LookEnd = Pick<SearchAnswer, 'scannedCount' | 'totalCount' | 'nextId' | 'isDone'>

/**
 * Looks through events until there are none left, nobody waits, the time is up, or `visit` has had enough. Between steps
 * everything else in the thread has its turn.
 */
async function look(
  history: History,
  filter: EventFilter,
  rowLimit: number,
  isWanted: () => boolean,
  visit: (row: StoredRow) => boolean,
): Promise<LookEnd> {
  const deadlineMs = performance.now() + answerMs
  let last: ScanStep | undefined
  for (const step of history.scan(filter, rowLimit)) {
    last = step
    for (const row of step.rows) {
      if (!visit(row)) return { ...position(step), nextId: row.id, isDone: false }
    }
    if (performance.now() >= deadlineMs || !isWanted()) return { ...position(step), isDone: isAtEnd(step) }
    await yieldTurn()
  }
  return last === undefined
    ? { scannedCount: 0, totalCount: 0, nextId: 0, isDone: true }
    : { ...position(last), isDone: true }
}

/** Takes all steps; between them everything else in the thread has its turn. */
async function inTurns<T>(steps: Generator<void, T, undefined>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await yieldTurn()
  }
}

function yieldTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function position({ scannedCount, totalCount, nextId }: ScanStep): Omit<LookEnd, 'isDone'> {
  return { scannedCount, totalCount, nextId }
}

function isAtEnd({ scannedCount, totalCount }: ScanStep): boolean {
  return scannedCount >= totalCount
}

function readFilter(question: Question): EventFilter {
  const filter: Record<string, string | number> = {}
  for (const name of ['rule', 'type', 'route', 'client', 'text'] as const) {
    const value = question.get(name)?.slice(0, textLimitChars) ?? ''
    if (value !== '') filter[name] = value
  }
  for (const [name, field] of [
    ['from', 'fromMs'],
    ['to', 'toMs'],
    ['before', 'beforeId'],
  ] as const) {
    const value = numberIn(question, name)
    if (value !== undefined) filter[field] = value
  }
  return filter
}

function readExclusion(row: StoredRow, question: Question, path: string | undefined): Exclusion | string {
  const match = readMatches(row.line)[numberIn(question, 'match') ?? 0]
  const condition = match?.conditions[numberIn(question, 'condition') ?? 0]
  if (match === undefined || condition === undefined) return 'the event has no such match'
  return makeExclusion(match.ruleId, condition, path)
}

function pathIn(row: StoredRow, question: Question): string | undefined {
  return question.get('path') === '1' ? readTarget(row.line).split('?', 1)[0] : undefined
}

function numberIn(question: Question, name: string): number | undefined {
  const text = question.get(name) ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
