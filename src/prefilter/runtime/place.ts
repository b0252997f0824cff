// The compiled places as a worker walks them: automata attached, children found by bytes.
import type { CompiledPlace, FamilyTests } from '../compiled-ruleset.js'
import type { IpMatcher } from './ip-matcher.js'
import type { ScanGroup } from './scan-group.js'

/** Looks up what a place refers to by number. */
export interface PlaceParts {
  group(index: number): ScanGroup | undefined
  ipMatcher(index: number): IpMatcher
}

interface ChildPlace {
  readonly name: Uint8Array
  readonly place: Place
}

/** What is tested at one place. One shape; built once per worker. */
export class Place {
  readonly values: ScanGroup | undefined
  readonly keys: ScanGroup | undefined
  /** Their groups are built when they are first asked for. */
  readonly valueFamilies: readonly FamilyTests[]
  readonly keyFamilies: readonly FamilyTests[]
  /** Not empty: any value here makes a candidate. */
  present: string
  readonly isNeeded: boolean
  readonly describes: boolean
  readonly firesOnNumber: boolean
  readonly firesOnBoolean: boolean
  readonly ipMatchers: readonly IpMatcher[]
  readonly jwtOutput: string
  /** The same tests without the children: what lies under keys that have no tests of their own. */
  readonly inner: Place
  /** False when nothing at all is tested here or below. */
  readonly isTested: boolean
  /** By length of the key. */
  readonly #children: readonly (readonly ChildPlace[] | undefined)[]

  constructor(compiled: CompiledPlace, parts: PlaceParts) {
    this.values = parts.group(compiled.values)
    this.keys = parts.group(compiled.keys)
    this.valueFamilies = compiled.valueFamilies
    this.keyFamilies = compiled.keyFamilies
    this.present = compiled.present
    this.isNeeded = compiled.isNeeded
    this.describes = compiled.describes
    this.firesOnNumber = compiled.firesOnNumber
    this.firesOnBoolean = compiled.firesOnBoolean
    this.ipMatchers = compiled.ipLists.map((index) => parts.ipMatcher(index))
    this.jwtOutput = compiled.jwtOutput
    this.#children = indexChildren(compiled, parts)
    this.isTested = isTested(compiled)
    const isPlain =
      compiled.children.length === 0 && compiled.jwtOutput === '' && compiled.present === '' && !compiled.isNeeded
    this.inner = isPlain
      ? this
      : new Place({ ...compiled, children: [], jwtOutput: '', present: '', isNeeded: false, describes: false }, parts)
  }

  /** The place under a key. Hot path. */
  under(bytes: Uint8Array, start: number, end: number): Place {
    const candidates = this.#children[end - start]
    if (candidates === undefined) return this.inner
    for (const { name, place } of candidates) if (isEqual(name, bytes, start)) return place
    return this.inner
  }
}

function indexChildren(compiled: CompiledPlace, parts: PlaceParts): (ChildPlace[] | undefined)[] {
  const byLength: (ChildPlace[] | undefined)[] = []
  for (const [key, child] of compiled.children) {
    const name = new TextEncoder().encode(key)
    byLength[name.length] ??= []
    byLength[name.length]?.push({ name, place: new Place(child, parts) })
  }
  return byLength
}

function isEqual(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < name.length; index++) if (name[index] !== bytes[start + index]) return false
  return true
}

function isTested(compiled: CompiledPlace): boolean {
  const { values, keys, present, firesOnNumber, firesOnBoolean, ipLists, children } = compiled
  if (values >= 0 || keys >= 0 || present !== '' || firesOnNumber || firesOnBoolean || ipLists.length > 0) return true
  return children.length > 0
}
