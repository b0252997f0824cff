// `mirrorwaf gateway`: a small API gateway that mirrors to the receiver. Thin: options, start, drain.
import { checkGatewayOptions, type GatewayOptions, gatewayTable } from '../gateway/gateway-options.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { configRow, loadTable } from '../options/load.js'
import { rowsOf } from '../options/option-spec.js'
import { refuseArguments } from './arguments.js'
import type { Command, CommandIo, ExitCode } from './command.js'
import { untilSignal } from './until-signal.js'

const summary = 'Be the API gateway: route requests to services and mirror them to the receiver.'
/** Time for the last log lines at the end. */
const logFlushMs = 500

export const gatewayCommand: Command = {
  name: 'gateway',
  summary,
  async run(argv, io) {
    const loaded = await loadTable('gateway', gatewayTable, argv, io.environment, 'MIRRORWAF_GATEWAY_')
    if (loaded.asksForHelp) {
      await io.print(renderGatewayHelp())
      return 0
    }
    refuseArguments(loaded.positionals)
    for (const warning of loaded.resolved.warnings) io.report(`mirrorwaf: warning: ${warning}\n`)
    checkGatewayOptions(loaded.resolved.options)
    return runGateway(loaded.resolved.options, io)
  },
}

async function runGateway(options: GatewayOptions, io: CommandIo): Promise<ExitCode> {
  // Imported late: `--help` and a wrong option need neither sockets nor a client.
  const { createLog } = await import('../observe/log.js')
  const { startGateway } = await import('../gateway/gateway.js')
  const log = createLog({ level: options.logLevel })
  // Before it is ready: whoever sees it ready may send a signal at once, and Node's own answer is to end.
  const isOver = untilSignal()
  const gateway = await startGateway(options, log)
  io.report(renderBanner(gateway.address, gateway.adminAddress, options))
  await isOver
  log.info('draining')
  await gateway.stop()
  log.info('stopped')
  await log.flush(logFlushMs)
  return 0
}

function renderBanner(address: string, adminAddress: string, { routes, mirror }: GatewayOptions): string {
  const mirrored = mirror === 'off' ? 'mirrors nothing' : `mirrors to ${mirror}`
  const admin = adminAddress === '' ? '' : `; admin on ${adminAddress}`
  const shown = routes.length === 0 ? ['none: every request is answered 404. Give --route /=http://HOST:PORT.'] : routes
  return [`mirrorwaf gateway listens on ${address}; ${mirrored}${admin}; routes:`, ...shown].join('\n  ').concat('\n')
}

function renderGatewayHelp(): string {
  const usage = [
    'mirrorwaf gateway --route /users/=http://127.0.0.1:9001 --mirror 127.0.0.1:8080 [OPTIONS]',
    'mirrorwaf gateway --config gateway.yaml',
  ]
  const rows = [...toAnyRows([{ ...configRow, environment: undefined }]), ...toAnyRows(rowsOf(gatewayTable))]
  return renderHelp(usage, summary, rows)
}
