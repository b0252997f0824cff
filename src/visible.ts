// Makes text from outside safe and legible on a terminal: no control byte of an attacker may move the cursor.

/** Control characters, line separators and direction marks become `\xHH` or `\u{H}`; everything else stays. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** `visible`, cut to `limit` characters. */
export function excerpt(text: string, limit: number): string {
  const shown = visible(text)
  return shown.length > limit ? `${shown.slice(0, limit)}...` : shown
}
