// Puts texts into requests: every address, every kind of container, next to harmless values, across the engine's limits.
import { type RequestAddress, requestAddresses } from '#src/request/value-visitor.js'
import { mutate } from './mutations.js'
import type { Random } from './random.js'
import { oddCharacters } from './regex-samples.js'
import { aimlessText, type RuleTarget, type TargetInput, tokenAddress } from './rule-targets.js'
import { plainSoup } from './soups.js'
import { mapTree, type Sample, type Tree, textTree } from './value-tree.js'

/** A text, where it goes. */
interface Placed {
  readonly input: TargetInput
  readonly text: string | Uint8Array
}

const headers = 'server.request.headers.no_cookies'
const mapAddresses: ReadonlySet<string> = new Set([headers, 'server.request.cookies', 'server.request.query'])
const textAddresses: ReadonlySet<string> = new Set([
  'server.request.method',
  'server.request.uri.raw',
  'http.client_ip',
])
const headerNames = [
  'user-agent',
  'referer',
  'accept',
  'x-filename',
  'content-disposition',
  'authorization',
  'x-custom',
  'host',
]

export class SampleMaker {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** @param address - which of the rule's addresses to use, where it has a choice. */
  aimed(target: RuleTarget, address: string | undefined): Sample {
    const placed = target.conditions.map(({ inputs, makeText }) => {
      const wanted = inputs.filter((input) => input.address === address)
      const input = this.#random.pick(wanted.length > 0 ? wanted : inputs)
      return { input: this.#maybeElsewhere(input), text: this.#dress(makeText(this.#random)) }
    })
    return this.#arrange(placed)
  }

  aimless(): Sample {
    const text = aimlessText(this.#random)
    const input: TargetInput = { address: this.#random.pick(requestAddresses), keyPath: [], scope: 'both' }
    return this.#arrange([{ input, text: typeof text === 'string' ? this.#dress(text) : text }])
  }

  /** Now and then a rule's text goes where the rule does not look, or looks at the other half of maps. */
  #maybeElsewhere(input: TargetInput): TargetInput {
    if (this.#random.chance(0.93)) return input
    return { address: this.#random.pick(requestAddresses), keyPath: [], scope: this.#random.pick(['keys', 'values']) }
  }

  /** Mutations, neighbours, length, bytes that are no UTF-8. */
  #dress(plain: string): string | Uint8Array {
    const random = this.#random
    let text = mutate(plain, random)
    if (random.chance(0.3)) text = `${plainSoup(random)}${random.pick(['', ' ', '=', '"'])}${text}`
    if (random.chance(0.3)) text = `${text}${random.pick(['', ' ', ';', '"'])}${plainSoup(random)}`
    if (random.chance(0.02)) text = this.#stretch(text)
    return random.chance(0.02) ? this.#breakUtf8(text) : text
  }

  /** Puts the text across the point where the engine cuts strings, or where windows of a long text meet. */
  #stretch(text: string): string {
    const random = this.#random
    const cut = random.pick([4096, 4096, 4096, 3072, 7168, 8192])
    const filler = random.pick(['a', ' ', 'ab ', '1', 'é', '.', 'x/'])
    const before = Math.max(0, cut - random.below(Buffer.byteLength(text) + 8))
    const padding = filler.repeat(Math.ceil(before / Buffer.byteLength(filler)))
    return `${padding}${text}${random.chance(0.5) ? '' : filler.repeat(random.below(3000))}`
  }

  #breakUtf8(text: string): Uint8Array {
    const bytes = Buffer.from(text)
    const at = this.#random.below(bytes.length + 1)
    const bad = this.#random.pick([
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xc0, 0xaf],
      [0xf0, 0x9f],
      [0x80],
      [0xa0],
    ])
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(bad), bytes.subarray(at)])
  }

  /** All texts of one request; those of one address in one tree. */
  #arrange(placed: readonly Placed[]): Sample {
    const byAddress = new Map<RequestAddress, Placed[]>()
    for (const each of placed) {
      const one = each.input.address === tokenAddress ? this.#asToken(each) : each
      const address = requestAddresses.find((name) => name === one.input.address)
      if (address === undefined) continue
      byAddress.set(address, [...(byAddress.get(address) ?? []), one])
    }
    return [...byAddress].map(([address, texts]) => [address, this.#tree(address, texts)] as const)
  }

  #asToken({ input, text }: Placed): Placed {
    const [part = 'header', ...path] = input.keyPath
    const value = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), Buffer.from(text).toString())
    const json = this.#spoilJson(JSON.stringify(value))
    const other = JSON.stringify({ sub: 'x', exp: 1 })
    const parts = part === 'header' ? [json, other] : [JSON.stringify({ alg: 'HS256' }), json]
    const encoded = parts.map((each) =>
      Buffer.from(each).toString(this.#random.pick(['base64url', 'base64url', 'base64'])),
    )
    const scheme = this.#random.pick(['Bearer ', 'Bearer ', 'Bearer ', 'bearer ', 'Bearer  ', 'Bearer\t', 'Token '])
    const tail = this.#random.pick(['.sig', '.', '', '.a.b', '. '])
    return {
      input: { address: headers, keyPath: ['authorization'], scope: 'values' },
      text: scheme + encoded.join('.') + tail,
    }
  }

  #spoilJson(json: string): string {
    const random = this.#random
    if (random.chance(0.7)) return json
    const inner = json.slice(1)
    return random.pick([
      ` \n${json} `,
      `${json}\u0000`,
      `{"a":[1,{"b":"c:d"}],${inner}`,
      `{"alg":"HS256",${inner}`,
      `${json.slice(0, -1)},"alg":"HS256"}`,
      json.replace('alg', '\\u0061lg'),
      `[${json}]`,
      json.slice(0, -1),
    ])
  }

  #tree(address: RequestAddress, texts: readonly Placed[]): Tree {
    const [first] = texts
    if (textAddresses.has(address) && first !== undefined) return textTree(first.text)
    if (address === 'server.request.body.filenames')
      return { kind: 'list', items: texts.map(({ text }) => textTree(text)) }
    const isMulti = mapAddresses.has(address) || this.#random.chance(0.3)
    const isBare = !isMulti && texts.length === 1 && first?.input.keyPath.length === 0 && first.input.scope !== 'keys'
    if (isBare && first !== undefined && this.#random.chance(0.2)) return textTree(first.text)
    const entries: (readonly [string | Uint8Array, Tree])[] = []
    for (const each of texts)
      entries.splice(this.#random.below(entries.length + 1), 0, this.#entry(address, isMulti, each))
    while (this.#random.chance(0.25)) entries.push([this.#plainKey(address), textTree(plainSoup(this.#random))])
    if (this.#random.chance(0.004)) this.#widen(entries)
    return mapTree(isMulti ? 'multi' : 'plain', ...entries)
  }

  #entry(address: RequestAddress, isMulti: boolean, { input, text }: Placed): readonly [string | Uint8Array, Tree] {
    const isKey = input.scope === 'keys' || (input.scope === 'both' && this.#random.chance(0.3))
    const value = isKey ? textTree(plainSoup(this.#random)) : textTree(text)
    const [top, ...below] = input.keyPath.length > 0 ? input.keyPath : [this.#plainKey(address)]
    const name = isKey && input.keyPath.length === 0 ? text : (top ?? '')
    const leaf = isKey && input.keyPath.length > 0 ? mapTree('plain', [text, value]) : value
    let tree = below.reduceRight<Tree>((inner, key) => mapTree('plain', [key, inner]), leaf)
    if (isMulti && tree.kind === 'text') tree = this.#random.chance(0.8) ? tree : { kind: 'list', items: [tree] }
    if (!isMulti && input.keyPath.length === 0) tree = this.#nest(tree)
    return [name, tree]
  }

  /** Lists, maps, depth up to beyond the engine's limit. */
  #nest(tree: Tree): Tree {
    const random = this.#random
    let nested = tree
    const depth = random.chance(0.01) ? random.between(10, 30) : random.below(3)
    for (let level = 0; level < depth; level++) {
      if (random.chance(0.3)) nested = { kind: 'list', items: [textTree('x'), nested, { kind: 'number', value: 1 }] }
      else
        nested = mapTree(
          'plain',
          [plainSoup(random), { kind: 'nil' }],
          ['k', nested],
          ['k', { kind: 'boolean', value: true }],
        )
    }
    return nested
  }

  #plainKey(address: RequestAddress): string {
    if (address === headers) return this.#random.pick(headerNames)
    return this.#random.chance(0.1)
      ? this.#random.pick(oddCharacters)
      : this.#random.pick(['q', 'id', 'name', 'x[y]', '0', '__proto_'])
  }

  /** More entries than the engine looks at, in front or behind. */
  #widen(entries: (readonly [string | Uint8Array, Tree])[]): void {
    const count = this.#random.between(250, 520)
    const fillers = Array.from({ length: count }, (_, index) => [`f${index}`, textTree('v')] as const)
    if (this.#random.chance(0.5)) entries.unshift(...fillers)
    else entries.push(...fillers)
  }
}
