// Kinds of option values that only `mirrorwaf kube` has.

import type { ValueKind } from '../../options/kinds/option-kind.js'
import { choice, text } from '../../options/kinds/scalars.js'
import { parseSelector } from '../plan/label-selector.js'
import { describeShare, type MirrorShare, shareOfFraction } from '../plan/mirror-share.js'
import { routeKinds } from '../plan/object-ref.js'

/** A DNS label (RFC 1123), which is what the API server takes for a namespace. */
export const namespaceName: ValueKind<string> = text('NS', 'the name of a namespace', isDnsLabel)

export const serviceName: ValueKind<string> = text('NAME', 'the name of a Service', isDnsLabel)

export const routeKind: ValueKind<string> = choice(...routeKinds)

/** Kept as text: it goes into messages too. */
export const selectorText: ValueKind<string> = text(
  'SELECTOR',
  'a label selector like team=web,tier!=test,stage in (a,b)',
  (value) => parseSelector(value) !== undefined,
)

/** The CRD holds both numbers in 32 bits. */
const largestInt32 = 2_147_483_647

export const shareFraction: ValueKind<MirrorShare> = {
  placeholder: 'A/B',
  accepted: 'a fraction A/B of whole numbers, A not above B and B not 0',
  parse: (value) => {
    const [, numerator, denominator] = /^(\d{1,10})\/(\d{1,10})$/.exec(value) ?? []
    return checkFraction(Number(numerator), Number(denominator))
  },
  format: describeShare,
  // No program gives these options; they are read from flags only.
  check: () => undefined,
}

function checkFraction(numerator: number, denominator: number): MirrorShare | undefined {
  const isSound = denominator >= 1 && denominator <= largestInt32 && numerator <= denominator
  return isSound ? shareOfFraction(numerator, denominator) : undefined
}

function isDnsLabel(value: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
}
