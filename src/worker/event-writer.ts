// Puts together what turns a matched request into the bytes of its event: redaction, ids, host and client chain, encoder.
// Wiring of the worker thread for src/verdict; runs for matched requests only.
import { webcrypto } from 'node:crypto'
import type { RecordReader } from '../batch/record-reader.js'
import type { Engine } from '../engine/engine.js'
import { defaultObfuscationRegex } from '../options/obfuscation-defaults.js'
import { clientChain } from '../request/client-ip.js'
import { requestHost } from '../request/host.js'
import { prepareWalkSettings } from '../request/walk-settings.js'
import { buildEvent, type EventContext } from '../verdict/build-event.js'
import { encodeEvent } from '../verdict/encode-event.js'
import { createEventIdSource } from '../verdict/event-id.js'
import { readRecordFields } from '../verdict/record-fields.js'
import { createRedaction } from '../verdict/redact.js'
import { listReportedHeaders } from '../verdict/reported-headers.js'
import type { Inspection } from './inspector.js'
import type { InspectionSettings } from './messages.js'

export interface EventWriter {
  /**
   * @param record - open on the matched request.
   * @returns one JSON line of at most 64 KiB, its line end included, in new bytes.
   */
  write(record: RecordReader, inspection: Inspection, queueUs: number, inspectUs: number): Uint8Array
}

/** @throws MirrorwafError `MWAF_REDACTION_PATTERN` for an expression that cannot be used outside the engine. */
export function createEventWriter(settings: InspectionSettings, engine: Engine): EventWriter {
  const { clientIpHeaders } = prepareWalkSettings(settings)
  const context = createContext(settings, engine, clientIpHeaders)
  return {
    write(record, inspection, queueUs, inspectUs) {
      const { host, hostRaw } = requestHost(record, settings.shadowSuffix)
      const event = buildEvent(
        {
          record: readRecordFields(record),
          host,
          hostRaw,
          bodyInspectedBytes: inspection.body.inspectedBytes,
          bodyType: inspection.body.type,
          clientIp: inspection.clientIp,
          clientChain: clientChain(record),
          matches: inspection.matches,
          flags: {
            truncated: inspection.isTruncated,
            aborted: inspection.isAborted,
            timedOut: inspection.isTimedOut,
          },
          queueUs: Math.round(queueUs),
          inspectUs: Math.round(inspectUs),
        },
        context,
      )
      return encodeEvent(event)
    },
  }
}

function createContext(settings: InspectionSettings, engine: Engine, clientIpHeaders: readonly string[]): EventContext {
  const { obfuscationKeyRegex, obfuscationValueRegex, service, env, version } = settings
  const defaultValueRegex = defaultObfuscationRegex('DD_APPSEC_OBFUSCATION_PARAMETER_VALUE_REGEXP')
  const patterns = {
    keyRegex: obfuscationKeyRegex,
    valueRegex: obfuscationValueRegex,
    isValueRegexDefault: obfuscationValueRegex === defaultValueRegex,
  }
  return {
    service,
    env,
    version,
    engine: { name: engine.name, version: engine.version, rulesVersion: engine.rulesVersion },
    reportedHeaders: listReportedHeaders(clientIpHeaders),
    redact: createRedaction(patterns, () => performance.now()),
    nextId: createEventIdSource((bytes) => webcrypto.getRandomValues(bytes)),
  }
}
