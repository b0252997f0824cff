// What libddwaf says about one ruleset file it was given: what it loaded, refused, skipped, and why.
import { isRecord, type JsonRecord, listOf, recordOf, textOf } from '../json-shape.js'
import { ruleSections } from './ruleset-sections.js'

/** One refused item of a section and the engine's words for it. */
export interface ItemFault {
  /** The item's id, or `index:N` where items have none. */
  readonly id: string
  readonly reason: string
}

/** How the engine took one section (`rules`, `exclusions`...) of a file. */
export interface SectionReport {
  readonly section: string
  /** Why the whole section was refused; `undefined` when it was read item by item. */
  readonly error: string | undefined
  readonly loaded: readonly string[]
  /** Items not loaded: wrong, or written with something this engine does not know. */
  readonly failed: readonly ItemFault[]
  /** Items meant for another engine version. */
  readonly skipped: readonly string[]
}

/** How the engine took one ruleset file. */
export interface DocumentReport {
  readonly path: string
  /** False when the engine took nothing of it. */
  readonly isAccepted: boolean
  /** Why the whole file was refused; `undefined` when it was read section by section. */
  readonly error: string | undefined
  /** `metadata.rules_version`; empty when the file states none. */
  readonly rulesVersion: string
  readonly sections: readonly SectionReport[]
}

/** @param diagnostics - native-appsec's `diagnostics` right after this file was given to it. */
export function toDocumentReport(path: string, isAccepted: boolean, diagnostics: unknown): DocumentReport {
  const { error, ruleset_version, ...sectionFields } = recordOf(diagnostics)
  const sections = Object.entries(sectionFields).flatMap(([name, value]) =>
    isRecord(value) ? [toSection(name, value)] : [],
  )
  return {
    path,
    isAccepted,
    error: typeof error === 'string' ? error : undefined,
    rulesVersion: textOf(ruleset_version),
    sections: sections.sort((a, b) => sectionRank(a) - sectionRank(b)),
  }
}

/** Rules that the engine holds after these files, disabled ones included. */
export function countLoadedRules(documents: readonly DocumentReport[]): number {
  const sections = documents.flatMap((document) => document.sections).filter(holdsRules)
  return sections.reduce((sum, section) => sum + section.loaded.length, 0)
}

/** Rules that the engine refused in these files. */
export function countFailedRules(documents: readonly DocumentReport[]): number {
  const sections = documents.flatMap((document) => document.sections).filter(holdsRules)
  return sections.reduce((sum, section) => sum + section.failed.length, 0)
}

/** Ruleset version of the first file that states one: additions come after what they add to. Empty if none does. */
export function rulesVersionOf(documents: readonly DocumentReport[]): string {
  return documents.find((document) => document.rulesVersion !== '')?.rulesVersion ?? ''
}

/** The first few faults of a refused file, for an error message. */
export function describeFaults(document: DocumentReport): string {
  const faults = [
    ...(document.error === undefined ? [] : [document.error]),
    ...document.sections.flatMap(({ section, error }) => (error === undefined ? [] : [`${section}: ${error}`])),
    ...document.sections.flatMap(({ failed }) => failed.map(({ id, reason }) => `${id}: ${reason}`)),
  ]
  if (faults.length === 0) return 'nothing in it is usable'
  const shown = faults.slice(0, faultsShown).join('; ')
  return faults.length > faultsShown ? `${shown}; and ${faults.length - faultsShown} more` : shown
}

/** More than these make an error message unreadable; `mirrorwaf rules` lists them all. */
const faultsShown = 3

function holdsRules(section: SectionReport): boolean {
  return ruleSections.some((name) => name === section.section)
}

/** Rules first, then the engine's own (hash) order. */
function sectionRank({ section }: SectionReport): number {
  const names: readonly string[] = ruleSections
  const rank = names.indexOf(section)
  return rank === -1 ? names.length : rank
}

function toSection(section: string, fields: JsonRecord): SectionReport {
  const { error, loaded, failed, skipped, errors, warnings } = fields
  const reasons = new Map([...faultsOf(errors), ...faultsOf(warnings)])
  return {
    section,
    error: typeof error === 'string' ? error : undefined,
    loaded: listOf(loaded).map(String),
    failed: listOf(failed).map((id) => ({ id: String(id), reason: reasons.get(String(id)) ?? 'refused' })),
    skipped: listOf(skipped).map(String),
  }
}

/** libddwaf groups item ids by message: {message: [id, ...]}. */
function faultsOf(value: unknown): [string, string][] {
  return Object.entries(recordOf(value)).flatMap(([message, ids]) =>
    listOf(ids).map((id): [string, string] => [String(id), message]),
  )
}
