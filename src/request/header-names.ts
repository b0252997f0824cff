// Tells the headers that an event needs from the rest by their bytes: most of a request's headers are neither decoded nor named.
import { equalsIgnoreCase } from './ascii.js'

/** A fixed set of header names, looked up without making a string. */
export class HeaderNames {
  /** By length, so that few are compared. */
  readonly #byLength: readonly (readonly string[])[]

  /** @param names - in lower case, ASCII; as they are given back. */
  constructor(names: ReadonlySet<string>) {
    const longest = Math.max(0, ...Array.from(names, (name) => name.length))
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) =>
      [...names].filter((name) => name.length === length),
    )
  }

  /** @returns the name that stands in the byte range, in any case; nothing when it is none of the set. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const candidates = this.#byLength[end - start]
    if (candidates === undefined) return undefined
    for (const name of candidates) if (equalsIgnoreCase(bytes, start, end, name)) return name
    return undefined
  }
}
