// What the demo's client sends: a shop's visitors, and among them someone who tries the usual doors.

/** One request of the demo. */
export interface DemoRequest {
  readonly method: 'GET' | 'POST'
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly isAttack: boolean
}

const json = { 'content-type': 'application/json' } as const
const form = { 'content-type': 'application/x-www-form-urlencoded' } as const

/** In the order in which they are sent. */
export const demoTraffic: readonly DemoRequest[] = [
  visit('/products?sort=price&page=2'),
  visit('/products/17'),
  attack('GET', '/products?id=1%27%20OR%20%271%27%3D%271%27%20UNION%20SELECT%20login,password%20FROM%20users--'),
  visit('/search?q=o%27neill%20%26%20sons'),
  { ...visit('/cart'), method: 'POST', headers: json, body: '{"product":17,"amount":2,"note":"a gift, please"}' },
  attack('GET', '/download?file=../../../../etc/passwd'),
  visit('/about?lang=en'),
  attack('POST', '/comments', form, 'name=eve&text=%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E'),
  visit('/search?q=union+square+hotels'),
  attack('GET', '/admin', { 'user-agent': 'Arachni/v1.5.1' }),
  { ...visit('/login'), method: 'POST', headers: form, body: 'user=alice&password=correct+horse' },
  attack('POST', '/api/preview', json, '{"url":"http://169.254.169.254/latest/meta-data/iam/"}'),
  visit('/products/42?ref=mail'),
  attack('GET', '/?x=$globals'),
  visit('/health'),
]

function visit(target: string): DemoRequest {
  return { method: 'GET', target, headers: { 'user-agent': 'Mozilla/5.0' }, body: '', isAttack: false }
}

function attack(
  method: DemoRequest['method'],
  target: string,
  headers: DemoRequest['headers'] = {},
  body = '',
): DemoRequest {
  return { method, target, headers: { 'user-agent': 'Mozilla/5.0', ...headers }, body, isAttack: true }
}
