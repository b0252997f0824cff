// What doctor has to say: a finding with a stable code, and what to do about it with the gateway at hand.
import { type FindingCode, findingCatalogue } from './finding-catalogue.js'
import { type GatewayKind, type Severity, severities } from './finding-kinds.js'

export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** What a finding of this code is, in one sentence. */
  readonly title: string
  /** What was seen this time. */
  readonly detail: string
  /** What to change in this kind of gateway. */
  readonly fix: string
  /** `FILE:LINE` of a configuration; `null` when it was seen in copies. */
  readonly place: string | null
}

export interface FindingFacts {
  readonly detail: string
  readonly place?: string
  /** When this time it is more or less than usual for the code. */
  readonly severity?: Severity
}

/** Makes a finding; title, usual severity and fix come from the catalogue. */
export function createFinding(code: FindingCode, kind: GatewayKind, facts: FindingFacts): Finding {
  const { title, severity, fixes } = findingCatalogue[code]
  const fix = fixes[kind] ?? fixes.other
  return { code, severity: facts.severity ?? severity, title, detail: facts.detail, fix, place: facts.place ?? null }
}

/** Serious ones first; within one severity in the order they were found. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}
