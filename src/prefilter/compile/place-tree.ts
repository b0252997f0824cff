// Gathers the tests of all rules by place: a tree of addresses and key paths.
import type { Placement } from '../ruleset/plan-rule.js'

/** One place and the tests put there. */
export class PlaceNode {
  readonly tests: Placement[] = []
  /** Why any value here makes a candidate; empty when none does. */
  present = ''
  /** Whether the engine needs any value here once a request is a candidate. */
  isNeeded = false
  /** Whether rules that report nothing set attributes by what is here. */
  describes = false
  /** Derived address made of a string here. */
  jwtOutput = ''
  readonly children: Map<string, PlaceNode> = new Map()

  /** The node of a key path below this one, made when missing. */
  at(keyPath: readonly string[]): PlaceNode {
    let node: PlaceNode = this
    for (const key of keyPath) {
      let child = node.children.get(key)
      if (child === undefined) {
        child = new PlaceNode()
        node.children.set(key, child)
      }
      node = child
    }
    return node
  }

  put(placement: Placement): void {
    const node = this.at(placement.keyPath)
    const { kind } = placement.test
    // Lists of addresses are compared with values only; a key among the inputs is more than the runtime looks at.
    if (kind === 'present' || (kind === 'ip' && placement.scope !== 'values'))
      node.present ||= `rule ${placement.ruleId} needs the engine`
    else node.tests.push(placement)
  }
}

/** All addresses. */
export class PlaceTree {
  readonly addresses: Map<string, PlaceNode> = new Map()

  address(name: string): PlaceNode {
    let node = this.addresses.get(name)
    if (node === undefined) {
      node = new PlaceNode()
      this.addresses.set(name, node)
    }
    return node
  }
}

/** `address[key][key]` for people. */
export function describePlace(address: string, keyPath: readonly string[], scope: string): string {
  const path = keyPath.map((key) => `[${key}]`).join('')
  return `${address}${path}${scope === 'values' ? '' : ` (${scope})`}`
}
