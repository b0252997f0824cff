// `mirrorwaf kong-plugin-server`: runs Kong's JavaScript plugin server and keeps it running. Thin.
import { type KongOptions, kongTable } from '../kong/kong-options.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { configRow, loadTable } from '../options/load.js'
import { rowsOf } from '../options/option-spec.js'
import { refuseArguments } from './arguments.js'
import type { Command, CommandIo, ExitCode } from './command.js'
import { untilSignal } from './until-signal.js'

const summary = 'Run the plugin server for Kong with mirrorwaf’s plugin, and keep it running.'
/** Time for the last log lines at the end. */
const logFlushMs = 500

export const kongPluginServerCommand: Command = {
  name: 'kong-plugin-server',
  summary,
  async run(argv, io) {
    const loaded = await loadTable('kong-plugin-server', kongTable, argv, io.environment, 'MIRRORWAF_KONG_')
    if (loaded.asksForHelp) {
      await io.print(renderKongHelp())
      return 0
    }
    refuseArguments(loaded.positionals)
    for (const warning of loaded.resolved.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    return runKongPluginServer(loaded.resolved.options, io)
  },
}

async function runKongPluginServer(options: KongOptions, io: CommandIo): Promise<ExitCode> {
  const { dumpPlugins, startKongPluginServer } = await import('../kong/plugin-server.js')
  const { PATH = '' } = io.environment
  if (options.dump) {
    await io.print(await dumpPlugins(options, PATH))
    return 0
  }
  const { createLog } = await import('../observe/log.js')
  const log = createLog({ level: options.logLevel })
  // Before it runs: see `mirrorwaf gateway`.
  const isOver = untilSignal()
  const running = await startKongPluginServer(options, PATH, log)
  io.report(`mirrorwaf runs Kong's plugin server for ${options.plugins.join(', ')} on ${options.socket}\n`)
  await isOver
  await running.stop()
  log.info('stopped')
  await log.flush(logFlushMs)
  return 0
}

function renderKongHelp(): string {
  const usage = [
    'mirrorwaf kong-plugin-server --plugins-dir FOLDER --plugins mirrorwaf [OPTIONS]',
    'mirrorwaf kong-plugin-server --plugins-dir FOLDER --plugins mirrorwaf --dump',
  ]
  const rows = [...toAnyRows([{ ...configRow, environment: undefined }]), ...toAnyRows(rowsOf(kongTable))]
  return renderHelp(usage, summary, rows)
}
