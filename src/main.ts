#!/usr/bin/env node
// Process entry: runs the command and exits with its code. Everything else is in src/commands.
import { dispatch } from './commands/dispatch.js'
import { createProcessIo, exitOnUncaught } from './commands/process-io.js'

exitOnUncaught()
process.exit(await dispatch(process.argv.slice(2), createProcessIo()))
