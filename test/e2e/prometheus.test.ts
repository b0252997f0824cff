// The alert rules, checked and run by Prometheus' own tool.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { buildPromtool } from './support/promtool.js'
import { repositoryRoot } from './support/repository.js'
import { findProgram } from './support/required-program.js'

const go = findProgram('go')
const folder = `${repositoryRoot}/deploy/prometheus`

function promtool(...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(buildPromtool(go.path), args, { cwd: folder, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

t.test('Prometheus accepts every rule', { skip: go.skip }, async (t) => {
  const { status, output } = promtool('check', 'rules', 'alerts.yaml')
  t.equal(status, 0, output)
  t.match(output, /SUCCESS: 12 rules found/)
})

t.test('alerts fire when they should and are silent when all is well', { skip: go.skip }, async (t) => {
  const { status, output } = promtool('test', 'rules', 'alerts.test.yaml')
  t.equal(status, 0, output)
})
