// The few SVG parts that both charts are made of. Colours stand on white, and the charts bring their own white ground, so
// that they read the same on a dark page.

/** Colours told apart by people who see few colours (after Okabe and Ito), in the order of the series. */
export const seriesColours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9'] as const

const fontFamily = 'system-ui, sans-serif'

/** Text that is safe inside an element. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A text element. */
export function svgText(
  x: number,
  y: number,
  text: string,
  style: { anchor?: string; size?: number; weight?: number } = {},
): string {
  const { anchor = 'start', size = 12, weight = 400 } = style
  const attributes = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}"`
  return `<text ${attributes} fill="#222">${escapeText(text)}</text>`
}

/** A filled rectangle. */
export function svgRect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"/>`
}

/** A straight line. */
export function svgLine(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"/>`
}

/** The whole document. */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}" role="img">`
  return [
    head,
    `<title>${escapeText(title)}</title>`,
    svgRect(0, 0, width, height, '#fff'),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

/** The next "round" number (1, 2 or 5 times a power of ten) at or above `value`; where an axis ends. */
export function roundUp(value: number): number {
  if (value <= 0 || !Number.isFinite(value)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power
}

/** Coordinates with one decimal keep the files small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
