// `mirrorwaf scan --baseline OLD --rules NEW FILE…` as a process: hits gained and lost per rule, and what the exit code says.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { rulesetText } from '../../worker/support/small-ruleset.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))

/** Three requests: with the old phrase, with the new one, with neither. */
const targets = ['/?x=oldphrase', '/?x=newphrase', '/?x=harmless']
const accessLog = targets
  .map((target) => `192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] "GET ${target} HTTP/1.1" 200 5 "-" "curl/8"\n`)
  .join('')
const har = JSON.stringify({
  log: {
    entries: targets.map((target) => ({
      request: { method: 'GET', url: `http://shop.example${target}`, httpVersion: 'HTTP/1.1', headers: [] },
    })),
  },
})
const folder = t.testdir({
  'old.json': rulesetText('oldphrase', 'old-1'),
  'new.json': rulesetText('newphrase', 'new-1'),
  'both.json': JSON.stringify({
    ...JSON.parse(rulesetText('oldphrase', 'old-1')),
    rules: [
      ...JSON.parse(rulesetText('oldphrase', 'old-1')).rules,
      ...JSON.parse(rulesetText('newphrase', 'new-1')).rules,
    ],
  }),
  'silenced.json': JSON.stringify({ rules_override: [{ rules_target: [{ rule_id: 'old-1' }], enabled: false }] }),
  'access.log': accessLog,
  'requests.har': har,
})
const file = (name: string): string => join(folder, name)

function compare(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  const { PATH } = process.env
  return spawnSync(process.execPath, [main, 'scan', ...argv], { encoding: 'utf8', env: { PATH }, cwd: folder })
}

const lost = { id: 'old-1', name: 'finds oldphrase', baseline: 1, current: 0, gained: 0, lost: 1, moved: 0 }
const gained = { id: 'new-1', name: 'finds newphrase', baseline: 0, current: 1, gained: 1, lost: 0, moved: 0 }
const kept = { ...lost, current: 1, lost: 0 }

for (const input of ['access.log', 'requests.har']) {
  t.test(`${input}: hits that are lost are exit 1, those gained are not`, async (t) => {
    const changed = compare(
      '--baseline',
      file('old.json'),
      '--rules',
      file('new.json'),
      '--output',
      'json',
      file(input),
    )
    t.equal(changed.status, 1, changed.stderr)
    t.strictSame(JSON.parse(changed.stdout), { requests: 3, rules: [gained, lost] })
    const added = compare('--baseline', file('old.json'), '--rules', file('both.json'), '--output', 'json', file(input))
    t.equal(added.status, 0, added.stderr)
    t.strictSame(JSON.parse(added.stdout), { requests: 3, rules: [gained, kept] })
  })
}

t.test('files add up, and the new rules may be several files', async (t) => {
  const rules = [file('both.json'), file('silenced.json')].flatMap((path) => ['--rules', path])
  const { status, stdout } = compare(
    '--baseline',
    file('both.json'),
    ...rules,
    file('access.log'),
    file('requests.har'),
  )
  t.equal(status, 1)
  t.match(stdout, '6 requests: 1 rules differ')
  t.match(stdout, /old-1 +2 -> 0 hits \(gained 0, lost 2, moved 0\)/)
})

t.test('a baseline that cannot be read is told by its code', async (t) => {
  const { status, stderr } = compare('--baseline', file('none.json'), '--rules', file('new.json'), file('access.log'))
  t.equal(status, 1)
  t.match(stderr, /MWAF_RULESET_READ/)
})
