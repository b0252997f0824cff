// Command lines into flags.
import t from 'tap'
import { parseArguments } from '#src/options/arguments.js'
import { rowsOf } from '#src/options/option-spec.js'
import { serveTable } from '#src/options/serve-table.js'

const rows = rowsOf(serveTable)
const parse = (...argv: string[]): ReturnType<typeof parseArguments> => parseArguments('serve', argv, rows)

t.test('a value follows its flag after a space or an equals sign', async (t) => {
  t.strictSame(
    [...parse('--workers', '2', '--listen=:1').flags],
    [
      ['workers', ['2']],
      ['listen', [':1']],
    ],
  )
})

t.test('a repeated flag keeps all its values in order', async (t) => {
  t.strictSame(parse('--listen', ':1', '--listen=:2').flags.get('listen'), [':1', ':2'])
})

t.test('a switch stands alone, takes a value after =, and is switched off by --no-', async (t) => {
  t.strictSame(parse('--hijack').flags.get('hijack'), ['true'])
  t.strictSame(parse('--hijack=no').flags.get('hijack'), ['no'])
  t.strictSame(parse('--no-hijack').flags.get('hijack'), ['false'])
  t.strictSame(parse('--hijack', '--no-hijack').flags.get('hijack'), ['true', 'false'])
})

t.test('a switch does not swallow what follows', async (t) => {
  const { flags, positionals } = parse('--hijack', 'file')
  t.strictSame(flags.get('hijack'), ['true'])
  t.strictSame(positionals, ['file'])
})

t.test('positionals stay in order, and -- ends the flags', async (t) => {
  t.strictSame(parse('a', '--workers', '1', 'b', '--', '--workers').positionals, ['a', 'b', '--workers'])
})

t.test('a lone dash is a positional', async (t) => {
  t.strictSame(parse('-').positionals, ['-'])
})

t.test('-h and --help win over everything else', async (t) => {
  t.equal(parse('-h').asksForHelp, true)
  t.equal(parse('--nonsense', '--help').asksForHelp, true)
  t.equal(parse('--', '--help').asksForHelp, false)
})

t.test('an empty value is a value', async (t) => {
  t.strictSame(parse('--obfuscation-key-regex=').flags.get('obfuscation-key-regex'), [''])
  t.strictSame(parse('--obfuscation-key-regex', '').flags.get('obfuscation-key-regex'), [''])
})

t.test('a flag without its value is named, also when another flag follows', async (t) => {
  for (const argv of [['--listen'], ['--listen', '--hijack']]) {
    t.throws(() => parse(...argv), { code: 'MWAF_OPTIONS_VALUE', message: /flag --listen: no value/ })
  }
  t.strictSame(parse('--rules=-x.json').flags.get('rules'), ['-x.json'])
})

t.test('unknown flags are named with the nearest one', async (t) => {
  t.throws(() => parse('--lisen', ':1'), {
    code: 'MWAF_OPTIONS_UNKNOWN',
    message: /--lisen \(did you mean --listen\?\)/,
  })
  t.throws(() => parse('--qqqqqqqq'), { code: 'MWAF_OPTIONS_UNKNOWN', message: /option --qqqqqqqq\./ })
})

t.test('negated values, short flags, and names that objects inherit are unknown', async (t) => {
  for (const argument of [
    '--no-workers',
    '--no-hijack=true',
    '-x',
    '-w',
    '--__proto__',
    '--constructor',
    '--toString=1',
  ]) {
    t.throws(() => parse(argument), { code: 'MWAF_OPTIONS_UNKNOWN' }, argument)
  }
})

t.test('options that only the environment sets have no flag', async (t) => {
  t.throws(() => parse('--appsec-enabled=true'), { code: 'MWAF_OPTIONS_UNKNOWN' })
})
