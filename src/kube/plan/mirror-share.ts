// Which share of requests is mirrored: the `percent` or `fraction` of a RequestMirror filter.
import { type JsonObject, numberAt } from '../json/json-value.js'

/** A share; `numerator <= denominator`. Written as `percent` when `isPercent`, else as `fraction`. */
export interface MirrorShare {
  readonly numerator: number
  readonly denominator: number
  readonly isPercent: boolean
}

/** Every request: what a filter without `percent` and `fraction` means. */
export const wholeShare: MirrorShare = { numerator: 100, denominator: 100, isPercent: true }

/** The fields of `requestMirror` that say a share; the CRDs allow one of them. */
export const shareFieldNames = ['percent', 'fraction'] as const

/** The CRD's default for `fraction.denominator`. */
const defaultDenominator = 100

export function shareOfPercent(percent: number): MirrorShare {
  return { numerator: percent, denominator: 100, isPercent: true }
}

export function shareOfFraction(numerator: number, denominator: number): MirrorShare {
  return { numerator, denominator, isPercent: false }
}

/** The share that a filter's `requestMirror` asks for, defaults filled in. */
export function readShare(requestMirror: JsonObject): MirrorShare {
  const percent = numberAt(requestMirror, 'percent')
  if (percent !== undefined) return shareOfPercent(percent)
  const numerator = numberAt(requestMirror, 'fraction', 'numerator')
  if (numerator === undefined) return wholeShare
  return shareOfFraction(numerator, numberAt(requestMirror, 'fraction', 'denominator') ?? defaultDenominator)
}

/** Whether two shares mirror equally much: 5 % is 5/100 is 1/20. */
export function isSameShare(a: MirrorShare, b: MirrorShare): boolean {
  return a.numerator * b.denominator === b.numerator * a.denominator
}

/** The fields that say this share. All is said by saying nothing: releases before 1.3 know neither field. */
export function shareFields(share: MirrorShare): JsonObject {
  if (isSameShare(share, wholeShare)) return {}
  if (share.isPercent) return { percent: share.numerator }
  return { fraction: { numerator: share.numerator, denominator: share.denominator } }
}

/** `10%` or `1/8`, for people. */
export function describeShare(share: MirrorShare): string {
  return share.isPercent ? `${share.numerator}%` : `${share.numerator}/${share.denominator}`
}
