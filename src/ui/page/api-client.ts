// Asks the page's server. What comes back is of this program's own making; its types are the contract in api-types.ts.
import type { CountsAnswer, EventDetail, ExclusionAnswer, PreviewAnswer, SearchAnswer } from './api-types.js'

/** What a question may be about; empty values are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

export function askCounts(rangeMs: number): Promise<CountsAnswer> {
  return ask<CountsAnswer>('counts', { range: rangeMs })
}

export function askEvents(query: Query, signal: AbortSignal): Promise<SearchAnswer> {
  return ask<SearchAnswer>('events', query, signal)
}

export function askEvent(id: number, signal: AbortSignal): Promise<EventDetail> {
  return ask<EventDetail>(`events/${id}`, {}, signal)
}

export function askExclusion(id: number, query: Query, signal: AbortSignal): Promise<ExclusionAnswer> {
  return ask<ExclusionAnswer>(`events/${id}/exclusion`, query, signal)
}

export function askPreview(id: number, query: Query, signal: AbortSignal): Promise<PreviewAnswer> {
  return ask<PreviewAnswer>(`events/${id}/preview`, query, signal)
}

/** Whether a fault only says that nobody waits for the answer any more. */
export function isAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError'
}

/** What to tell about a fault. */
export function faultText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

async function ask<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const parameters = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  const response = await fetch(`/api/${path}?${parameters}`, {
    headers: { accept: 'application/json' },
    signal: signal ?? null,
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(String(answer?.error ?? response.status))
  return answer
}
