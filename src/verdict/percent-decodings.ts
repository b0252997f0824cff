// What a text is once it is percent-decoded: a secret may show only then.

/** The text as it came and after one and two rounds of percent-decoding, in that order; rounds that change nothing are left out. */
export function percentDecodings(text: string): readonly string[] {
  if (!isEncoded(text)) return [text]
  const once = percentDecode(text)
  return isEncoded(once) ? [text, once, percentDecode(once)] : [text, once]
}

function isEncoded(text: string): boolean {
  return text.includes('%') || text.includes('+')
}

function percentDecode(text: string): string {
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, decodeRun)
}

/** Bytes that are no UTF-8 are replaced. Most runs are one escape of an ASCII character, which needs no buffer. */
function decodeRun(run: string): string {
  const firstByte = Number.parseInt(run.slice(1, 3), 16)
  if (run.length === 3 && firstByte < 0x80) return String.fromCharCode(firstByte)
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString()
}
