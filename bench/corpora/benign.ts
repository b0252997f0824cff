// Benign traffic: what browsers send to a shop. A test runs every kind through the engine and expects no match.
import type { BenchRequest } from './bench-request.js'
import type { SeededRandom } from './random.js'
import { freeText, inventName, productName, publicAddress, sentence } from './vocabulary.js'

/** A page view: 13 headers with the session cookie, a query in most of them. */
export function benignGet(random: SeededRandom): BenchRequest {
  const browser = browserOf(random)
  return {
    method: 'GET',
    target: pagePath(random),
    headers: [
      ...commonHeaders(random, browser),
      ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
      ['Referer', `https://shop.example/${inventName(random)}/`],
      ['Sec-CH-UA', browser.brands],
      ['Sec-CH-UA-Mobile', '?0'],
      ['Sec-CH-UA-Platform', browser.platform],
      ['Sec-Fetch-Site', 'same-origin'],
      ['Cookie', cookies(random)],
    ],
    body: '',
    isAttack: false,
  }
}

/** A review or an order as JSON, 300 to 600 bytes of it. */
export function benignJson(random: SeededRandom): BenchRequest {
  const items = Array.from({ length: random.integer(1, 3) }, () => ({
    sku: `${inventName(random)}-${random.integer(100, 999)}`,
    title: productName(random),
    quantity: random.integer(1, 9),
    price: random.integer(100, 99_999) / 100,
  }))
  const note = freeText(random, random.integer(80, 220))
  const body = JSON.stringify({ cart: random.hex(16), giftWrap: random.chance(0.2), coupon: null, items, note })
  return {
    method: 'POST',
    target: `/api/v2/orders/${random.integer(10_000, 99_999)}`,
    headers: [...bodyHeaders(random), ['Content-Type', 'application/json'], ['Cookie', cookies(random)]],
    body,
    isAttack: false,
  }
}

/** A contact form, urlencoded. */
export function benignForm(random: SeededRandom): BenchRequest {
  const body = new URLSearchParams({
    name: `${capitalise(inventName(random))} ${capitalise(inventName(random))}`,
    email: `${inventName(random)}@mail.example`,
    subject: productName(random),
    message: freeText(random, random.integer(80, 240)),
    newsletter: random.chance(0.5) ? 'yes' : 'no',
  }).toString()
  return {
    method: 'POST',
    target: `/contact/${inventName(random)}`,
    headers: [
      ...bodyHeaders(random),
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Cookie', cookies(random)],
    ],
    body,
    isAttack: false,
  }
}

/** Six page views to two JSON and two form posts in ten. */
export function benignMix(random: SeededRandom): BenchRequest {
  const roll = random.next()
  if (roll < 0.6) return benignGet(random)
  return roll < 0.8 ? benignJson(random) : benignForm(random)
}

/** A JSON upload whose body has exactly `bodyBytes` bytes; 0 = no body at all. */
export function benignUpload(random: SeededRandom, bodyBytes: number): BenchRequest {
  const contentType: readonly [string, string][] = bodyBytes > 0 ? [['Content-Type', 'application/json']] : []
  return {
    method: 'POST',
    target: `/api/v2/import/${inventName(random)}`,
    headers: [...bodyHeaders(random), ...contentType, ['Cookie', cookies(random)]],
    body: bodyBytes > 0 ? jsonRows(random, bodyBytes) : '',
    isAttack: false,
  }
}

/** A request in which path, query names, values and a header name are all new words: what makes caches of names grow. */
export function growingVocabulary(random: SeededRandom): BenchRequest {
  const base = benignGet(random)
  const query = `${inventName(random)}${random.hex(4)}=${inventName(random)}&${inventName(random)}=${random.hex(8)}`
  return {
    ...base,
    target: `/${inventName(random)}/${inventName(random)}?${query}`,
    headers: [...base.headers, [`X-${capitalise(inventName(random))}-${random.hex(4)}`, inventName(random)]],
  }
}

interface SystemNames {
  readonly inAgent: string
  readonly inHint: string
}

interface Browser {
  readonly agent: string
  readonly brands: string
  readonly platform: string
}

const systems: readonly [SystemNames, ...SystemNames[]] = [
  { inAgent: 'X11; Linux x86_64', inHint: 'Linux' },
  { inAgent: 'Windows NT 10.0; Win64; x64', inHint: 'Windows' },
  { inAgent: 'Macintosh; Intel Mac OS X 10_15_7', inHint: 'macOS' },
]

function browserOf(random: SeededRandom): Browser {
  const major = random.integer(128, 149)
  const build = `${major}.0.${random.integer(6000, 7400)}.${random.integer(20, 210)}`
  const system = random.pick(systems)
  return {
    agent: `Mozilla/5.0 (${system.inAgent}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${build} Safari/537.36`,
    brands: `"Chromium";v="${major}", "Google Chrome";v="${major}", "Not.A/Brand";v="99"`,
    platform: `"${system.inHint}"`,
  }
}

function commonHeaders(random: SeededRandom, browser: Browser): (readonly [string, string])[] {
  return [
    ['Host', 'shop.example'],
    ['User-Agent', browser.agent],
    ['Accept-Language', random.pick(['en-GB,en;q=0.9', 'de-DE,de;q=0.9,en;q=0.7', 'fr-FR,fr;q=0.8', 'nl-NL,nl;q=0.9'])],
    ['Accept-Encoding', 'gzip, deflate, br, zstd'],
    ['X-Forwarded-For', publicAddress(random)],
    ['X-Request-Id', `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`],
  ]
}

function bodyHeaders(random: SeededRandom): (readonly [string, string])[] {
  return [
    ...commonHeaders(random, browserOf(random)),
    ['Accept', 'application/json, text/plain, */*'],
    ['Origin', 'https://shop.example'],
    ['Referer', `https://shop.example/${inventName(random)}/`],
  ]
}

function cookies(random: SeededRandom): string {
  const visitor = `${random.integer(100_000_000, 999_999_999)}.${random.integer(1_700_000_000, 1_790_000_000)}`
  return `consent=v2.${random.token(12)}; visitor=${visitor}; theme=${random.pick(['dark', 'light'])}; cart=${random.hex(16)}`
}

function pagePath(random: SeededRandom): string {
  const section = `/${inventName(random)}/${inventName(random)}`
  const roll = random.next()
  if (roll < 0.25) return section
  if (roll < 0.6) return `/search?q=${encodeURIComponent(productName(random))}&page=${random.integer(1, 40)}`
  const query = new URLSearchParams({
    colour: inventName(random),
    size: random.pick(['s', 'm', 'l', 'xl']),
    sort: random.pick(['price', 'newest', 'rating']),
    ref: `${inventName(random)}-${random.integer(1, 999)}`,
  })
  return `${section}?${query}`
}

/** A JSON array of rows of text, filled up with a last string so that its length is exact. */
function jsonRows(random: SeededRandom, bodyBytes: number): string {
  const closing = '"]'
  let body = '[{"source":"bench"}'
  while (body.length < bodyBytes - 700) body += `,${JSON.stringify({ id: random.hex(8), text: sentence(random) })}`
  body += ',"'
  const missing = Math.max(0, bodyBytes - body.length - closing.length)
  return `${body}${'ok '.repeat(Math.ceil(missing / 3)).slice(0, missing)}${closing}`
}

function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
