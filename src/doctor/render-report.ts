// Doctor's report, for people and for programs.
import { visible } from '../visible.js'
import type { Coverage } from './check-coverage.js'
import { type Finding, sortFindings } from './finding.js'
import { severities } from './finding-kinds.js'

/** What was looked at, and what was found. */
export interface DoctorReport {
  readonly findings: readonly Finding[]
  /** `null` when no gateway was examined. */
  readonly gateway: {
    readonly url: string
    readonly kind: string
    readonly probes: number
    readonly foreign: number
  } | null
  readonly configs: readonly string[]
  /** `null` when no receiver was asked. */
  readonly coverage: Coverage | null
}

/** Raised when a field changes meaning or goes away; additions keep it. */
const reportVersion = 1

export function renderReportJson(report: DoctorReport): string {
  const findings = sortFindings(report.findings)
  return `${JSON.stringify({ version: reportVersion, is_healthy: !hasSerious(report), ...report, findings }, undefined, 2)}\n`
}

export function renderReportText(report: DoctorReport): string {
  const { gateway, configs, coverage } = report
  const lines: string[] = []
  if (gateway !== null) lines.push(`Gateway ${gateway.url} (${gateway.kind}): ${gateway.probes} probes.`)
  if (configs.length > 0) lines.push(`Configuration: ${configs.join(', ')}.`)
  if (coverage !== null && coverage.ratio !== null)
    lines.push(`Analysed: ${(100 * coverage.ratio).toFixed(1)} % of requests.`)
  for (const finding of sortFindings(report.findings)) lines.push('', ...renderFinding(finding))
  lines.push('', summarise(report.findings))
  return `${lines.map(visible).join('\n')}\n`
}

/** Whether the command fails. */
export function hasSerious({ findings }: DoctorReport): boolean {
  return findings.some(({ severity }) => severity === 'serious')
}

function renderFinding({ severity, code, title, detail, fix, place }: Finding): readonly string[] {
  const where = place === null ? '' : `  (${place})`
  return [
    `${severity.padEnd(8)} ${code}${where}`,
    `         ${title}`,
    `         seen: ${detail}`,
    `         fix:  ${fix}`,
  ]
}

function summarise(findings: readonly Finding[]): string {
  const counts = severities.map((severity) => {
    return `${findings.filter((finding) => finding.severity === severity).length} ${severity}`
  })
  return findings.length === 0 ? 'Nothing found.' : `${counts.join(', ')}.`
}
