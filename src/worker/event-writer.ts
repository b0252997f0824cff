// Turns the inspection of a record into the bytes of its event.
// Stage: [worker] -> sinks. Runs for matched requests, and for those that are reported without having matched.
import { webcrypto } from 'node:crypto'
import type { RecordReader } from '../batch/record-reader.js'
import type { Engine } from '../engine/engine.js'
import { ClientIpFinder, clientChain } from '../request/client-ip.js'
import { endpointOf } from '../request/endpoint.js'
import { HeaderNames } from '../request/header-names.js'
import { requestHost } from '../request/host.js'
import { prepareWalkSettings } from '../request/walk-settings.js'
import { buildEvent, type EventContext } from '../verdict/build-event.js'
import { encodeEvent } from '../verdict/encode-event.js'
import type { SecurityEvent } from '../verdict/event.js'
import { createEventIdSource } from '../verdict/event-id.js'
import { compileJsonPaths } from '../verdict/json-paths.js'
import { readRecordFields } from '../verdict/record-fields.js'
import { createRedaction } from '../verdict/redact.js'
import { listReadHeaders, listReportedHeaders } from '../verdict/reported-headers.js'
import type { Inspection } from './inspection.js'
import type { InspectionSettings } from './messages.js'
import { threadCpuUs } from './thread-clock.js'

/** Builds and encodes events; one per thread. */
export class EventWriter {
  readonly #settings: InspectionSettings
  readonly #context: EventContext
  readonly #clientIp: ClientIpFinder
  readonly #headerNames: HeaderNames

  /** @throws MirrorwafError `MWAF_REDACTION_PATTERN` for a pattern that cannot be used. */
  constructor(settings: InspectionSettings, engine: Engine) {
    const walkSettings = prepareWalkSettings(settings)
    this.#settings = settings
    this.#clientIp = new ClientIpFinder(walkSettings)
    const reportedHeaders = listReportedHeaders(walkSettings.clientIpHeaders)
    this.#headerNames = new HeaderNames(listReadHeaders(reportedHeaders))
    this.#context = {
      service: settings.service,
      env: settings.env,
      version: settings.version,
      engine,
      reportedHeaders,
      redact: createRedaction(
        settings.redaction,
        () => threadCpuUs() / 1000,
        () => performance.now(),
      ),
      isSecretPath: compileJsonPaths(settings.redaction.jsonPaths ?? []),
      nextId: createEventIdSource((bytes) => webcrypto.getRandomValues(bytes)),
    }
  }

  /** @returns the event of a record; nothing in it refers to the record's bytes. */
  build(record: RecordReader, inspection: Inspection, queueUs: number, inspectUs: number): SecurityEvent {
    return buildEvent(
      {
        record: readRecordFields(record, this.#headerNames),
        ...requestHost(record, this.#settings.shadowSuffix),
        bodyInspectedBytes: inspection.body.inspectedBytes,
        bodyType: inspection.body.type,
        bodyFault: inspection.body.fault ?? null,
        clientIp: inspection.clientIp ?? this.#findClientIp(record),
        clientChain: clientChain(record),
        matches: inspection.matches,
        flags: {
          truncated: inspection.isTruncated,
          aborted: inspection.isAborted,
          timedOut: inspection.isTimedOut,
        },
        outcome: inspection.outcome,
        endpoint: endpointOf(record.bytes, record.targetStart, record.targetEnd),
        work: inspection,
        queueUs: Math.round(queueUs),
        inspectUs: Math.round(inspectUs),
      },
      this.#context,
    )
  }

  /** Known already where the engine ran: the rules are given it. */
  #findClientIp(record: RecordReader): string | null {
    return this.#clientIp.find(record) ? this.#clientIp.address.toString() : null
  }

  /** @returns the event as one JSON line, line end included. */
  write(record: RecordReader, inspection: Inspection, queueUs: number, inspectUs: number): Uint8Array {
    return encodeEvent(this.build(record, inspection, queueUs, inspectUs))
  }
}
