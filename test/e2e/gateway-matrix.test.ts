// Each gateway's copies, measured alike. The table in deploy/gateways.md is what this run finds: MIRRORWAF_WRITE_MATRIX=1
// writes it, without it a difference fails.
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { type MatrixGateway, matrixGateways } from './support/matrix-gateways.js'
import { matrixColumns, measureRow } from './support/matrix-row.js'
import { repositoryRoot } from './support/repository.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(600_000)

const { MIRRORWAF_WRITE_MATRIX } = process.env
const isWriting = MIRRORWAF_WRITE_MATRIX === '1'
const path = `${repositoryRoot}/deploy/gateways.md`
const [start, end] = ['<!-- matrix:start -->\n', '<!-- matrix:end -->']

const page = readFileSync(path, 'utf8')
const committed = page.slice(page.indexOf(start) + start.length, page.indexOf(end)).split('\n')
const found = new Map<MatrixGateway, string>()

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function committedLine(gateway: MatrixGateway): string {
  return committed.find((line) => line.startsWith(`| ${gateway.name} |`)) ?? `(no line for ${gateway.name})`
}

for (const gateway of matrixGateways) {
  t.test(`${gateway.name}: its line in the table is what a run finds`, { skip: gateway.skip }, async (t) => {
    const line = lineOf([gateway.name, ...(await measureRow(t, gateway))])
    found.set(gateway, line)
    if (!isWriting) t.equal(line, committedLine(gateway))
  })
}

t.test('the table has these lines and no others', async (t) => {
  const columns = ['gateway', ...matrixColumns]
  const head = [lineOf(columns), lineOf(columns.map(() => '---'))]
  // A gateway that is left out on purpose keeps what an earlier run found.
  const lines = matrixGateways.map((gateway) => found.get(gateway) ?? committedLine(gateway))
  const table = [...head, ...lines, ''].join('\n')
  if (isWriting)
    writeFileSync(path, page.slice(0, page.indexOf(start) + start.length) + table + page.slice(page.indexOf(end)))
  else t.strictSame(committed, table.split('\n'))
})
