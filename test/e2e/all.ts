// What `npm run test:e2e` runs: test files that start real gateways, one at a time.
import { globSync } from 'node:fs'
import t from 'tap'
import { runFiles } from '../support/run-files.js'
import { repositoryRoot } from './support/repository.js'

// Go builds the Kubernetes API server.
const { MIRRORWAF_E2E_SKIP = '' } = process.env
const exclude = MIRRORWAF_E2E_SKIP.split(',').includes('go') ? ['build/test/e2e/kube-*'] : []

const files = globSync('build/test/e2e/*.test.js', { cwd: repositoryRoot, exclude })
await runFiles(t, files.sort(), { jobs: 1, timeoutMs: 900_000 })
