// Tests one text against a group: the automaton, then what its flags ask for. Hot path; bench: scenarios/prefilter.bench.ts.
import { firedResult } from '../automaton/automaton.js'
import type { CheckRequest, Rescan } from '../compiled-ruleset.js'
import { type AsciiSet, intersects } from '../regex/required-bytes.js'
import { transformers } from '../transformers/transformer.js'
import { addNormalizedAscii } from '../transformers/unicode-normalize.js'
import type { ReadyRescan, ScanGroup } from './scan-group.js'
import type { ValueStore } from './value-store.js'

/** The engine cuts texts at 4096 bytes, and decoders send nothing longer; no port makes a text longer. */
const maxTextBytes = 4096

/** Looks up groups by number. */
export interface GroupSource {
  group(index: number): ScanGroup | undefined
}

/** @param groups - asked for the group that the text is given to. */
export function readyRescan(rescan: Rescan, groups: GroupSource): ReadyRescan {
  const fires: ReadyRescan = { triggers: rescan.triggers, seeds: 0, ports: [], group: undefined, required: [[]] }
  if (rescan.kind === 'collect') return { ...fires, required: rescan.required }
  if (rescan.kind === 'fire') return fires
  const ports = rescan.ports.flatMap((name) => transformers.get(name)?.port ?? [])
  const group = groups.group(rescan.group)
  return ports.length < rescan.ports.length ? fires : { ...fires, seeds: rescan.seeds, ports, group }
}

/** Not reentrant; one per worker. */
export class ValueScanner {
  readonly #store: ValueStore
  readonly #scratch: Buffer = Buffer.allocUnsafeSlow(maxTextBytes)
  readonly #found: AsciiSet = new Uint32Array(4)
  /** Texts transformed and looked at again, for metrics. */
  rescans = 0

  constructor(store: ValueStore) {
    this.#store = store
  }

  /** @returns false when the text may match; true may still mean that values were stored for a check. */
  passes(group: ScanGroup, bytes: Uint8Array, start: number, end: number): boolean {
    const flags = flagsOf(group, bytes, start, end)
    if (flags === firedResult) return false
    if (flags === 0) return true
    return this.#passesRescans(group, flags, bytes, start, end) && this.#keepForChecks(group, flags, bytes, start, end)
  }

  /** As `passes`, but nothing is stored: a text that the engine would have to check may match. */
  passesUnchecked(group: ScanGroup, bytes: Uint8Array, start: number, end: number): boolean {
    const flags = flagsOf(group, bytes, start, end)
    if (flags === firedResult) return false
    for (const { triggers } of group.checks) if ((flags & triggers) !== 0) return false
    return flags === 0 || this.#passesRescans(group, flags, bytes, start, end)
  }

  #passesRescans(group: ScanGroup, flags: number, bytes: Uint8Array, start: number, end: number): boolean {
    for (const rescan of group.rescans) {
      if ((flags & rescan.triggers) === 0) continue
      if (rescan.seeds !== 0 && (flags & rescan.seeds) === 0) continue
      if (!this.#passesAfter(rescan, bytes, start, end)) return false
    }
    return true
  }

  #keepForChecks(group: ScanGroup, flags: number, bytes: Uint8Array, start: number, end: number): boolean {
    for (const request of group.checks) {
      if ((flags & request.triggers) !== 0 && !this.#keep(request, bytes, start, end)) return false
    }
    return true
  }

  #passesAfter(rescan: ReadyRescan, bytes: Uint8Array, start: number, end: number): boolean {
    const { group, ports } = rescan
    if (group === undefined) return !this.#holdsAll(rescan.required, bytes, start, end)
    const scratch = this.#scratch
    let length = end - start
    for (let index = 0; index < length; index++) scratch[index] = bytes[start + index] ?? 0
    for (const port of ports) length = port(scratch, length)
    this.rescans++
    return length === 0 || group.automaton.scan(scratch, 0, length) !== firedResult
  }

  /** True when the text, its characters normalised, may hold all that one of the patterns needs. */
  #holdsAll(required: ReadyRescan['required'], bytes: Uint8Array, start: number, end: number): boolean {
    this.rescans++
    const found = this.#found.fill(0)
    addNormalizedAscii(bytes, start, end, found)
    for (const sets of required) {
      let index = 0
      while (index < sets.length && intersects(sets[index] ?? found, found)) index++
      if (index === sets.length) return true
    }
    return false
  }

  #keep(request: CheckRequest, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#store.add(request.check, bytes, start, end)
  }
}

/** As `Automaton.scan`. The engine's string operators never match an empty text; what it would cut fires. */
function flagsOf({ automaton }: ScanGroup, bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0
  return end - start > maxTextBytes ? firedResult : automaton.scan(bytes, start, end)
}
