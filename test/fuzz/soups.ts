// Texts thrown together from the words that injections and harmless texts are made of.

import type { Random } from './random.js'
import { oddCharacters } from './regex-samples.js'

/** Common SQL, by heart; what matters is the mixture. */
const sqlWords = (
  'select insert update delete drop union all distinct from where group by order having limit offset into values set table ' +
  'and or not xor in is null like rlike regexp between exists any some case when then else end as on join left right inner ' +
  'outer cross natural using create alter index view procedure function declare exec execute cast convert char varchar int ' +
  'sleep benchmark waitfor delay load_file outfile dumpfile user database version current_user session_user concat substring ' +
  'ascii hex unhex if ifnull coalesce count sum max min information_schema sysobjects xp_cmdshell begin commit rollback ' +
  'collate binary div mod sounds similar escape merge replace truncate grant revoke shutdown go print top percent fetch next ' +
  'rows only for with recursive lateral pivot handler do call procedure analyse true false unknown interval day hour minute ' +
  'match against boolean mode kill rename explain describe show use lock share nowait int8 utf8 md5 sha1 log10 atan2 varchar2'
).split(' ')
const sqlSigns = [
  "'",
  '"',
  '`',
  '--',
  '-- ',
  '#',
  '/*',
  '*/',
  '/*!',
  ';',
  '(',
  ')',
  '=',
  '<',
  '>',
  '<>',
  '!=',
  '<=>',
  ':=',
  '||',
  '&&',
  '|',
  '&',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '~',
  '!',
  ',',
  '.',
  '@',
  '@@',
  '$',
  '$$',
  '\\',
  '[',
  ']',
  '{',
  '}',
  '?',
  ':',
  '::',
  '\\N',
  ' ',
  '  ',
  '\t',
  '\n',
  '\u00a0',
  '\u000b',
  "x'",
  "n'",
  "q'[",
  "e'",
  "u&'",
] as const
const sqlNumbers = [
  '0',
  '1',
  '2',
  '10',
  '1.5',
  '1e5',
  '0x1f',
  '0b1',
  '1.',
  '.5',
  '1e',
  '1f',
  '1d',
  '$1.00',
  '-1',
  '+1',
] as const
const htmlPieces = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<!',
  '<?',
  '<%',
  '<script',
  '<svg',
  '<img',
  '<a',
  '<iframe',
  '<x',
  ' onerror',
  ' onload',
  ' style',
  ' href',
  ' src',
  '=',
  '"',
  "'",
  '`',
  ' ',
  '\n',
  '\t',
  '/',
  'javascript:',
  'data:',
  'vbscript:',
  'x',
  '&#106;',
  '&#x6a;',
  'xlink:href',
  'xmlns',
  'import',
  'entity',
  'attributename',
  'formaction',
  '\u0000',
  '[if',
  'xml',
  ';',
  ':',
  '&colon;',
] as const
const plainWords = (
  'the read write open close again manual order select your seat from list and or in is like as by please call user name id ' +
  'value item page price total card night black widow java class lang runtime process build report update set group table ' +
  'http https www example com net org api v1 v2 admin login file path etc home usr bin var log tmp conf index php html json'
).split(' ')
const plainSigns = [
  ' ',
  ' ',
  ' ',
  ' ',
  '. ',
  ', ',
  '-',
  '_',
  '/',
  ':',
  '=',
  '&',
  '?',
  '@',
  '#',
  '%',
  '+',
  '(',
  ')',
  '"',
  "'",
] as const

export function sqlSoup(random: Random): string {
  return mix(
    random,
    random.between(2, 9),
    () => {
      const kind = random.next()
      if (kind < 0.4) return caseOf(random, random.pick(sqlWords))
      if (kind < 0.75) return random.pick(sqlSigns)
      if (kind < 0.9) return random.pick(sqlNumbers)
      return random.pick(plainWords)
    },
    0.6,
  )
}

export function htmlSoup(random: Random): string {
  return mix(random, random.between(2, 10), () => caseOf(random, random.pick(htmlPieces)), 0.1)
}

export function plainSoup(random: Random): string {
  return mix(
    random,
    random.between(1, 12),
    () => {
      if (random.chance(0.03)) return random.pick(oddCharacters)
      return random.chance(0.6) ? caseOf(random, random.pick(plainWords)) : random.pick(plainSigns)
    },
    0.1,
  )
}

/** Bytes without meaning, some of them not UTF-8. */
export function byteSoup(random: Random): Buffer {
  const length = random.between(1, 24)
  return Buffer.from(
    Array.from({ length }, () => (random.chance(0.5) ? random.below(256) : random.between(0x20, 0x7e))),
  )
}

function mix(random: Random, count: number, piece: () => string, spaceChance: number): string {
  let text = ''
  for (let index = 0; index < count; index++) text += piece() + (random.chance(spaceChance) ? ' ' : '')
  return text
}

function caseOf(random: Random, text: string): string {
  if (random.chance(0.7)) return text
  return random.chance(0.5)
    ? text.toUpperCase()
    : text.replace(/[a-z]/g, (letter) => (random.chance(0.5) ? letter.toUpperCase() : letter))
}
