// ArcSight Common Event Format, version 0: one line of text, fields named by its dictionary, the rest in labelled custom fields.
import type { SecurityEvent } from '../../verdict/event.js'
import { visible } from '../../visible.js'
import { severities, severityOf } from '../severity.js'
import { attackTypes, countOf, product, ruleIds, ruleNames, splitHost, targetOf } from './event-summary.js'

/** By position in `severities`, on CEF's scale of 0 to 10. */
const cefSeverities = [1, 3, 5, 8, 10] as const
/** The dictionary's own limits; a longer text is cut by receivers without saying so. */
const limits = { short: 1023, long: 4000 } as const

export function toCef(event: SecurityEvent): string {
  const rank = severities.indexOf(severityOf(event))
  const header = [
    'CEF:0',
    escapeHeader(product.vendor),
    escapeHeader(product.name),
    escapeHeader(event.engine.rules_version),
    escapeHeader(ruleIds(event)[0] ?? 'unknown'),
    escapeHeader(ruleNames(event)[0] ?? 'Attack'),
    String(cefSeverities[rank] ?? cefSeverities[0]),
  ]
  const fields = fieldsOf(event).flatMap(([name, value]) => (value === '' ? [] : `${name}=${escapeValue(value)}`))
  return `${header.join('|')}|${fields.join(' ')}`
}

type Field = readonly [name: string, value: string]

function fieldsOf(event: SecurityEvent): readonly Field[] {
  const { client, request, folded, matches } = event
  const [condition] = matches[0]?.matches ?? []
  const host = splitHost(request.host)
  return [
    ['rt', String(Date.parse(event.timestamp))],
    ['start', folded === undefined ? '' : String(Date.parse(folded.first))],
    ['end', folded === undefined ? '' : String(Date.parse(folded.last))],
    ['externalId', event.event_id],
    ['cat', attackTypes(event).join(',')],
    // Nothing was stopped: the original request went its way.
    ['act', 'detected'],
    ['cnt', String(countOf(event))],
    ...addressFields(client.ip),
    ['app', 'HTTP'],
    ['dhost', cut(host.name, limits.short)],
    ['dpt', host.port === undefined ? '' : String(host.port)],
    ['dvchost', event.service],
    ['requestMethod', cut(request.method, limits.short)],
    ['request', cut(targetOf(event), limits.short)],
    ['requestClientApplication', cut(request.headers['user-agent'] ?? '', limits.short)],
    ['in', String(request.body.seen)],
    ['msg', condition === undefined ? '' : cut(condition.value, limits.short)],
    ...labelled('cs1', 'ruleIds', cut(ruleIds(event).join(','), limits.long)),
    ...labelled('cs2', 'address', condition === undefined ? '' : cut(placeOf(condition), limits.long)),
    ...labelled('cs3', 'traceId', request.trace_id ?? ''),
    ...labelled('cs4', 'requestId', request.request_id ?? ''),
    ...labelled('cs5', 'environment', event.env),
    ...labelled('cs6', 'peer', client.peer ?? ''),
  ]
}

function addressFields(ip: string | null): readonly Field[] {
  if (ip === null) return []
  // `src` takes IPv4 alone; IPv6 has a custom field of its own.
  return ip.includes(':') ? labelled('c6a2', 'Source IPv6 Address', ip) : [['src', ip]]
}

function labelled(name: string, label: string, value: string): readonly Field[] {
  return value === ''
    ? []
    : [
        [`${name}Label`, label],
        [name, value],
      ]
}

function placeOf({ address, key_path }: { readonly address: string; readonly key_path: readonly string[] }): string {
  return [address, ...key_path].join('.')
}

/** In UTF-16 units, between characters. */
function cut(text: string, limit: number): string {
  return text.length <= limit ? text : text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')
}

function escapeHeader(text: string): string {
  return visible(text.replace(/[\r\n]+/g, ' ')).replace(/[\\|]/g, '\\$&')
}

/** The format escapes no other control characters, unlike JSON: bare they drive terminals, and end lines for some readers. */
function escapeValue(text: string): string {
  const shown = text.replace(/[^\r\n]+/g, visible)
  return shown.replace(/[\\=]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}
