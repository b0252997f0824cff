// Bearer tokens: what the engine's jwt_decode makes of an Authorization header, as far as rules need it. The engine wants
// `Bearer`, blanks, and at least two dots (tried, libddwaf 1.30.1); where it is stricter than this file, a request is
// a candidate for nothing. Where a token is not understood, it is a candidate too.

/** What a header value turned out to be. */
export type BearerToken =
  /** Nothing that the engine decodes. */
  { readonly kind: 'none' } | { readonly kind: 'unclear' } | { readonly kind: 'token'; readonly value: unknown }

const none: BearerToken = { kind: 'none' }
const unclear: BearerToken = { kind: 'unclear' }

/** The parts of `Bearer header.payload.signature`, or `undefined`. @param text - the header's value, latin1. */
export function splitBearer(text: string): { readonly header: string; readonly payload: string } | undefined {
  const found = /^Bearer\s*([^.]*)\.([^.]*)/.exec(text)
  return found === null ? undefined : { header: found[1] ?? '', payload: found[2] ?? '' }
}

/** Decodes one part: base64url, then a JSON object. */
export function decodePart(part: string): BearerToken {
  const text = Buffer.from(part, 'base64url').toString('utf8')
  // What does not begin like an object never becomes one.
  if (!/^[\s\ufeff]*[{/]/.test(text)) return none
  try {
    let members = 0
    const value: unknown = JSON.parse(text, function countMember(_key: string, item: unknown) {
      if (!Array.isArray(this)) members++
      return item
    })
    // The engine takes the first of equal keys, JSON.parse the last. The root counts as one member.
    return members - 1 === countColons(text) ? { kind: 'token', value } : unclear
  } catch {
    // The engine is more tolerant than JSON.parse in places (a NUL at the end).
    return unclear
  }
}

/** Colons outside strings, one per member, in valid JSON. */
function countColons(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1
}
