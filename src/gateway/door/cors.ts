// CORS at the door (the Fetch standard's protocol): which pages may read answers, and the answers to their preflights.
// Of our own: it is a handful of headers, and the packages for it are bound to a framework.
import { dropHeaders, type HeaderList, valuesOf } from '../headers.js'

export interface CorsSettings {
  /** `*` among them = every page. */
  readonly origins: readonly string[]
  readonly allowsCredentials: boolean
}

/** How long a browser may remember a preflight; Chromium remembers none for longer than two hours. */
const preflightAgeSeconds = 600

/** The CORS policy of a gateway. */
export class Cors {
  readonly #settings: CorsSettings

  constructor(settings: CorsSettings) {
    this.#settings = settings
  }

  /** The answer's headers for a preflight (204, no body), or `undefined` when the request is none. */
  answerPreflight(method: string, headers: HeaderList): HeaderList | undefined {
    const [asked] = valuesOf(headers, 'access-control-request-method')
    if (method !== 'OPTIONS' || asked === undefined || valuesOf(headers, 'origin').length !== 1) return undefined
    const allowed = this.#allow(headers)
    if (allowed.length === 0) return ['Vary', 'Origin']
    const askedHeaders = valuesOf(headers, 'access-control-request-headers').join(', ')
    return [
      ...allowed,
      'Access-Control-Allow-Methods',
      asked,
      ...(askedHeaders === '' ? [] : ['Access-Control-Allow-Headers', askedHeaders]),
      'Access-Control-Max-Age',
      String(preflightAgeSeconds),
      'Vary',
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    ]
  }

  /** Headers of an answer with the gateway's policy instead of the backend's: two would contradict each other. */
  decorate(requestHeaders: HeaderList, answerHeaders: HeaderList): string[] {
    const kept = dropHeaders(answerHeaders, (name) => replacedNames.has(name))
    return [...kept, ...this.#allow(requestHeaders), 'Vary', 'Origin']
  }

  #allow(headers: HeaderList): string[] {
    const { origins, allowsCredentials } = this.#settings
    const [origin] = valuesOf(headers, 'origin')
    const isAny = origins.includes('*')
    if (origin === undefined || !(isAny || origins.includes(origin))) return []
    const allowed = ['Access-Control-Allow-Origin', isAny ? '*' : origin]
    return allowsCredentials ? [...allowed, 'Access-Control-Allow-Credentials', 'true'] : allowed
  }
}

const replacedNames: ReadonlySet<string> = new Set(['access-control-allow-origin', 'access-control-allow-credentials'])
