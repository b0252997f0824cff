// What `npm test` runs: every test file that needs no program from outside.
import { globSync } from 'node:fs'
import t from 'tap'
import { repositoryRoot } from './source/support/source-files.js'
import { runFiles } from './support/run-files.js'

const files = globSync('build/test/**/*.test.js', { cwd: repositoryRoot, exclude: ['build/test/e2e'] })
// From behind: the longest files are in worker/ and pipeline/, and at the end would run alone.
await runFiles(t, files.sort().reverse(), { jobs: 4, timeoutMs: 120_000 })
