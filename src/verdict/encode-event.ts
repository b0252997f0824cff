// Encodes an event as one JSON line of at most 64 KiB. What does not fit is cut, longest texts first, and every cut is marked.
import assert from 'node:assert/strict'
import { cutText } from './cut-text.js'
import type { SecurityEvent } from './event.js'

/**
 * Longest line that is written here, its line end included: 64 KiB, what log collectors commonly take as one, less the room
 * that a sink's rate limit needs to say how many events a line stands for.
 */
export const eventLimitBytes: number = 64 * 1024 - 256

/** Texts are cut to the first of these that makes the event fit: so the longest are cut first, short ones stay whole. */
const textLimitsBytes: readonly number[] = [16384, 8192, 4096, 2048, 1024, 512, 256, 128]

/** The shortest of them, in characters: attributes longer than this are left out before anything is cut. */
const shortestText = 128

const encoder = new TextEncoder()

/** @returns new bytes: JSON and "\n", at most `eventLimitBytes`. */
export function encodeEvent(event: SecurityEvent): Uint8Array<ArrayBuffer> {
  const whole = encodeLine(event)
  if (whole.byteLength <= eventLimitBytes) return whole
  return encodeCut({ ...event, attributes: withoutLongOnes(event.attributes) })
}

function encodeCut(event: SecurityEvent): Uint8Array<ArrayBuffer> {
  for (const limitBytes of textLimitsBytes) {
    const line = encodeLine(event, limitBytes)
    if (line.byteLength <= eventLimitBytes) return line
  }
  return encodeFewerMatches(event)
}

/** With all texts at their shortest the number of matches decides; half of them at a time goes, from the end. */
function encodeFewerMatches(event: SecurityEvent): Uint8Array<ArrayBuffer> {
  const limitBytes = textLimitsBytes.at(-1)
  let matches = event.matches
  for (;;) {
    matches = matches.slice(0, Math.floor(matches.length / 2))
    const omitted = event.matches_omitted + event.matches.length - matches.length
    const line = encodeLine({ ...event, matches, matches_omitted: omitted }, limitBytes)
    if (line.byteLength <= eventLimitBytes) return line
    assert(
      matches.length > 0,
      'an event without matches fits: its other fields are bounded in number, and their texts are cut',
    )
  }
}

/** Schemas give way to matches: one that was cut is no JSON any more. */
function withoutLongOnes(attributes: SecurityEvent['attributes']): SecurityEvent['attributes'] {
  const isShort = (value: string | number): boolean => typeof value === 'number' || value.length <= shortestText
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => isShort(value)))
}

function encodeLine(event: SecurityEvent, textLimitBytes?: number): Uint8Array<ArrayBuffer> {
  // A replacer is called for every value and costs more than the rest: not where nothing is to be cut.
  if (textLimitBytes === undefined) return encoder.encode(`${JSON.stringify(event)}\n`)
  const cut = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? cutText(value, textLimitBytes) : value
  return encoder.encode(`${JSON.stringify(event, cut)}\n`)
}
