#!/usr/bin/env node
// Process entry: runs the command and exits with its code. Everything else is in src/commands.
import { restartForFewCores } from './commands/few-cores.js'

restartForFewCores()
const { dispatch } = await import('./commands/dispatch.js')
const { createProcessIo, exitOnUncaught } = await import('./commands/process-io.js')
exitOnUncaught()
process.exit(await dispatch(process.argv.slice(2), createProcessIo()))
