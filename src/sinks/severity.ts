// How bad an event is. Datadog's rules say what they look for and how sure they are, not how bad it is; this says it from both.
import type { SecurityEvent } from '../verdict/event.js'

/** From the least. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** Types whose success gives the attacker the machine or its data. */
const criticalTypes: ReadonlySet<string> = new Set([
  'command_injection',
  'java_code_injection',
  'js_code_injection',
  'nosql_injection',
  'php_code_injection',
  'sql_injection',
  'unrestricted_file_upload',
])
/** Somebody looks around: of note, no attack yet. */
const lowTypes: ReadonlySet<string> = new Set([
  'attack_tool',
  'commercial_scanner',
  'http_protocol_violation',
  'security_scanner',
])

/** The worst of an event's rules. */
export function severityOf(event: SecurityEvent): Severity {
  const ranks = event.matches.map(({ rule }) => severities.indexOf(severityOfRule(rule.tags)))
  return severities[Math.max(0, ...ranks)] ?? 'info'
}

/**
 * A tag `severity` of the rule wins. Else: what a scanner does is `low` (`info` when the rule is not sure), other attacks are
 * `high`, those in `criticalTypes` `critical`; a rule that is not sure of itself (`confidence` is not 1) counts one step less.
 */
export function severityOfRule(tags: Readonly<Record<string, string>>): Severity {
  const { severity, type = '', confidence } = tags
  const stated = severities.find((name) => name === severity?.toLowerCase())
  if (stated !== undefined) return stated
  const isSure = confidence === '1'
  if (lowTypes.has(type)) return isSure ? 'low' : 'info'
  if (criticalTypes.has(type)) return isSure ? 'critical' : 'high'
  return isSure ? 'high' : 'medium'
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least)
}
