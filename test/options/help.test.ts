// Help and README say what the tables say.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { renderHelp, renderOptionTableMarkdown, toAnyRows } from '#src/options/help.js'
import { rowsOf } from '#src/options/option-spec.js'
import { serveTable } from '#src/options/serve-table.js'
import { findReadmeTable, readmeUrl, renderReadmeTable } from './readme-table.js'

const rows = toAnyRows(rowsOf(serveTable))

t.test('the README’s table is the one that the option table renders', async (t) => {
  const table = findReadmeTable(readFileSync(readmeUrl, 'utf8'))
  t.equal(table, renderReadmeTable(), 'write it with: node build/test/options/write-readme-table.js')
})

t.test('help names flag, meaning, accepted values, default and variables of every option', async (t) => {
  const help = renderHelp(['mirrorwaf serve [OPTIONS]'], 'Summary.', rows)
  for (const { flag, doc, environment, datadog, kind } of rows) {
    if (flag !== undefined) t.ok(help.includes(`  --${flag}`), flag)
    for (const part of [doc, environment ?? '', datadog ?? '', kind.accepted]) t.ok(help.includes(part), part)
  }
  t.match(
    help,
    /--listen ADDRESS\n {6}Where .*\n {6}Accepted: .*\n {6}Default: \[::\]:8080\.\n {6}Environment: MIRRORWAF_LISTEN, DD_REQUEST_MIRROR_LISTEN_ADDR\./,
  )
  t.match(help, /--hijack, --no-hijack\n/)
})

t.test('a Markdown row has five cells, whatever its texts hold', async (t) => {
  const lines = renderOptionTableMarkdown(rows)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  for (const line of lines) t.equal(line.split(/(?<!\\)\|/).length, 7, line)
})

t.test('flags, variables and docs are unique and well formed', async (t) => {
  const flags = rows.flatMap(({ flag }) => flag ?? [])
  const variables = rows.flatMap(({ environment, datadog }) =>
    [environment, datadog].filter((name) => name !== undefined),
  )
  t.equal(new Set(flags).size, flags.length)
  t.equal(new Set(variables).size, variables.length)
  for (const flag of flags) t.match(flag, /^[a-z]+(-[a-z]+)*$/)
  for (const { doc } of rows) t.match(doc, /^\S.*\.$/)
})
