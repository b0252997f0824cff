// The option table of the README, as it should stand between its markers. Shared by the test and the script that writes it.
import { serveCommandTable } from '#src/commands/serve.js'
import { renderOptionTableMarkdown, toAnyRows } from '#src/options/help.js'
import { rowsOf } from '#src/options/option-spec.js'
import { serveTable } from '#src/options/serve-table.js'

export const startMarker = '<!-- options:start -->'
export const endMarker = '<!-- options:end -->'

/** README.md of the package, from build/test/options. */
export const readmeUrl: URL = new URL('../../../README.md', import.meta.url)

/** The table with its markers. */
export function renderReadmeTable(): string {
  const rows = [...toAnyRows(rowsOf(serveCommandTable)), ...toAnyRows(rowsOf(serveTable))]
  return `${startMarker}\n${renderOptionTableMarkdown(rows)}\n${endMarker}`
}

/** The part of the README from marker to marker; `undefined` when a marker is missing. */
export function findReadmeTable(readme: string): string | undefined {
  const start = readme.indexOf(startMarker)
  const end = readme.indexOf(endMarker, start)
  return start === -1 || end === -1 ? undefined : readme.slice(start, end + endMarker.length)
}
