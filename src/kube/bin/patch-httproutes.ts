#!/usr/bin/env node
// Stands in for Datadog's Go tool of this name: `patch-httproutes -namespace NS`.
import { readProcessEnvironment } from '../../options/environment.js'
import { createProcessIo } from '../process-io.js'
import { runSeedCommand } from '../run-seed-command.js'

process.exitCode = await runSeedCommand(
  'patch-httproutes',
  process.argv.slice(2),
  createProcessIo(readProcessEnvironment()),
)
