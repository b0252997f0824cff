// `mirrorwaf serve`: resolves and checks the options, then hands over to the pipeline. Thin.
import { createEngine } from '../engine/ddwaf.js'
import { readRuleset } from '../engine/ruleset.js'
import { MirrorwafError } from '../errors.js'
import { readTlsMaterial } from '../listener/tls-material.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { single } from '../options/kinds/option-kind.js'
import { yesOrNo } from '../options/kinds/scalars.js'
import { type CommandGrammar, type ConfigOption, configRow, loadOptions } from '../options/load.js'
import { type OptionTable, rowsOf } from '../options/option-spec.js'
import { renderConfig } from '../options/print-config.js'
import type { ServeOptions } from '../options/serve-options.js'
import { serveTable } from '../options/serve-table.js'
import { parseSinkSpec } from '../sinks/parse-sink-spec.js'
import { refuseArguments } from './arguments.js'
import type { Command, CommandIo } from './command.js'

const summary = 'Receive mirrored requests and report attacks.'

export const serveCommand: Command = {
  name: 'serve',
  summary,
  async run(argv, io) {
    const loaded = await loadOptions(serveGrammar, argv, io.environment)
    if (loaded.asksForHelp) {
      await io.print(renderServeHelp())
      return 0
    }
    refuseArguments(loaded.positionals)
    // Before anything is said: a target that is refused for its password must not be repeated in a warning.
    for (const target of loaded.receiver.options.events) parseSinkSpec(target)
    for (const warning of loaded.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    const { options } = loaded.receiver
    if (loaded.own.printConfig) await io.print(renderConfig(serveTable, loaded.receiver))
    if (loaded.own.printConfig && !loaded.own.check) return 0
    refuseDisabled(options, io)
    if (loaded.own.check) {
      await io.print(await checkStart(options))
      return 0
    }
    const { runReceiver } = await import('./run-receiver.js')
    return runReceiver(options, io)
  },
}

/** Options of the command itself. */
export interface ServeCommandOptions extends ConfigOption {
  readonly check: boolean
  readonly printConfig: boolean
}

/** Rows of `serve` that are no options of the receiver; for the README's table. */
export const serveCommandTable: OptionTable<ServeCommandOptions> = {
  config: configRow,
  check: {
    kind: single(yesOrNo, 'switch'),
    flag: 'check',
    environment: undefined,
    group: 'Command',
    scope: 'command',
    default: () => false,
    doc: 'Validate configuration and rules, then exit.',
  },
  printConfig: {
    kind: single(yesOrNo, 'switch'),
    flag: 'print-config',
    environment: undefined,
    group: 'Command',
    scope: 'command',
    default: () => false,
    doc: 'Print the resolved configuration with the source of each value, then exit.',
  },
}

const serveGrammar: CommandGrammar<ServeCommandOptions> = {
  name: 'serve',
  own: serveCommandTable,
  scopes: new Set(['ruleset', 'inspection', 'receiver']),
  receiver: serveTable,
}

/** Reads what a start reads and builds the engine once, as each worker will. */
async function checkStart(options: ServeOptions): Promise<string> {
  readTlsMaterial(options)
  const engine = createEngine(await readRuleset(options.rules), options)
  engine.dispose()
  return `mirrorwaf: configuration and rules are valid (${engine.name} ${engine.version}, rules ${engine.rulesVersion || 'without a version'})\n`
}

function refuseDisabled(options: ServeOptions, io: CommandIo): void {
  if (options.appsecEnabled) return
  const { DD_APPSEC_ENABLED } = io.environment
  throw new MirrorwafError('MWAF_APPSEC_DISABLED', { value: DD_APPSEC_ENABLED ?? 'false' })
}

function renderServeHelp(): string {
  const usage = ['mirrorwaf serve [OPTIONS]', 'mirrorwaf serve --check | --print-config [OPTIONS]']
  const precedence = 'A flag wins over MIRRORWAF_*, that over DD_*, that over the configuration file.'
  return renderHelp(usage, `${summary} ${precedence}`, [
    ...toAnyRows(rowsOf(serveCommandTable)),
    ...toAnyRows(rowsOf(serveTable)),
  ])
}
