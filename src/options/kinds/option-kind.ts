// What a kind of option can do: read texts, show a value as text again, and check a value given by a program.

/** One text and its value. `parse(format(value))` is the value again. */
export interface ValueKind<T> {
  /** Stands for the value in help, e.g. `SIZE`. */
  readonly placeholder: string
  /** What is accepted, in words that follow "Accepted: ". */
  readonly accepted: string
  /** The value, or `undefined` when the text is not accepted. */
  parse(text: string): T | undefined
  format(value: T): string
  /** The value when a program may give it (library), else `undefined`. */
  check(value: unknown): T | undefined
}

/** What reading texts from one source gave. */
export type Reading<T> =
  | { readonly isAccepted: true; readonly value: T }
  | { readonly isAccepted: false; readonly rejected: string }

/** A kind of option: single-valued or a list. */
export interface OptionKind<T> {
  readonly placeholder: string
  readonly accepted: string
  /** `switch`: the flag stands alone; `single`: takes a value; `list`: may be given several times. */
  readonly arity: 'switch' | 'single' | 'list'
  /** True when an empty text is a value of its own and not "not set". */
  readonly allowsEmpty: boolean
  /** Texts of one source in order; a single-valued kind takes the last. */
  read(texts: readonly string[]): Reading<T>
  /** Cuts one text into the texts of a list: at commas, where the kind allows that. */
  split(text: string, from: 'flag' | 'environment'): readonly string[]
  show(value: T): readonly string[]
  check(value: unknown): T | undefined
}

/** An option with one value. */
export function single<T>(kind: ValueKind<T>, arity: 'switch' | 'single' = 'single'): OptionKind<T> {
  return {
    placeholder: kind.placeholder,
    accepted: kind.accepted,
    arity,
    allowsEmpty: kind.parse('') !== undefined,
    read: (texts) => readOne(kind, texts.at(-1) ?? ''),
    split: (text) => [text],
    show: (value) => [kind.format(value)],
    check: (value) => kind.check(value),
  }
}

/** When flags are cut at commas too; environment variables always are, having no other way to hold several values. */
export interface ListShape {
  readonly splitsFlags: boolean
  readonly minItems: 0 | 1
}

/** An option whose flag may be repeated. */
export function list(kind: ValueKind<string>, shape: ListShape): OptionKind<readonly string[]> {
  return {
    placeholder: kind.placeholder,
    accepted: kind.accepted,
    arity: 'list',
    allowsEmpty: false,
    read: (texts) => readAll(kind, texts, shape.minItems),
    split: (text, from) => (from === 'environment' || shape.splitsFlags ? splitAtCommas(text) : [text]),
    show: (value) => value.map((item) => kind.format(item)),
    check: (value) => checkAll(kind, value, shape.minItems),
  }
}

function readOne<T>(kind: ValueKind<T>, text: string): Reading<T> {
  const value = kind.parse(text)
  return value === undefined ? { isAccepted: false, rejected: text } : { isAccepted: true, value }
}

function readAll(kind: ValueKind<string>, texts: readonly string[], minItems: number): Reading<readonly string[]> {
  const values: string[] = []
  for (const text of texts) {
    const value = kind.parse(text)
    if (value === undefined) return { isAccepted: false, rejected: text }
    values.push(value)
  }
  if (values.length < minItems) return { isAccepted: false, rejected: '' }
  return { isAccepted: true, value: Object.freeze(values) }
}

function checkAll(kind: ValueKind<string>, value: unknown, minItems: number): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const texts: unknown[] = value
  if (!texts.every((text) => typeof text === 'string')) return undefined
  const reading = readAll(kind, texts, minItems)
  return reading.isAccepted ? reading.value : undefined
}

function splitAtCommas(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
