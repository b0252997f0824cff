// Writes a status: a table of routes, then what is wrong.
import type { StatusReport } from '../commands/status.js'
import { describeRef } from '../plan/object-ref.js'
import type { RouteStatus } from '../plan/route-status.js'

/** The status as one JSON document. */
export function renderStatusJson(status: StatusReport, exitCode: number): string {
  return `${JSON.stringify({ ...status, exitCode }, undefined, 2)}\n`
}

/** The status as text. */
export function renderStatus(status: StatusReport): string {
  const rows = [tableHead, ...status.routes.map(renderRow)]
  const widths = tableHead.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const faults = status.routes.flatMap(({ ref, drift, notes }) => [
    ...drift.map((text) => `${describeRef(ref)}: ${text}`),
    ...notes.map((text) => `${describeRef(ref)}: note: ${text}`),
  ])
  const routesAdrift = status.routes.filter(({ drift }) => drift.length > 0).length
  const sum = `status, mirror ${status.target}: ${status.routes.length} routes, ${routesAdrift} with drift`
  return [...table, '', ...status.drift, ...faults, ...status.notices, sum].map((line) => `${line}\n`).join('')
}

const tableHead = ['NAMESPACE', 'KIND', 'NAME', 'MIRRORED', 'PORT', 'SHARE', 'GRANT', 'RESOLVEDREFS'] as const

function renderRow(route: RouteStatus): string[] {
  const { ref } = route
  return [
    ref.namespace,
    ref.kind,
    ref.name,
    `${route.mirroredRules}/${route.expectedRules}`,
    route.ports.join(',') || '-',
    route.shares.join(',') || '-',
    route.grant,
    renderResolvedRefs(route),
  ]
}

/** `-`: no gateway has said anything about this route. */
function renderResolvedRefs({ resolvedRefs }: RouteStatus): string {
  if (resolvedRefs.length === 0) return '-'
  const refused = resolvedRefs.filter(({ isResolved }) => !isResolved)
  return refused.length === 0 ? 'True' : refused.map(({ reason }) => reason).join(',')
}
