// Requests that match and hold a secret: of each kind one, in each part that a request has.

/** A word that nothing else holds; its number says which kind it belongs to. */
export function secretOf(index: number): string {
  return `Zq7${String(index).padStart(2, '0')}hunterKx9`
}

/** What the default rules find wherever values are looked at. */
const attack = '$globals'
/** An attack in the query, for secrets that stand elsewhere. */
const target = `/?x=${attack}`

type Plant = (secret: string) => Buffer

interface BodyParts {
  readonly type: string
  readonly body: string
}

function request(requestTarget: string, headers: readonly string[] = [], parts?: BodyParts): Buffer {
  const hasHost = headers.some((line) => /^host:/i.test(line))
  const lines = [`${parts === undefined ? 'GET' : 'POST'} ${requestTarget} HTTP/1.1`, ...headers]
  if (!hasHost) lines.push('Host: shop.example')
  if (parts === undefined) return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  lines.push(`Content-Type: ${parts.type}`, `Content-Length: ${Buffer.byteLength(parts.body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${parts.body}`)
}

const get =
  (makeTarget: (secret: string) => string): Plant =>
  (secret) =>
    request(makeTarget(secret))
const header =
  (makeLine: (secret: string) => string): Plant =>
  (secret) =>
    request(target, [makeLine(secret)])
const body =
  (type: string, makeBody: (secret: string) => string): Plant =>
  (secret) =>
    request('/', [], { type, body: makeBody(secret) })
const json = (makeBody: (secret: string) => string): Plant => body('application/json', makeBody)
const form = (makeBody: (secret: string) => string): Plant => body('application/x-www-form-urlencoded', makeBody)
const xml = (makeBody: (secret: string) => string): Plant => body('application/xml', makeBody)

function multipart(disposition: (secret: string) => string, content: (secret: string) => string): Plant {
  return body(
    'multipart/form-data; boundary=edge',
    (secret) =>
      `--edge\r\nContent-Disposition: form-data; ${disposition(secret)}\r\n\r\n${content(secret)}\r\n--edge--\r\n`,
  )
}

function trailer(makeLine: (secret: string) => string): Plant {
  return (secret) =>
    Buffer.from(
      `POST ${target} HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n${makeLine(secret)}\r\n\r\n`,
    )
}

/** A JSON web token that carries the secret in clear, as a word that stays when it is encoded. */
function token(secret: string): string {
  return `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`{"sub":"a"}`).toString('base64url')}.${secret}`
}

const encode = encodeURIComponent

/** A place that only `--redact-json-paths` can know. */
export const secretJsonPath = 'order.cards[*].number'

