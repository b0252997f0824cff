// Opens the reporting thread as the options say: for the process that owns the sinks and the admin port.
import { MirrorwafError } from './errors.js'
import { toListenAddress } from './listen-address.js'
import type { Instruments } from './observe/instruments.js'
import type { Log } from './observe/log.js'
import { formatAddress } from './options/kinds/address.js'
import { parseCoverageSource } from './options/kinds/coverage-source.js'
import type { ServeOptions } from './options/serve-options.js'
import { parseSinkSpec } from './sinks/parse-sink-spec.js'
import { type Reporter, startReporter } from './sinks/reporter.js'
import type { Delivery, SinkSpec } from './sinks/sink-spec.js'
import type { DeskSettings, UiDeskSettings } from './ui/event-desk.js'

/**
 * Starts the thread with its sinks and its admin port.
 * @throws as `startReporter`.
 */
export function openReporter(options: ServeOptions, log: Log, instruments: Instruments): Promise<Reporter> {
  const admin = options.admin === 'off' ? undefined : toListenAddress(options.admin)
  return startReporter({
    sinks: options.events.map((text) => limitTraces(parseSinkSpec(text), options.datadogEventLimitCount)),
    datadog: {
      agentUrl: options.datadogAgentUrl,
      agentHost: options.datadogAgentHost,
      agentPort: options.datadogAgentPort,
      service: options.service,
      env: options.env,
      version: options.version,
      tags: options.datadogTags,
      isStandalone: !options.apmTracing,
    },
    sinkQueueLimitBytes: options.sinkQueueLimitBytes,
    isColoured: process.stdout.isTTY === true,
    identity: { service: options.service, env: options.env, version: options.version },
    admin: admin?.kind === 'tcp' ? { host: admin.host, port: admin.port } : undefined,
    desk: deskSettings(options),
    instruments,
    coverage: {
      sources: options.coverageSources.flatMap((text) => parseCoverageSource(text) ?? []),
      intervalMs: options.coverageIntervalMs,
    },
    onCoverage: ({ source, isUp, reason }) =>
      isUp
        ? log.coded('info', 'MWAF_COVERAGE_SOURCE_BACK', { source })
        : log.coded('warn', 'MWAF_COVERAGE_SOURCE', { source, reason }),
    onNotice: ({ level, code, details }) => log.coded(level, code, details),
    onFailure: (error) => log.fault(error),
  })
}

/** Where a reporter's page can be seen, as text. */
export function describePage({ uiAddress }: Reporter): string | undefined {
  return uiAddress === undefined ? undefined : `http://${formatAddress({ kind: 'tcp', ...uiAddress })}`
}

/** Where a reporter's admin port can be reached, as text. */
export function describeAdmin({ adminAddress }: Reporter): string | undefined {
  return adminAddress === undefined ? undefined : formatAddress({ kind: 'tcp', ...adminAddress })
}

/** Without a file and without a page nobody would look at what is kept. */
function deskSettings(options: ServeOptions): DeskSettings | undefined {
  const ui = uiSettings(options)
  if (ui === undefined && options.store === '') return undefined
  const { store, storeLimitBytes, storeAgeMs, sinkQueueLimitBytes } = options
  return { storePath: store, storeLimitBytes, storeAgeMs, queueLimitBytes: sinkQueueLimitBytes, ui }
}

function uiSettings({ ui, uiHosts, uiTokenFile, rules }: ServeOptions): UiDeskSettings | undefined {
  if (ui === 'off') return undefined
  const address = toListenAddress(ui)
  if (address.kind === 'tcp') return { address, hosts: uiHosts, tokenFile: uiTokenFile, rules }
  const reason = 'browsers cannot ask a unix socket'
  throw new MirrorwafError('MWAF_LISTENER_ADDRESS', { address: ui, reason, option: '--ui' })
}

/** Datadog's tracers limit events by themselves; a rate in the target's own options goes before that. */
function limitTraces(spec: SinkSpec, eventCount: number): SinkSpec {
  if (spec.kind !== 'datadog' || spec.delivery?.rate !== undefined) return spec
  const delivery: Delivery = spec.delivery ?? { minSeverity: 'info', types: [], sampleRatio: 1, rate: undefined }
  return { ...spec, delivery: { ...delivery, rate: { eventCount, periodMs: 1000 } } }
}
