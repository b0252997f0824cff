// What the demo shows: a line for each request that was answered and one for each event.
import type { Paint } from '../../terminal-colour.js'
import type { SecurityEvent } from '../../verdict/event.js'
import { visible } from '../../visible.js'
import type { DemoRequest } from './demo-traffic.js'

/** A terminal's usual width: a line that breaks is no picture. */
const lineLimitChars = 100

/** @param durationMs - what the client waited. */
export function renderAnswered(
  { method, target }: DemoRequest,
  status: number,
  durationMs: number,
  paint: Paint,
): string {
  const taken = `${status} in ${durationMs.toFixed(1)} ms`.padEnd(17)
  const asked = clip(`${method.padEnd(5)}${decodeForReading(target)}`, 2 + taken.length)
  return `  ${paint(status === 200 ? 'green' : 'red', taken)}${asked}\n`
}

/** Two lines: the rule and the request, and where it matched what. */
export function renderEvent(event: SecurityEvent, paint: Paint): string {
  const [match] = event.matches
  const [condition] = match?.matches ?? []
  const rule = `${match?.rule.id ?? ''} ${match?.rule.name ?? ''}`
  const place = [condition?.address ?? '', ...(condition?.key_path ?? [])].join('.')
  const shownRule = clip(`${rule} (${event.request.method} ${event.request.path})`, '  ATTACK '.length)
  const what = clip(`       └ ${place}: ${condition?.value ?? ''}`, 0)
  return `  ${paint('red', 'ATTACK')} ${paint('bold', shownRule)}\n${paint('yellow', what)}\n`
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

/** @param takenChars - of the line, by what stands before. */
function clip(text: string, takenChars: number): string {
  const safe = visible(text)
  const limit = lineLimitChars - takenChars
  return safe.length > limit ? `${safe.slice(0, limit - 1)}…` : safe
}
