// `mirrorwaf rules`: what the engine makes of a ruleset, for a person or as JSON.

import { engineVersion } from '../engine/ddwaf.js'
import { parseRulesetDocument, type RulesetSource, readRuleset } from '../engine/ruleset.js'
import { diagnoseRuleset } from '../engine/ruleset-diagnostics.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { single } from '../options/kinds/option-kind.js'
import { yesOrNo } from '../options/kinds/scalars.js'
import { type CommandGrammar, type ConfigOption, configRow, loadOptions } from '../options/load.js'
import { type OptionTable, rowsOf } from '../options/option-spec.js'
import { serveTable } from '../options/serve-table.js'
import { compilePrefilter } from '../prefilter/compile-ruleset.js'
import { visible } from '../visible.js'
import { refuseArguments } from './arguments.js'
import type { Command, CommandIo, ExitCode } from './command.js'
import { type OutputFormat, outputRow } from './output-option.js'
import { renderExplanationsJson, renderExplanationsText, selectExplanations } from './rules-explain.js'
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
    if (!loaded.own.explain) refuseArguments(loaded.positionals)
    for (const warning of loaded.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    const isJson = loaded.own.output === 'json'
    const source = await readRuleset(loaded.receiver.options.rules)
    if (loaded.own.explain) return explain(source, loaded.positionals, isJson, io)
    const diagnostics = diagnoseRuleset(source)
    await io.print(isJson ? renderRulesJson(diagnostics) : renderRulesText(diagnostics))
    const isUsable = diagnostics.loadedCount > 0 && diagnostics.documents.every(({ isAccepted }) => isAccepted)
    return isUsable ? 0 : 1
  },
}

/** Shows what the prefilter makes of all rules, or of those named. */
async function explain(
  source: RulesetSource,
  ruleIds: readonly string[],
  isJson: boolean,
  io: CommandIo,
): Promise<ExitCode> {
  const compiled = compilePrefilter(source.documents.map(parseRulesetDocument), engineVersion())
  const { found, unknown } = selectExplanations(compiled, ruleIds)
  for (const id of unknown) io.report(`mirrorwaf: the ruleset has no rule ${visible(id)}\n`)
  await io.print(isJson ? renderExplanationsJson(compiled, found) : renderExplanationsText(compiled, found))
  return unknown.length === 0 ? 0 : 1
}

interface RulesOptions extends ConfigOption {
  readonly explain: boolean
  readonly output: OutputFormat
}

const rulesTable: OptionTable<RulesOptions> = {
  config: configRow,
  output: outputRow,
  explain: {
    kind: single(yesOrNo, 'switch'),
    flag: 'explain',
    environment: undefined,
    group: 'Command',
    scope: 'command',
    default: () => false,
    doc: 'Show what the prefilter makes of each rule, or of the rules named after it.',
  },
}

const rulesGrammar: CommandGrammar<RulesOptions> = {
  name: 'rules',
  own: rulesTable,
  scopes: new Set(['ruleset']),
  receiver: serveTable,
}

function renderRulesHelp(): string {
  const receiverRows = rowsOf(serveTable).filter(({ scope }) => rulesGrammar.scopes.has(scope))
  const usage = ['mirrorwaf rules [--rules FILE] [--output text|json]', 'mirrorwaf rules --explain [RULE…]']
  return renderHelp(usage, summary, [...toAnyRows(rowsOf(rulesTable)), ...toAnyRows(receiverRows)])
}
