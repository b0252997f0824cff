// What the decodings of whole texts have in common: they stop when their share of the time is used up.

/** What an encoding stood for; `isCut`: the time ran out before its end. */
export interface TimedDecoding {
  /** Owned by the caller. */
  readonly bytes: Buffer
  readonly isCut: boolean
}

/** Share of the time left that one may take. */
export const stageShare = 0.3
/** Input between two looks at the clock, some 20 µs. */
export const bytesBetweenLooks = 8192
