// Renders option tables for readers: the text of --help and the table in the README, both from the same rows.
import { describeDefault, type OptionGroup, type OptionSpec, optionGroups } from './option-spec.js'

/** A row whatever its type. */
export type AnyRow = Pick<OptionSpec<never>, 'flag' | 'environment' | 'group' | 'doc'> & {
  readonly datadog?: string
  readonly kind: { readonly placeholder: string; readonly accepted: string; readonly arity: string }
  /** See `describeDefault`. */
  readonly defaultShown: string
}

/** Makes rows of one type into rows that can stand beside those of another. */
export function toAnyRows<T>(specs: readonly OptionSpec<T>[]): AnyRow[] {
  return specs.map((spec) => ({ ...spec, defaultShown: describeDefault(spec) }))
}

/**
 * The help of one command.
 * @param usage - lines after "Usage:".
 */
export function renderHelp(usage: readonly string[], summary: string, rows: readonly AnyRow[]): string {
  const groups = groupRows(rows).map(([group, members]) => `${group}\n${members.map(renderHelpRow).join('\n')}`)
  return `${summary}\n\nUsage:\n${usage.map((line) => `  ${line}`).join('\n')}\n\n${groups.join('\n\n')}\n`
}

/** The option table for the README: one Markdown table per group. */
export function renderOptionTableMarkdown(rows: readonly AnyRow[]): string {
  return groupRows(rows)
    .map(([group, members]) => [`**${group}**`, '', ...tableHead, ...members.map(renderMarkdownRow)].join('\n'))
    .join('\n\n')
}

const tableHead = ['| Flag | Environment | Default | Accepted | Meaning |', '| --- | --- | --- | --- | --- |'] as const

function groupRows(rows: readonly AnyRow[]): [OptionGroup, AnyRow[]][] {
  return optionGroups
    .map((group): [OptionGroup, AnyRow[]] => [group, rows.filter((row) => row.group === group)])
    .filter(([, members]) => members.length > 0)
}

function renderHelpRow(row: AnyRow): string {
  const environment = environmentNames(row)
  const lines = [
    `  ${flagText(row) ?? environment.join(', ')}`,
    `      ${row.doc}`,
    `      Accepted: ${row.kind.accepted}.`,
    `      Default: ${row.defaultShown === '' ? 'empty' : row.defaultShown}.`,
  ]
  if (row.flag !== undefined && environment.length > 0) lines.push(`      Environment: ${environment.join(', ')}.`)
  return lines.join('\n')
}

function renderMarkdownRow(row: AnyRow): string {
  const flag = flagText(row)
  const cells = [
    flag === undefined ? '' : `\`${flag}\``,
    environmentNames(row)
      .map((name) => `\`${name}\``)
      .join(' '),
    row.defaultShown === '' ? 'empty' : row.defaultShown,
    row.kind.accepted,
    row.doc,
  ]
  return `| ${cells.map(escapeCell).join(' | ')} |`
}

function flagText({ flag, kind }: AnyRow): string | undefined {
  if (flag === undefined) return undefined
  return kind.arity === 'switch' ? `--${flag}, --no-${flag}` : `--${flag} ${kind.placeholder}`
}

function environmentNames({ environment, datadog }: AnyRow): string[] {
  return [environment, datadog].filter((name) => name !== undefined)
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
