// is_sqli and is_xss alone: a text in which none of our triggers stands must never be matched. Most texts here hold none.
import type { Engine } from '#src/engine/engine.js'
import { checkedTriggers } from '#src/prefilter/compile/checked-triggers.js'
import type { FuzzPart } from './fuzz-part.js'
import { engineOn } from './oracle.js'
import type { Random } from './random.js'
import { htmlSoup, sqlSoup } from './soups.js'

const callSize = 200
const budgetUs = 5_000_000

interface Subject {
  readonly operator: 'is_sqli' | 'is_xss'
  readonly engine: Engine
  readonly triggers: RegExp
  readonly makeText: (random: Random) => string
  values: number
  triggered: number
  matched: number
}

export class CheckedPart implements FuzzPart {
  readonly name = 'checked operators'
  readonly share = 0.1
  readonly #random: Random
  readonly #subjects: readonly Subject[]
  #next = 0

  constructor(random: Random) {
    this.#random = random
    const makers = { is_sqli: sqlSoup, is_xss: htmlSoup } as const
    this.#subjects = (['is_sqli', 'is_xss'] as const).map((operator) => ({
      operator,
      engine: engineOn(rulesOf(operator)),
      triggers: new RegExp(checkedTriggers[operator].map((trigger) => trigger.replaceAll('\\z', '$')).join('|')),
      makeText: makers[operator],
      values: 0,
      triggered: 0,
      matched: 0,
    }))
  }

  step(): string | undefined {
    const subject = this.#subjects[this.#next++ % this.#subjects.length]
    if (subject === undefined) return undefined
    const texts = this.#texts(subject)
    const input: Record<string, string> = Object.create(null)
    for (const [index, text] of texts.entries()) input[`v${index}`] = text
    const context = subject.engine.createContext()
    const { matches } = context.run(input, budgetUs)
    context.dispose()
    for (const { id } of matches) {
      subject.matched++
      const text = texts[Number(id)] ?? ''
      if (!subject.triggers.test(text)) return `${subject.operator} matches ${JSON.stringify(text)} without a trigger`
    }
    return undefined
  }

  summary(): readonly string[] {
    return this.#subjects.map(({ operator, values, triggered, matched }) => {
      return `${operator}: ${values} texts, ${triggered} with a trigger, ${matched} matched`
    })
  }

  dispose(): void {
    for (const { engine } of this.#subjects) engine.dispose()
  }

  /** Texts with a trigger tell nothing about the triggers that are missing: few are kept. */
  #texts(subject: Subject): string[] {
    const texts: string[] = []
    while (texts.length < callSize) {
      const text = this.#thin(subject.makeText(this.#random))
      const isTriggered = subject.triggers.test(text)
      if (isTriggered && this.#random.chance(0.9)) continue
      if (isTriggered) subject.triggered++
      subject.values++
      texts.push(text)
    }
    return texts
  }

  /** Takes away what most triggers are, so that more texts have none. */
  #thin(text: string): string {
    const plain = this.#random.chance(0.7)
      ? text.replace(/['"`$@#();<=]|--|\/\*|&&|\|\|/g, this.#random.pick(['', ' ', '1']))
      : text
    return this.#random.chance(0.4) ? plain.replace(/(\w\w)(?=\W|$)/g, `$1${this.#random.below(10)}`) : plain
  }
}

function rulesOf(operator: string): object {
  const rules = Array.from({ length: callSize }, (_, index) => ({
    id: String(index),
    name: operator,
    tags: { type: String(index) },
    conditions: [{ operator, parameters: { inputs: [{ address: `v${index}` }] } }],
  }))
  return { version: '2.2', rules }
}
