// Makes the sink that a specification describes. What only some sinks need is loaded only with them.
import { hostname } from 'node:os'
import type { ServiceIdentity } from '../service-identity.js'
import type { DatadogSettings } from './datadog/datadog-settings.js'
import { FileSink } from './file-sink.js'
import { inFormat } from './formatted-sink.js'
import type { Sink } from './sink.js'
import type { SinkSpec } from './sink-spec.js'
import { StdoutSink } from './stdout-sink.js'
import { syslogHostname } from './syslog-message.js'

export interface SinkSurroundings {
  /** Whether a terminal gets colours. */
  readonly isColoured: boolean
  readonly identity: ServiceIdentity
  readonly datadog: DatadogSettings
}

/** @returns a sink that is not open yet; `undefined` for `none`. */
export async function createSink(
  spec: SinkSpec,
  { isColoured, identity, datadog }: SinkSurroundings,
): Promise<Sink | undefined> {
  switch (spec.kind) {
    case 'none':
      return undefined
    case 'stdout':
      return inFormat(new StdoutSink(isColoured, spec.format === undefined), spec.format)
    case 'file':
      return inFormat(new FileSink(spec.path, () => performance.now()), spec.format)
    case 'http': {
      const { HttpSink } = await import('./http-sink.js')
      return inFormat(new HttpSink(spec, { wallClockMs: () => Date.now() }), spec.format)
    }
    case 'syslog': {
      const { SyslogSink } = await import('./syslog-sink.js')
      const origin = { facility: spec.facility, hostname: syslogHostname(hostname()), processId: process.pid }
      return new SyslogSink(spec, origin)
    }
    case 'kafka': {
      const { KafkaSink } = await import('./kafka-sink.js')
      return new KafkaSink(spec)
    }
    case 'otlp': {
      const { OtlpSink } = await import('./otlp-sink.js')
      return new OtlpSink(spec, identity)
    }
    case 'datadog': {
      const { DatadogSink } = await import('./datadog/datadog-sink.js')
      return new DatadogSink(spec.url, datadog)
    }
    default:
      return spec satisfies never
  }
}
