// deploy/github/ci.yml: it runs on no machine of the tests, so what can be checked of it is checked here.
import { accessSync, constants } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { readPackageJson } from './support/package-json.js'
import { readText, repositoryRoot } from './support/source-files.js'

interface Step {
  readonly uses?: string
  readonly run?: string
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly 'timeout-minutes'?: number; readonly steps: readonly Step[] }>>
}

const { jobs }: Workflow = parse(readText('deploy/github/ci.yml'))
const steps = Object.values(jobs).flatMap((job) => job.steps)

t.test('each action is pinned to one version', async (t) => {
  const actions = steps.flatMap(({ uses }) => uses ?? [])
  t.ok(actions.length > 0)
  t.strictSame(
    actions.filter((action) => !/^[\w./-]+@v\d+\.\d+\.\d+$/.test(action)),
    [],
  )
})

t.test('each npm script it runs is one of package.json', async (t) => {
  const { scripts } = readPackageJson()
  const names = steps.flatMap(({ run }) => run?.match(/^npm run ([\w:]+)/)?.[1] ?? [])
  t.ok(names.length > 0)
  t.strictSame(
    names.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  )
})

t.test('it runs the checks of .ci/run, which can be run', async (t) => {
  t.ok(steps.some(({ run }) => run === '.ci/run'))
  accessSync(`${repositoryRoot}/.ci/run`, constants.X_OK)
})

t.test('known faults of dependencies stop it, and the bill of materials is kept', async (t) => {
  t.ok(steps.some(({ run }) => run === 'npm audit --omit=dev --audit-level=high'))
  t.ok(steps.some(({ run }) => run === 'npm run sbom'))
  t.ok(steps.some(({ uses }) => uses?.startsWith('actions/upload-artifact@')))
})

t.test('each job ends', async (t) => {
  for (const job of Object.values(jobs)) t.ok((job['timeout-minutes'] ?? Number.POSITIVE_INFINITY) <= 60)
})
