// Cuts an nginx configuration into words and marks: quotes, escapes, comments and variables as nginx reads them.

export interface NginxToken {
  /** `word`: an argument or a name, quotes and escapes undone. */
  readonly kind: 'word' | ';' | '{' | '}'
  readonly text: string
  /** From 1. */
  readonly line: number
}

/** What cannot be read, and where. */
export interface NginxSyntaxFault {
  readonly reason: string
  readonly line: number
}

const blanks = /[ \t\r\n]/

/** Reads one file's text. */
export function tokenizeNginx(text: string): readonly NginxToken[] | NginxSyntaxFault {
  const tokens: NginxToken[] = []
  let line = 1
  let position = 0
  while (position < text.length) {
    const character = text.charAt(position)
    if (character === '\n') line += 1
    if (blanks.test(character)) {
      position += 1
    } else if (character === '#') {
      const end = text.indexOf('\n', position)
      position = end < 0 ? text.length : end
    } else if (character === ';' || character === '{' || character === '}') {
      tokens.push({ kind: character, text: character, line })
      position += 1
    } else {
      const word = character === '"' || character === "'" ? readQuoted(text, position) : readPlain(text, position)
      if (word === undefined) return { reason: `a quote that begins here does not end`, line }
      tokens.push({ kind: 'word', text: word.text, line })
      line += countLineEnds(text, position, word.end)
      position = word.end
    }
  }
  return tokens
}

interface Word {
  readonly text: string
  readonly end: number
}

function readQuoted(text: string, start: number): Word | undefined {
  const quote = text.charAt(start)
  let word = ''
  for (let position = start + 1; position < text.length; position += 1) {
    const character = text.charAt(position)
    if (character === quote) return { text: word, end: position + 1 }
    if (character === '\\') {
      position += 1
      word += undoEscape(text.charAt(position))
    } else word += character
  }
  return undefined
}

/** Up to a blank, `;` or `{`; the brace of `${name}` belongs to the word. */
function readPlain(text: string, start: number): Word {
  let word = ''
  let position = start
  while (position < text.length) {
    const character = text.charAt(position)
    if (character === '$' && text.charAt(position + 1) === '{') {
      const end = text.indexOf('}', position)
      const next = end < 0 ? text.length : end + 1
      word += text.slice(position, next)
      position = next
      continue
    }
    if (blanks.test(character) || character === ';' || character === '{') break
    if (character === '\\' && position + 1 < text.length) {
      position += 1
      word += undoEscape(text.charAt(position))
    } else word += character
    position += 1
  }
  return { text: word, end: position }
}

/** Only these are undone; before anything else (as in a regular expression) the backslash stays. */
function undoEscape(character: string): string {
  if (character === 't') return '\t'
  if (character === 'r') return '\r'
  if (character === 'n') return '\n'
  return character === '"' || character === "'" || character === '\\' ? character : `\\${character}`
}

function countLineEnds(text: string, start: number, end: number): number {
  return text.slice(start, end).split('\n').length - 1
}
