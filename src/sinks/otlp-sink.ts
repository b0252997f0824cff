// Events as OTLP log records over HTTP with protobuf, by OpenTelemetry's own packages. Loaded only when configured.
// Their batch processor would queue and drop on its own; here each block is one export, so that queue, retry and counts are the
// lane's as with every other sink.
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { MirrorwafError, reasonOf } from '../errors.js'
import { packageVersion } from '../package-version.js'
import { describeResource, type ServiceIdentity } from '../service-identity.js'
import { toLogRecord } from './otlp-record.js'
import { readEvents } from './read-event.js'
import type { EventBlock, Sink, WriteResult } from './sink.js'
import { readHeaders, readTlsFiles, type TlsMaterial } from './sink-files.js'
import type { OtlpSpec } from './sink-spec.js'

/** Some hundred records; collectors take 4 MiB and more. */
const batchLimitBytes = 512 * 1024

export class OtlpSink implements Sink {
  readonly name: string
  readonly batchLimitBytes: number = batchLimitBytes
  readonly #spec: OtlpSpec
  readonly #identity: ServiceIdentity
  readonly #gathered = new GatheringProcessor()
  #provider: LoggerProvider | undefined
  #exporter: OTLPLogExporter | undefined

  constructor(spec: OtlpSpec, identity: ServiceIdentity) {
    this.#spec = spec
    this.#identity = identity
    this.name = `otlp:${spec.url}`
  }

  async open(): Promise<void> {
    const { headerFile, tls } = this.#spec
    try {
      const material = { headers: await readHeaders(headerFile), tls: await readTlsFiles(tls) }
      this.#exporter = new OTLPLogExporter(describeExporter(this.#spec, material))
    } catch (thrown) {
      throw new MirrorwafError('MWAF_SINK_TARGET', { target: this.name, reason: reasonOf(thrown) }, thrown)
    }
    this.#provider = new LoggerProvider({
      resource: resourceFromAttributes(describeResource(this.#identity)),
      processors: [this.#gathered],
    })
  }

  async write({ lines }: EventBlock): Promise<WriteResult> {
    const logger = this.#provider?.getLogger('mirrorwaf', packageVersion())
    if (logger === undefined || this.#exporter === undefined) {
      return { kind: 'retry', detail: 'it is closed', retryAfterMs: undefined }
    }
    for (const event of readEvents(lines)) logger.emit(toLogRecord(event))
    const fault = await exportAll(this.#exporter, this.#gathered.take())
    return fault === undefined ? { kind: 'written' } : judgeFault(fault)
  }

  async reopen(): Promise<void> {}

  async close(): Promise<void> {
    const exporter = this.#exporter
    this.#exporter = undefined
    await exporter?.shutdown().catch(() => undefined)
  }
}

type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPLogExporter>[0]>

/** What is given here wins over OTEL_* variables: our own options decide where events go. */
function describeExporter(
  { url, isGzip, timeoutMs }: OtlpSpec,
  { headers, tls }: { readonly headers: Record<string, string>; readonly tls: TlsMaterial },
): ExporterConfig {
  const algorithm: string = isGzip ? 'gzip' : 'none'
  return {
    url: `${url}/v1/logs`,
    headers,
    timeoutMillis: timeoutMs,
    // An enum of a package that the exporter does not hand on; its values are these words.
    compression: algorithm as NonNullable<ExporterConfig['compression']>,
    httpAgentOptions: { keepAlive: true, ...tls },
  }
}

/** Keeps what the logger made of the events of one block. */
class GatheringProcessor implements LogRecordProcessor {
  #records: ReadableLogRecord[] = []

  onEmit(record: ReadableLogRecord): void {
    this.#records.push(record)
  }

  take(): ReadableLogRecord[] {
    return this.#records.splice(0)
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** @returns the fault, if any; never rejects. */
function exportAll(exporter: OTLPLogExporter, records: ReadableLogRecord[]): Promise<Error | undefined> {
  return new Promise((resolve) => {
    exporter.export(records, ({ code, error }) => {
      resolve(code === 0 ? undefined : (error ?? new Error('the exporter gave no reason')))
    })
  })
}

/** The exporter has tried again by itself where OTLP says so; what it gives up with another 4xx is a no. */
function judgeFault(fault: Error): WriteResult {
  const status = 'code' in fault && typeof fault.code === 'number' ? fault.code : 0
  const detail = status === 0 ? reasonOf(fault) : `it answered ${status}: ${reasonOf(fault)}`
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) {
    return { kind: 'failed', reason: 'rejected', writtenEvents: 0, detail, retryAfterMs: 0 }
  }
  return { kind: 'retry', detail, retryAfterMs: undefined }
}
