// One syslog message (RFC 5424) in its frame (RFC 6587 3.4.1, octet counting; the same in RFC 5425).
import type { Severity } from './severity.js'

/** RFC 5424 table 2; `emergency` and `alert` would call people out of bed for one request. */
const severityCodes: Readonly<Record<Severity, number>> = { critical: 2, high: 3, medium: 4, low: 5, info: 6 }

export interface SyslogOrigin {
  readonly facility: number
  readonly hostname: string
  readonly processId: number
}

/**
 * @param timestamp - RFC 3339 with milliseconds, as in events.
 * @param text - the message; no byte order mark is put before it, because JSON readers take none.
 */
export function frameSyslog(origin: SyslogOrigin, severity: Severity, timestamp: string, text: string): Buffer {
  const priority = origin.facility * 8 + severityCodes[severity]
  const header = `<${priority}>1 ${timestamp} ${origin.hostname} mirrorwaf ${origin.processId} event -`
  const message = Buffer.from(`${header} ${text}`)
  return Buffer.concat([Buffer.from(`${message.byteLength} `), message])
}

/** A host name as the header takes it: printable ASCII, at most 255. */
export function syslogHostname(name: string): string {
  const shown = name.replace(/[^\x21-\x7e]/g, '').slice(0, 255)
  return shown === '' ? '-' : shown
}
