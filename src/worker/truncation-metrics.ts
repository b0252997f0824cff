// What the engine's own limits cut of a request, over all its runs.
import type { TruncationMetrics } from '../engine/engine.js'

/** Whether anything was cut. */
export function isCut(truncation: TruncationMetrics): boolean {
  return (
    truncation.stringLengthBytes !== undefined ||
    truncation.containerSize !== undefined ||
    truncation.containerDepth !== undefined
  )
}

/** @returns the larger of each. */
export function largerOf(one: TruncationMetrics, other: TruncationMetrics): TruncationMetrics {
  return {
    stringLengthBytes: Math.max(one.stringLengthBytes ?? 0, other.stringLengthBytes ?? 0),
    containerSize: Math.max(one.containerSize ?? 0, other.containerSize ?? 0),
    containerDepth: Math.max(one.containerDepth ?? 0, other.containerDepth ?? 0),
  }
}
