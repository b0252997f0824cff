// The regex compiler against libddwaf, one pattern at a time: patterns thrown together from all of RE2's syntax, and texts
// made from them and from their letters. A text that the engine matches must fire; what fires without a match is counted.
import type { Engine } from '#src/engine/engine.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import { parseRegex } from '#src/prefilter/regex/parser.js'
import type { FuzzPart } from './fuzz-part.js'
import { mutate } from './mutations.js'
import { engineOn, Oracle } from './oracle.js'
import type { Random } from './random.js'
import { oddCharacters, sampleRegex } from './regex-samples.js'
import { unlimited } from './unlimited.js'
import { describeSample, type Sample, sendSample, textTree } from './value-tree.js'

const address = 'server.request.body'
const textsPerPattern = 60

export class RegexPart implements FuzzPart {
  readonly name = 'regex compiler'
  readonly share = 0.12
  readonly #random: Random
  readonly #counts = { patterns: 0, refused: 0, unknown: 0, texts: 0, matches: 0, loose: 0 }

  constructor(random: Random) {
    this.#random = random
  }

  step(): string | undefined {
    const pattern = new PatternMaker(this.#random).pattern()
    const rule = {
      id: 'pattern',
      name: 'pattern',
      tags: { type: 'pattern' },
      conditions: [
        {
          operator: 'match_regex',
          parameters: {
            inputs: [{ address }],
            regex: pattern,
            options: { case_sensitive: this.#random.chance(0.5) },
          },
        },
      ],
      transformers: this.#random.pick([[], [], [], ['lowercase'], ['removeNulls'], ['cmdLine'], ['removeComments']]),
    }
    const engine = load(rule)
    this.#counts.patterns++
    if (engine === undefined) {
      this.#counts.refused++
      return undefined
    }
    return this.#compare(rule, engine, pattern)
  }

  summary(): readonly string[] {
    const { patterns, refused, unknown, texts, matches, loose } = this.#counts
    return [
      `${patterns} patterns, ${refused} refused by the engine, ${unknown} not understood here`,
      `${texts} texts, ${matches} matches, ${loose} fired without one`,
    ]
  }

  dispose(): void {}

  #compare(rule: object, engine: Engine, pattern: string): string | undefined {
    const oracle = new Oracle(engine)
    const compiled = compilePrefilter([{ rules: [rule] }], engine.version)
    if (compiled.alwaysEngine !== '') return `${JSON.stringify(rule)}: ${compiled.alwaysEngine}`
    const prefilter = createPrefilter(compiled, {
      createEngine: engineOn,
      now: () => 0,
      limits: unlimited,
    })
    const parsed = parseRegex(pattern, true)
    if ('unsupported' in parsed) this.#counts.unknown++
    try {
      for (let index = 0; index < textsPerPattern; index++) {
        const text =
          'unsupported' in parsed || this.#random.chance(0.3)
            ? this.#letters(pattern)
            : sampleRegex(parsed.tree, this.#random)
        const sample: Sample = [[address, textTree(mutate(text, this.#random))]]
        prefilter.reset()
        sendSample(prefilter.sink, sample)
        this.#counts.texts++
        const isMatch = (oracle.judge(sample)?.matches.length ?? 0) > 0
        if (isMatch) this.#counts.matches++
        else if (!prefilter.isCleared) this.#counts.loose++
        if (isMatch && prefilter.isCleared) return `${JSON.stringify(rule)}\n${describeSample(sample)}`
      }
      return undefined
    } finally {
      oracle.dispose()
      prefilter.dispose()
    }
  }

  #letters(pattern: string): string {
    const source = [
      ...pattern.replace(/[\\()[\]{}|?*+^$]/g, ''),
      'a',
      ' ',
      '\n',
      '_',
      '-',
      'K',
      's',
      ...oddCharacters.slice(0, 6),
    ]
    return Array.from({ length: this.#random.between(1, 12) }, () => this.#random.pick(source)).join('')
  }
}

function load(rule: object): Engine | undefined {
  try {
    return engineOn({ version: '2.2', rules: [rule] })
  } catch {
    // The engine refuses the pattern; there is nothing to compare.
    return undefined
  }
}

/** Patterns of RE2's syntax. */
class PatternMaker {
  readonly #random: Random
  #depth = 0

  constructor(random: Random) {
    this.#random = random
  }

  pattern(): string {
    const flags = this.#random.chance(0.25)
      ? this.#random.pick(['(?i)', '(?s)', '(?m)', '(?im)', '(?is)', '(?i-s)', '(?U)'])
      : ''
    return flags + this.#choice()
  }

  #choice(): string {
    const count = this.#random.chance(0.7) ? 1 : this.#random.between(2, 4)
    return Array.from({ length: count }, () => this.#sequence()).join('|')
  }

  #sequence(): string {
    return Array.from({ length: this.#random.between(0, 5) }, () => this.#atom() + this.#repeat()).join('')
  }

  #repeat(): string {
    if (this.#random.chance(0.7)) return ''
    return this.#random.pick([
      '*',
      '+',
      '?',
      '*?',
      '+?',
      '??',
      '{2}',
      '{1,3}',
      '{0,2}',
      '{2,}',
      '{14}',
      '{0,9}',
      '{,2}',
      '{x}',
      '{01}',
    ])
  }

  #atom(): string {
    const kind = this.#random.next()
    if (kind < 0.4)
      return this.#random.pick([
        'a',
        'b',
        'k',
        's',
        'K',
        'S',
        '0',
        '_',
        '-',
        ' ',
        '/',
        '\u00e9',
        '\u212a',
        '\u017f',
        'x',
        '.',
        '"',
        '<',
      ])
    if (kind < 0.5)
      return this.#random.pick([
        '\\d',
        '\\w',
        '\\s',
        '\\D',
        '\\W',
        '\\S',
        '.',
        '\\pL',
        '\\p{Greek}',
        '\\P{Lu}',
        '\\PN',
        '\\p{^Ll}',
        '\\C',
      ])
    if (kind < 0.6) return this.#random.pick(['^', '$', '\\b', '\\B', '\\A', '\\z', '(?m:^)', '(?m:$)'])
    if (kind < 0.68)
      return this.#random.pick([
        '\\x41',
        '\\x{e9}',
        '\\101',
        '\\0',
        '\\n',
        '\\t',
        '\\v',
        '\\.',
        '\\-',
        '\\_',
        '\\Qa.b\\E',
        '\\Q*\\E+',
        '\\x{10ffff}',
      ])
    if (kind < 0.82) return this.#bracket()
    return this.#group()
  }

  #bracket(): string {
    const items = Array.from({ length: this.#random.between(1, 4) }, () =>
      this.#random.pick([
        'a',
        'k-s',
        'A-Z',
        '0-9',
        '\\d',
        '\\W',
        '\\s',
        '[:alpha:]',
        '[:^space:]',
        '[:word:]',
        '.',
        '-',
        '\u00e9',
        '\u0100-\u0200',
        '\\x00-\\x20',
        '\\pL',
        '\\P{N}',
        'K',
        '^',
        '\\]',
        '\\x80-\\x{10ffff}',
      ]),
    )
    return `[${this.#random.chance(0.35) ? '^' : ''}${this.#random.chance(0.08) ? ']' : ''}${items.join('')}]`
  }

  #group(): string {
    if (this.#depth > 2) return '(?:a)'
    this.#depth++
    const inner = this.#choice()
    this.#depth--
    return `(${this.#random.pick(['', '?:', '?P<n>', '?i:', '?s:', '?-i:', '?m:', '?<n>'])}${inner})`
  }
}
