// Which share of the requests is mirrored: percent or fraction, as in the Gateway API's RequestMirror filter.

/** `numerator / denominator`, at most 1. */
export interface Fraction {
  readonly numerator: number
  readonly denominator: number
}

/** Reads `1/1000`; `undefined` when it is no fraction or more than 1. */
export function parseFraction(text: string): Fraction | undefined {
  const parts = /^(\d{1,9})\/(\d{1,9})$/.exec(text)
  const numerator = Number(parts?.[1])
  const denominator = Number(parts?.[2])
  return denominator > 0 && numerator <= denominator ? { numerator, denominator } : undefined
}

/** @param fractionText - empty = the percentage holds. */
export function shareOf(percent: number, fractionText: string): Fraction {
  return parseFraction(fractionText) ?? { numerator: percent, denominator: 100 }
}

/**
 * Decides for one request; each decision is independent, as in gateways, so the share is met on average.
 * @param random - 0 to below 1.
 */
export function isChosen({ numerator, denominator }: Fraction, random: number): boolean {
  return random * denominator < numerator
}
