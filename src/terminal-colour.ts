// Colours for lines that a person reads at a terminal.

const codes = { dim: 2, red: 31, bold: 1, yellow: 33, green: 32 } as const

/** Puts a colour around text that holds no control characters, or leaves it as it is. */
export type Paint = (name: keyof typeof codes, shown: string) => string

/** @param isColoured - whether the reader is a terminal. */
export function createPaint(isColoured: boolean): Paint {
  return isColoured ? (name, shown) => `\u001b[${codes[name]}m${shown}\u001b[0m` : (_name, shown) => shown
}
