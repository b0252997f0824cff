// Opens the reporting thread as the options say: for the process that owns the sinks and the admin port.
import { toListenAddress } from './listen-address.js'
import type { Instruments } from './observe/instruments.js'
import type { Log } from './observe/log.js'
import { formatAddress } from './options/kinds/address.js'
import type { ServeOptions } from './options/serve-options.js'
import { type Reporter, startReporter } from './sinks/reporter.js'
import { parseSinkSpec } from './sinks/sink-spec.js'

/**
 * Starts the thread with its sinks and its admin port.
 * @throws as `startReporter`.
 */
export function openReporter(options: ServeOptions, log: Log, instruments: Instruments): Promise<Reporter> {
  const admin = options.admin === 'off' ? undefined : toListenAddress(options.admin)
  return startReporter({
    sinks: options.events.map(parseSinkSpec),
    datadog: {
      agentUrl: options.datadogAgentUrl,
      agentHost: options.datadogAgentHost,
      agentPort: options.datadogAgentPort,
      service: options.service,
      env: options.env,
      version: options.version,
      tags: options.datadogTags,
      isStandalone: !options.apmTracing,
      eventLimitCount: options.datadogEventLimitCount,
    },
    sinkQueueLimitBytes: options.sinkQueueLimitBytes,
    isColoured: process.stdout.isTTY === true,
    admin: admin?.kind === 'tcp' ? { host: admin.host, port: admin.port } : undefined,
    instruments,
    onNotice: ({ level, code, details }) => log.coded(level, code, details),
    onFailure: (error) => log.fault(error),
  })
}

/** Where a reporter's admin port can be reached, as text. */
export function describeAdmin({ adminAddress }: Reporter): string | undefined {
  return adminAddress === undefined ? undefined : formatAddress({ kind: 'tcp', ...adminAddress })
}
