// `mirrorwaf rules`: what the engine makes of a ruleset, for a person or as JSON.

import { readRuleset } from '../engine/ruleset.js'
import { diagnoseRuleset } from '../engine/ruleset-diagnostics.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { type CommandGrammar, type ConfigOption, configRow, loadOptions } from '../options/load.js'
import { type OptionTable, rowsOf } from '../options/option-spec.js'
import { serveTable } from '../options/serve-table.js'
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'
import { type OutputFormat, outputRow } from './output-option.js'
import { renderRulesJson, renderRulesText } from './rules-render.js'

const summary = 'Show the ruleset: versions, rules loaded, failed and skipped, and those that can never fire.'

export const rulesCommand: Command = {
  name: 'rules',
  summary,
  async run(argv, io) {
    const loaded = await loadOptions(rulesGrammar, argv, io.environment)
    if (loaded.asksForHelp) {
      await io.print(renderRulesHelp())
      return 0
    }
    refuseArguments(loaded.positionals)
    for (const warning of loaded.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    const diagnostics = diagnoseRuleset(await readRuleset(loaded.receiver.options.rules))
    const isJson = loaded.own.output === 'json'
    await io.print(isJson ? renderRulesJson(diagnostics) : renderRulesText(diagnostics))
    const isUsable = diagnostics.loadedCount > 0 && diagnostics.documents.every(({ isAccepted }) => isAccepted)
    return isUsable ? 0 : 1
  },
}

interface RulesOptions extends ConfigOption {
  readonly output: OutputFormat
}

const rulesTable: OptionTable<RulesOptions> = { config: configRow, output: outputRow }

const rulesGrammar: CommandGrammar<RulesOptions> = {
  name: 'rules',
  own: rulesTable,
  scopes: new Set(['ruleset']),
  receiver: serveTable,
}

function renderRulesHelp(): string {
  const receiverRows = rowsOf(serveTable).filter(({ scope }) => rulesGrammar.scopes.has(scope))
  const usage = ['mirrorwaf rules [--rules FILE] [--output text|json]']
  return renderHelp(usage, summary, [...toAnyRows(rowsOf(rulesTable)), ...toAnyRows(receiverRows)])
}
