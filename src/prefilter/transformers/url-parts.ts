// The transformers url_path, url_querystring and url_basename: parts of a URL, cut out without understanding the rest.

const question = 0x3f
const hash = 0x23
const slash = 0x2f

/** Everything in front of the first `?` or `#`. @returns the new length. */
export function urlPath(bytes: Uint8Array, length: number): number {
  let end = 0
  while (end < length && bytes[end] !== question && bytes[end] !== hash) end++
  return end
}

/** What stands between the first `?` and `#`; nothing if there is no `?` in front. @returns the new length. */
export function urlQuerystring(bytes: Uint8Array, length: number): number {
  const start = urlPath(bytes, length)
  if (bytes[start] !== question || start === length) return 0
  let end = start + 1
  while (end < length && bytes[end] !== hash) end++
  bytes.copyWithin(0, start + 1, end)
  return end - start - 1
}

/** The last segment of the path. @returns the new length. */
export function urlBasename(bytes: Uint8Array, length: number): number {
  const end = urlPath(bytes, length)
  let start = end
  while (start > 0 && bytes[start - 1] !== slash) start--
  bytes.copyWithin(0, start, end)
  return end - start
}