export const plants: Readonly<Record<string, Plant>> = {
  'path: parameter': get((secret) => `/a;jsessionid=${secret}/b?x=${attack}`),
  'path: web token': get((secret) => `/reset/${token(secret)}?x=${attack}`),
  'path: in a target that matches': get((secret) => `/..%2f..%2f..%2fetc/passwd?password=${secret}`),
  'query: password': get((secret) => `/?password=${secret}&x=${attack}`),
  'query: password that matches': get((secret) => `/?password=${secret}${attack}`),
  'query: pwd': get((secret) => `/?pwd=${secret}${attack}`),
  'query: api_key': get((secret) => `/?api_key=${secret}${attack}`),
  'query: access_token': get((secret) => `/?access_token=${secret}${attack}`),
  'query: client_secret': get((secret) => `/?client_secret=${secret}${attack}`),
  'query: signature': get((secret) => `/?signature=${secret}${attack}`),
  'query: name encoded': get((secret) => `/?pass%77ord=${secret}${attack}`),
  'query: nested name': get((secret) => `/?user[password]=${secret}${attack}`),
  'query: bearer in a value that matches': get((secret) => `/?x=${encode(`${attack} Bearer ${secret}`)}`),
  'query: JSON': get((secret) => `/?x=${encode(`{"password":"${secret}","a":"${attack}"}`)}`),
  'path: user part of a URL': get((secret) => `/to/https://me:${secret}@a/b?x=${attack}`),
  'query: user part of a URL': get((secret) => `/?x=${encode(`https://me:${secret}@a/${attack}`)}`),
  'query: web token that matches': get((secret) => `/?x=${encode(`${attack} ${token(secret)}`)}`),
  'auth: Basic': (secret) =>
    request(target, [`Authorization: Basic ${Buffer.from(`me:${secret}`).toString('base64')}`]),
  'auth: Bearer': header((secret) => `Authorization: Bearer ${secret}`),
  'auth: Digest': header((secret) => `Authorization: Digest username="me", response="${secret}"`),
  'auth: that matches': header((secret) => `Authorization: ${secret} ${attack}`),
  'auth: to a proxy': header((secret) => `Proxy-Authorization: Basic ${secret}`),
  'header: X-Api-Key that matches': header((secret) => `X-Api-Key: ${secret}${attack}`),
  'header: X-Auth-Token': header((secret) => `X-Auth-Token: ${secret}`),
  'header: Via': header((secret) => `Via: 1.1 proxy?token=${secret}`),
  'header: User-Agent that matches': header((secret) => `User-Agent: Arachni/v1 password=${secret}`),
  'header: Referer that matches': header((secret) => `Referer: https://me:${secret}@a/?x=${attack}`),
  'header: Host': header((secret) => `Host: me:${secret}@shop.example`),
  'header: X-Forwarded-For': header((secret) => `X-Forwarded-For: token=${secret}, 10.0.0.1`),
  'cookie: session': header((secret) => `Cookie: sid=${secret}`),
  'cookie: any': header((secret) => `Cookie: theme=${secret}; a=b`),
  'cookie: that matches': header((secret) => `Cookie: theme=${secret}${attack}`),
  'JSON: password': json((secret) => `{"password":"${secret} ${attack}"}`),
  'JSON: deep': json((secret) => `{"user":{"credentials":{"apiKey":"${secret} ${attack}"}}}`),
  'JSON: in a list': json((secret) => `{"tokens":["${secret} ${attack}"]}`),
  'JSON: at a place that was named': json((secret) => `{"order":{"cards":[{"number":"${secret} ${attack}"}]}}`),
  'JSON: private key': json(
    (secret) => `{"a":"${attack} -----BEGIN RSA PRIVATE KEY-----\\n${secret}\\n-----END RSA PRIVATE KEY-----"}`,
  ),
  'JSON: malformed': json((secret) => `{"password":"${secret} ${attack}"`),
  'JSON: beside the attack': json((secret) => `{"password":"${secret}","a":"${attack}"}`),
  'form: password': form((secret) => `password=${secret}${attack}`),
  'form: name encoded': form((secret) => `to%6ben=${secret}${attack}`),
  'form: assignment in a value': form((secret) => `a=${encode(`${attack} password=${secret}`)}`),
  'multipart: field': multipart(
    () => 'name="password"',
    (secret) => `${secret} ${attack}`,
  ),
  'multipart: file name': multipart(
    (secret) => `name="f"; filename="${attack} token=${secret}.php"`,
    () => attack,
  ),
  'XML: element': xml((secret) => `<a><password>${secret} ${attack}</password></a>`),
  'XML: attribute': xml((secret) => `<a password="${secret} ${attack}"/>`),
  'GraphQL: argument': json(
    (secret) => `{"query":"mutation { login(password: \\"${secret}\\", a: \\"${attack}\\") }"}`,
  ),
  'GraphQL: variable': json((secret) => `{"query":"query { a }","variables":{"password":"${secret} ${attack}"}}`),
  'trailer: Authorization': trailer((secret) => `Authorization: Bearer ${secret}`),
  'trailer: X-Api-Key that matches': trailer((secret) => `X-Api-Key: ${secret}${attack}`),
  'text: assignment': body('text/plain', (secret) => `${attack} password=${secret}`),
}

/** Kinds whose secret stands in some bytes, as it is or in base64, in any case: transformers of the engine lower it. */
export function findSecrets(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1').toLowerCase()
  // Without the ends, whose base64 depends on what stands beside them.
  const inBase64 = (secret: string): readonly string[] =>
    [0, 1, 2].map((shift) =>
      Buffer.from(`${'x'.repeat(shift)}${secret}`)
        .toString('base64')
        .slice(4, -4),
    )
  return Object.keys(plants).filter((_kind, index) => {
    const secret = secretOf(index)
    return [secret, ...inBase64(secret)].some((form) => text.includes(form.toLowerCase()))
  })
}
