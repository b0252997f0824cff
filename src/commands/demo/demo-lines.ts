// What the demo shows: a line for each request that was answered and one for each event.
import type { SecurityEvent } from '../../verdict/event.js'
import { visible } from '../../visible.js'
import type { DemoRequest } from './demo-traffic.js'

/** A terminal's usual width: a line that breaks is no picture. */
const lineLimitChars = 100

/** @param durationMs - what the client waited. */
export function renderAnswered({ method, target }: DemoRequest, status: number, durationMs: number): string {
  const taken = `${status} in ${durationMs.toFixed(1)} ms`.padEnd(17)
  return `${clip(`  ${taken}${method.padEnd(5)}${decodeForReading(target)}`)}\n`
}

/** Two lines: the rule and the request, and where it matched what. */
export function renderEvent(event: SecurityEvent): string {
  const [match] = event.matches
  const [condition] = match?.matches ?? []
  const rule = `${match?.rule.id ?? ''} ${match?.rule.name ?? ''}`
  const place = [condition?.address ?? '', ...(condition?.key_path ?? [])].join('.')
  const what = clip(`       └ ${place}: ${condition?.value ?? ''}`)
  return `${clip(`  ATTACK ${rule} (${event.request.method} ${event.request.path})`)}\n${what}\n`
}

/** Percent-encoded text as its reader means it; as it is when it means nothing. */
function decodeForReading(target: string): string {
  try {
    return decodeURIComponent(target)
  } catch {
    // Not every attack is well-formed; then the raw text says most.
    return target
  }
}

function clip(text: string): string {
  const safe = visible(text)
  return safe.length > lineLimitChars ? `${safe.slice(0, lineLimitChars - 1)}…` : safe
}
