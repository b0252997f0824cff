// Renders ruleset diagnostics as text or JSON.
import type { DocumentReport } from '../engine/ddwaf-report.js'
import { failedRules, type RuleNote, type RulesetDiagnostics } from '../engine/ruleset-diagnostics.js'
import { visible } from '../visible.js'

/** One JSON document; field names as in events. */
export function renderRulesJson(diagnostics: RulesetDiagnostics): string {
  const { engine, rulesVersion, loadedCount, activeCount, documents } = diagnostics
  const failed = failedRules(documents)
  const body = {
    engine,
    rules_version: rulesVersion,
    counts: {
      loaded: loadedCount,
      active: activeCount,
      disabled: diagnostics.disabled.length,
      never_firing: diagnostics.neverFiring.length,
      attributes_only: diagnostics.attributesOnly.length,
      skipped: diagnostics.skipped.length,
      failed: failed.length,
    },
    files: documents.map(toJsonFile),
    failed,
    skipped: diagnostics.skipped,
    disabled: diagnostics.disabled,
    never_firing: diagnostics.neverFiring,
    attributes_only: diagnostics.attributesOnly,
  }
  return `${JSON.stringify(body, undefined, 2)}\n`
}

/** Versions and counts, then each list of rules by reason. */
export function renderRulesText(diagnostics: RulesetDiagnostics): string {
  const { engine, rulesVersion, documents } = diagnostics
  const failed = failedRules(documents).map(({ id, reason }) => ({ id, name: '', reason }))
  const parts = [
    [
      `engine   ${engine.name} ${engine.version}`,
      `ruleset  ${rulesVersion === '' ? 'without a version' : visible(rulesVersion)}`,
      `rules    ${describeCounts(diagnostics, failed.length)}`,
    ].join('\n'),
    ['files', ...documents.flatMap(describeFile)].join('\n'),
    ...renderNotes('failed', failed),
    ...renderNotes('skipped', diagnostics.skipped),
    ...renderNotes('disabled', diagnostics.disabled),
    ...renderNotes('can never fire on a mirrored request', diagnostics.neverFiring),
    ...renderNotes('raise no event', diagnostics.attributesOnly),
  ]
  return `${parts.join('\n\n')}\n`
}

function describeCounts(diagnostics: RulesetDiagnostics, failedCount: number): string {
  const { loadedCount, activeCount, disabled, neverFiring, attributesOnly, skipped } = diagnostics
  return (
    `${loadedCount} loaded (${activeCount} active, ${disabled.length} disabled, ${neverFiring.length} can never fire, ` +
    `${attributesOnly.length} raise no event), ${skipped.length} skipped, ${failedCount} failed`
  )
}

function describeFile({ path, isAccepted, error, sections }: DocumentReport): string[] {
  const counts = sections.map((section) =>
    section.error === undefined
      ? `${section.section} ${section.loaded.length}`
      : `${section.section}: ${section.error}`,
  )
  const content = error ?? (counts.length === 0 ? 'nothing' : counts.join(', '))
  const faults = sections
    .flatMap(({ section, failed }) => failed.map(({ id, reason }) => `${section} ${id}: ${reason}`))
    .map((fault) => `    refused ${visible(fault)}`)
  return [`  ${visible(path)}: ${isAccepted ? 'loaded' : 'refused'}: ${visible(content)}`, ...faults]
}

function renderNotes(title: string, notes: readonly RuleNote[]): string[] {
  if (notes.length === 0) return []
  const groups = Map.groupBy(notes, ({ reason }) => reason)
  const lines = [...groups].flatMap(([reason, members]) => [
    `  ${visible(reason)}`,
    ...members.map(({ id, name }) => `    ${visible(`${id.padEnd(12)} ${name}`.trimEnd())}`),
  ])
  return [[title, ...lines].join('\n')]
}

function toJsonFile({ path, isAccepted, error, rulesVersion, sections }: DocumentReport): object {
  return {
    path,
    accepted: isAccepted,
    error: error ?? null,
    rules_version: rulesVersion,
    sections: sections.map((section) => ({ ...section, error: section.error ?? null })),
  }
}
