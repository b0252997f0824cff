// The endpoint behind a path: what varies from request to request (numbers, ids, long words) stands as a parameter.
// Stage: [decode], for requests that are reported. The shapes are those of Datadog's tracers, so that both name an endpoint alike.

const slash = 0x2f
const questionMark = 0x3f

/** Deeper segments are left out: a sender must not make as many endpoints as it likes. */
const segmentLimit = 8
/** A segment this long is a parameter, whatever it is made of. */
const longSegment = 20
/** Longest that is looked at: a SHA-512 in hexadecimal. */
const inspectedSegment = 128

/** What a segment is taken for; the first shape that fits. */
const shapes: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^[1-9][0-9]+$/, '{param:int}'],
  [/^(?=.*[0-9])[0-9._-]{3,}$/, '{param:int_id}'],
  [/^(?=.*[0-9])[A-Fa-f0-9]{6,}$/, '{param:hex}'],
  [/^(?=.*[0-9])[A-Fa-f0-9._-]{6,}$/, '{param:hex_id}'],
  [/[%&'()*+,:=@]/, '{param:str}'],
]

/**
 * The endpoint of a request target in a byte range, e.g. `/users/{param:int}`; `/` when the target is not a path.
 * @param start - of an origin-form target; a query is left out.
 */
export function endpointOf(bytes: Buffer, start: number, end: number): string {
  if (bytes[start] !== slash) return '/'
  let endpoint = ''
  let position = start
  for (let count = 0; count < segmentLimit; count += 1) {
    while (position < end && bytes[position] === slash) position += 1
    const segmentStart = position
    while (position < end && bytes[position] !== slash && bytes[position] !== questionMark) position += 1
    if (position === segmentStart) break
    endpoint += `/${nameSegment(bytes, segmentStart, position)}`
  }
  return endpoint === '' ? '/' : endpoint
}

function nameSegment(bytes: Buffer, start: number, end: number): string {
  if (end - start > inspectedSegment) return '{param:str}'
  const segment = bytes.toString('utf8', start, end)
  for (const [shape, name] of shapes) if (shape.test(segment)) return name
  return end - start >= longSegment ? '{param:str}' : segment
}
