// The kinds of files that can be scanned, and how to tell them apart by their first bytes.

/** `raw`: HTTP/1.1 requests back to back. `har`: HTTP Archive. `access-log`: combined (or common) log lines. */
export type ScanFormat = 'raw' | 'har' | 'access-log'

/** @param head - the first bytes of the file, gunzipped. What is neither of the others is raw. */
export function detectFormat(head: Buffer): ScanFormat {
  const text = head.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  // No request begins with a brace, quoted or not: methods are words.
  if (/^\s*\{/.test(text)) return 'har'
  return /^\S+(?: \S+){1,3} \[[^\]\n]*\] "/.test(text) ? 'access-log' : 'raw'
}
