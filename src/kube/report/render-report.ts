// Writes a report for people (only what deserves a line) or for programs (everything).
import { describeRef } from '../plan/object-ref.js'
import { describeRule, type RuleAction, type RulePlan } from '../plan/route-plan.js'
import type { KubeReport, ObjectReport, ObjectResult } from './report.js'

/** The report as one JSON document. */
export function renderJson(report: KubeReport, exitCode: number): string {
  return `${JSON.stringify({ ...report, summary: Object.fromEntries(countResults(report)), exitCode }, undefined, 2)}\n`
}

/** The report as text: diffs, then a line for each object that is not simply unchanged, then the sum. */
export function renderText(report: KubeReport): string {
  const diffs = report.objects.flatMap(({ diff }) => (diff === undefined ? [] : [diff]))
  const lines = report.objects.flatMap(renderObject)
  return [...diffs, ...[...lines, ...report.notices, renderSummary(report)].map((line) => `${line}\n`)].join('')
}

function renderObject(object: ObjectReport): string[] {
  const { ref, result, detail, rules = [], warnings = [], error } = object
  const untold = result === 'unchanged' && warnings.length === 0 && detail === undefined
  if (untold) return []
  const parts = [detail, carriedOut.has(result) ? describeRules(rules) : undefined].filter(
    (part) => part !== undefined && part !== '',
  )
  const head = `${describeRef(ref)}: ${result}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`
  return [head, ...warnings.map((warning) => `  warning: ${warning}`), ...(error ? [`  ${renderError(error)}`] : [])]
}

function renderError({ code, message }: NonNullable<ObjectReport['error']>): string {
  return code === undefined ? message : `${code}: ${message}`
}

/** `rules 0, 2 added; rule 1 skipped: it only redirects`: rules with the same fate together. */
function describeRules(rules: readonly RulePlan[]): string {
  const told = rules.filter(({ action }) => !quietActions.has(action))
  const groups = Map.groupBy(told, ({ action, reason }) => `${action}${reason === undefined ? '' : `: ${reason}`}`)
  return [...groups].map(([fate, members]) => `${members.map(describeRule).join(', ')} ${fate}`).join('; ')
}

/** Only where the plan was carried out may a line say what it did. */
const carriedOut: ReadonlySet<ObjectResult> = new Set(['written', 'planned', 'incomplete', 'unchanged'])
const quietActions: ReadonlySet<RuleAction> = new Set(['present'])

function renderSummary(report: KubeReport): string {
  const counts = countResults(report).map(([result, count]) => `${count} ${result}`)
  const what = counts.length === 0 ? 'nothing to do' : counts.join(', ')
  return `${report.command}${report.isDryRun ? ' (dry run, nothing was stored)' : ''}, mirror ${report.target}: ${what}`
}

function countResults({ objects }: KubeReport): [ObjectResult, number][] {
  return [...Map.groupBy(objects, ({ result }) => result)].map(([result, members]) => [result, members.length])
}
