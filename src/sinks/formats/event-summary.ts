// What the formats for other products all need of an event.
import type { SecurityEvent } from '../../verdict/event.js'

/** Names this software in other products' terms. */
export const product = { vendor: 'mirrorwaf', name: 'mirrorwaf' } as const

/** Types of attack, each once, in order of the rules. */
export function attackTypes({ matches }: SecurityEvent): readonly string[] {
  return distinct(matches.flatMap(({ rule }) => rule.tags['type'] ?? []))
}

export function ruleIds({ matches }: SecurityEvent): readonly string[] {
  return distinct(matches.map(({ rule }) => rule.id))
}

export function ruleNames({ matches }: SecurityEvent): readonly string[] {
  return distinct(matches.map(({ rule }) => rule.name))
}

/** A sentence for a list of alerts. */
export function titleOf(event: SecurityEvent): string {
  const [first = 'Attack'] = ruleNames(event)
  const more = event.matches.length > 1 ? ` and ${event.matches.length - 1} more` : ''
  return `${first}${more} on ${event.request.method} ${event.request.host}${event.request.path}`
}

/** Path and query as one text. */
export function targetOf({ request }: SecurityEvent): string {
  return request.query === '' ? request.path : `${request.path}?${request.query}`
}

/** Host name and port of a Host header; the port only when it is one. */
export function splitHost(host: string): { readonly name: string; readonly port: number | undefined } {
  const [, name = host, digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host) ?? []
  return { name, port: digits === undefined ? undefined : Number(digits) }
}

/** How many events this one stands for. */
export function countOf({ folded }: SecurityEvent): number {
  return folded?.count ?? 1
}

/** Leaves out what is empty, so that a field is there only when it says something. */
export function withoutEmpty(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
