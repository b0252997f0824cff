// Draws what a terminal showed as an SVG picture: text stays text, so it can be read, searched and compared.

/** Of the terminal that is drawn; a usual dark theme. */
const colours: Readonly<Record<string, string>> = {
  '1': '#ffffff',
  '2': '#8b949e',
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
}
const plainColour = '#c9d1d9'
const backgroundColour = '#0d1117'
const charWidth = 8
const lineHeight = 19
const margin = 16
const titleHeight = 30

interface Piece {
  readonly text: string
  /** SGR code; empty = plain. */
  readonly code: string
}

/**
 * @param output - text with SGR colours (`ESC [ n m`), lines ended by LF or CR LF.
 * @param title - in the window's title bar.
 */
export function drawTerminal(output: string, title: string): string {
  const lines = output.trimEnd().split(/\r?\n/).map(splitColours)
  const widest = Math.max(...lines.map((pieces) => pieces.reduce((sum, { text }) => sum + text.length, 0)))
  const width = 2 * margin + widest * charWidth
  const height = titleHeight + margin + lines.length * lineHeight
  const rows = lines.map((pieces, index) => drawLine(pieces, titleHeight + (index + 1) * lineHeight))
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, index) => `<circle cx="${margin + 4 + index * 18}" cy="15" r="5.5" fill="${colour}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13">
<title>${escapeXml(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${backgroundColour}"/>
${dots.join('')}<text x="${width / 2}" y="19" text-anchor="middle" fill="#8b949e">${escapeXml(title)}</text>
${rows.filter((row) => row !== '').join('\n')}
</svg>
`
}

/** The lines of a picture as plain text; empty lines of the terminal are not in it. */
export function readTerminalLines(svg: string): readonly string[] {
  const rows = svg.match(/<text x="16".*<\/text>/g) ?? []
  return rows.map((row) => unescapeXml(row.replace(/<[^>]*>/g, '')))
}

function splitColours(line: string): readonly Piece[] {
  const parts = line.split(/\u001b\[(\d+)m/)
  const pieces = parts.flatMap((text, index): Piece[] => {
    if (index % 2 === 1 || text === '') return []
    const code = parts[index - 1] ?? ''
    return [{ text, code: code === '0' ? '' : code }]
  })
  return pieces
}

/** Each line is set to its width in characters, whatever font the reader has. */
function drawLine(pieces: readonly Piece[], y: number): string {
  const length = pieces.reduce((sum, { text }) => sum + text.length, 0)
  if (length === 0) return ''
  const spans = pieces.map(({ text, code }) => {
    const weight = code === '1' ? ' font-weight="bold"' : ''
    return code === ''
      ? escapeXml(text)
      : `<tspan fill="${colours[code] ?? plainColour}"${weight}>${escapeXml(text)}</tspan>`
  })
  return `<text x="${margin}" y="${y}" fill="${plainColour}" xml:space="preserve" textLength="${length * charWidth}">${spans.join('')}</text>`
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (char) => (char === '&' ? '&amp;' : char === '<' ? '&lt;' : '&gt;'))
}

function unescapeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
