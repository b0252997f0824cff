// `mirrorwaf scan FILE...`: the receiver's inspection over recorded requests, without a server.
import { MirrorwafError } from '../errors.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { loadOptions } from '../options/load.js'
import { rowsOf } from '../options/option-spec.js'
import type { Command } from './command.js'
import { createInspector } from './scan/create-inspector.js'
import { scanGrammar, scanReceiverTable, scanTable } from './scan/scan-options.js'
import { runComparison, runScan } from './scan/scan-run.js'

const summary = 'Inspect recorded requests: raw HTTP/1.1, HAR files or access logs.'

export const scanCommand: Command = {
  name: 'scan',
  summary,
  async run(argv, io) {
    const loaded = await loadOptions(scanGrammar, argv, io.environment)
    if (loaded.asksForHelp) {
      await io.print(renderScanHelp())
      return 0
    }
    for (const warning of loaded.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    const files = loaded.positionals
    if (files.length === 0) {
      throw new MirrorwafError('MWAF_COMMAND_ARGUMENT', {
        argument: 'FILE',
        reason: 'at least one file is needed, - is stdin',
      })
    }
    const { own } = loaded
    const now = (): number => performance.now()
    const job = { files, own, options: loaded.receiver.options, createInspector, io, now }
    return own.baseline === '' ? runScan(job) : runComparison(job)
  },
}

function renderScanHelp(): string {
  const receiverRows = rowsOf(scanReceiverTable).filter(({ scope }) => scanGrammar.scopes.has(scope))
  const usage = ['mirrorwaf scan FILE... [OPTIONS]', 'mirrorwaf scan FILE... --baseline OLD.json --rules NEW.json']
  return renderHelp(usage, summary, [...toAnyRows(rowsOf(scanTable)), ...toAnyRows(receiverRows)])
}
