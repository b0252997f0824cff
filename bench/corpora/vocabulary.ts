// The words that benign requests are made of: a shop for garden and workshop things that does not exist.
// Names are built from syllables, so that a corpus never runs out of words a receiver has not seen.
import type { SeededRandom } from './random.js'

// biome-ignore format: word lists read better filled than one per line
const onsets = [
  'b', 'br', 'd', 'dr', 'f', 'g', 'gl', 'h', 'k', 'kr', 'l', 'm', 'n', 'p', 'pl', 'r', 's', 't', 'tr', 'v', 'w', 'z',
] as const
// biome-ignore format: word lists read better filled than one per line
const nuclei = [
  'a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'io', 'ou', 'y',
] as const
// biome-ignore format: word lists read better filled than one per line
const codas = [
  '', '', '', 'l', 'm', 'n', 'r', 's', 'th', 'x',
] as const

// biome-ignore format: word lists read better filled than one per line
const nouns = [
  'bench', 'trowel', 'lantern', 'kettle', 'blanket', 'basket', 'ladder', 'hammer', 'pencil', 'notebook', 'teapot',
  'jacket', 'compass', 'backpack', 'candle', 'mirror', 'carpet', 'pillow', 'bucket', 'shovel', 'rake', 'planter',
  'seedling', 'bicycle', 'saddle', 'bottle', 'tent', 'anchor', 'button', 'zipper', 'clock', 'radio', 'violin', 'drum',
  'puzzle',
] as const
// biome-ignore format: word lists read better filled than one per line
const adjectives = [
  'green', 'heavy', 'folding', 'wooden', 'quiet', 'small', 'round', 'woollen', 'bright', 'spare', 'sturdy', 'light',
  'blue', 'warm', 'narrow', 'tall', 'painted', 'plain', 'rustic', 'handmade', 'waterproof', 'soft',
] as const
// biome-ignore format: word lists read better filled than one per line
const verbs = [
  'arrived', 'fits', 'looks', 'lasted', 'works', 'shipped', 'feels', 'came', 'held', 'stayed', 'turned',
] as const
// biome-ignore format: word lists read better filled than one per line
const fillers = [
  'with', 'after', 'before', 'near', 'over', 'under', 'beside', 'without', 'during', 'because', 'although', 'while',
] as const
// biome-ignore format: word lists read better filled than one per line
const closings = [
  '.', '.', '.', '!', ', thanks.', ' :-)', '; will buy again.', ' - as expected.',
] as const

/** An invented name of two to four syllables, like `brainouth`. */
export function inventName(random: SeededRandom): string {
  let name = ''
  for (let left = random.integer(2, 4); left > 0; left--) {
    name += random.pick(onsets) + random.pick(nuclei) + random.pick(codas)
  }
  return name
}

/** A short product name, like `folding lantern brainouth`. */
export function productName(random: SeededRandom): string {
  return `${random.pick(adjectives)} ${random.pick(nouns)} ${inventName(random)}`
}

/** One sentence of a review. */
export function sentence(random: SeededRandom): string {
  const opening = random.chance(0.3)
    ? `It's ${random.integer(2, 9)} weeks now, and the`
    : random.pick(['The', 'My', 'Our'])
  const middle = `${random.pick(adjectives)} ${random.pick(nouns)} ${random.pick(verbs)}`
  const end = `${random.pick(fillers)} the ${inventName(random)} ${random.pick(nouns)}${random.pick(closings)}`
  return `${opening} ${middle} ${end}`
}

/** Sentences up to about `length` characters; never longer. */
export function freeText(random: SeededRandom, length: number): string {
  let text = sentence(random)
  for (let more = sentence(random); text.length + 1 + more.length <= length; more = sentence(random)) text += ` ${more}`
  return text.slice(0, length)
}

/** A public address, as a gateway would name it in X-Forwarded-For. */
export function publicAddress(random: SeededRandom): string {
  return `${random.pick([81, 93, 178, 195])}.${random.integer(1, 254)}.${random.integer(1, 254)}.${random.integer(1, 254)}`
}
