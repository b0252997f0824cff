// The live page by mouse and by keyboard, in front of a real receiver that real attacks reach. Makes the docs' pictures:
// they are written to build/pictures, and with MIRRORWAF_PICTURES=1 to deploy/pictures.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { demoTraffic } from '#src/commands/demo/demo-traffic.js'
import { openWatched, startBrowser } from './support/browser.js'
import { findFreePorts } from './support/free-ports.js'
import { Receiver } from './support/receiver.js'
import { repositoryRoot, temporaryFolder } from './support/repository.js'
import { findProgram } from './support/required-program.js'
import { sleep, waitUntil } from './support/wait-until.js'

const chromium = findProgram('chromium')
/** Pictures for people have some history in their charts. */
const makesPictures: boolean = process.env['MIRRORWAF_PICTURES'] === '1'
const attacks = demoTraffic.filter(({ isAttack }) => isAttack)

async function startScene(t: Test, args: readonly string[] = []): Promise<{ receiver: Receiver; url: string }> {
  const [port = 0] = await findFreePorts(1)
  const receiver = await Receiver.start(t, { args: ['--ui', `127.0.0.1:${port}`, ...args] })
  return { receiver, url: `http://127.0.0.1:${port}` }
}

/** The demo's visitors and attackers, several times over. */
async function sendTraffic(receiver: Receiver, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const { method, target, headers, body } of demoTraffic) {
      const client = `203.0.113.${(round * 7) % 23}`
      const all = { ...headers, 'x-forwarded-for': client, 'user-agent': headers['user-agent'] ?? 'Mozilla/5.0' }
      const init = method === 'POST' ? { method, headers: all, body } : { method, headers: all }
      await fetch(`http://127.0.0.1:${receiver.port}${target}`, init)
    }
  }
}

async function takePicture(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled' })
  const folders = [`${repositoryRoot}/build/pictures`]
  if (makesPictures) folders.push(`${repositoryRoot}/deploy/pictures`)
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/${name}.png`, png)
  }
}

t.test(
  'by mouse: charts move, names filter, an event opens, its exclusion works',
  { skip: chromium.skip },
  async (t) => {
    const { receiver, url } = await startScene(t)
    await sendTraffic(receiver, 12)
    const browser = await startBrowser(t, chromium.path)
    const { page, offences } = await openWatched(browser, url, { colorScheme: 'dark' })
    const rows = page.locator('#events button.event')
    await rows.nth(49).waitFor()
    await page.getByRole('figure').nth(5).waitFor()
    t.equal(await page.getByRole('figure').count(), 6)
    t.equal(await page.locator('#live-state').innerText(), 'live')

    for (let second = 0; second < (makesPictures ? 90 : 1); second++) {
      await sendTraffic(receiver, 1 + (second % 5))
      await sleep(1000)
    }
    await waitUntil('a tile to count the attacks', async () => {
      const attacksTile = await page.locator('.tile', { hasText: 'Attacks' }).innerText()
      return Number(/[1-9]\d*/.exec(attacksTile)?.[0] ?? 0) > 0 || undefined
    })
    await page.locator('.breakdown button', { hasText: 'sql injection' }).first().waitFor()
    await takePicture(page, 'page-dark')

    await page.locator('.breakdown button', { hasText: 'sql injection' }).first().click()
    await waitUntil('only SQL injections in the list', async () => {
      const badges = await page.locator('#events .badge').allInnerTexts()
      return (badges.length > 0 && badges.every((badge) => badge === 'sql injection')) || undefined
    })
    t.match(page.url(), '?type=sql_injection')

    await rows.first().click()
    const detail = page.getByRole('dialog')
    t.match(await detail.locator('.request-text mark').first().innerText(), /UNION|OR|%27/i)
    t.match(await detail.locator('.conditions').first().innerText(), /query parameter/)
    await waitUntil('the preview to end', async () => {
      const effect = await detail.locator('.effect').innerText()
      return (/Would have silenced/.test(effect) && !/So far/.test(effect)) || undefined
    })
    const file = await detail.locator('.file').first().innerText()
    await takePicture(page, 'event-dark')
    t.ok(Number(await detail.locator('#silenced').innerText()) >= 12)
    await page.getByLabel('only in requests for this path').click()
    await waitUntil('the exclusion for the path', async () => {
      const shown = await detail.locator('.file').first().innerText()
      return shown.includes('server.request.uri.raw') || undefined
    })
    await detail.getByRole('button', { name: 'Close' }).click()
    await detail.waitFor({ state: 'hidden' })
    t.strictSame(offences, [])

    await t.test('the exclusion given to --rules silences this input and no other', async (t) => {
      const path = `${temporaryFolder(t)}/exclusion.json`
      writeFileSync(path, file)
      const excluded = await Receiver.start(t, { rulesPath: path })
      await sendTraffic(excluded, 1)
      await excluded.awaitAccounted(demoTraffic.length)
      const rulesAt = (events: ReturnType<Receiver['events']>): string[] =>
        events.flatMap(({ request, matches }) => matches.map(({ rule }) => `${request.path} ${rule.id}`))
      const before = rulesAt(receiver.events())
      const after = rulesAt(excluded.events())
      const { exclusions } = JSON.parse(file)
      const silenced = `/products ${exclusions[0].rules_target[0].rule_id}`
      t.ok(before.includes(silenced))
      t.notOk(after.includes(silenced))
      for (const other of new Set(before.filter((seen) => seen !== silenced))) t.ok(after.includes(other), other)
    })
  },
)

t.test('by keyboard: everything that the mouse does', { skip: chromium.skip }, async (t) => {
  const { receiver, url } = await startScene(t)
  await sendTraffic(receiver, 3)
  const { page, offences } = await openWatched(await startBrowser(t, chromium.path), url, { colorScheme: 'light' })
  const rows = page.locator('#events button.event')
  const focused = (): Promise<unknown> =>
    page.evaluate('document.activeElement?.id || document.activeElement?.className')
  const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme')
  await rows.nth(3 * attacks.length - 1).waitFor()

  await page.keyboard.press('Tab')
  t.equal(await focused(), 'skip', 'the first stop skips to the events')
  t.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid', 'focus is seen')

  await page.keyboard.press('/')
  t.equal(await focused(), 'search')
  await page.keyboard.type('passwd')
  await page.keyboard.press('Enter')
  await waitUntil('the search to be done', async () => ((await rows.count()) === 3 ? true : undefined))
  await page.keyboard.press('Escape')

  await page.keyboard.press('j')
  t.equal(await focused(), 'event')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const detail = page.getByRole('dialog')
  await detail.locator('#silenced').waitFor()
  const shownId = async (): Promise<string> => (await detail.locator('details pre').textContent()) ?? ''
  const second = await shownId()
  await page.keyboard.press('k')
  await waitUntil('the event before', async () => ((await shownId()) !== second ? true : undefined))
  await page.keyboard.press('j')
  await waitUntil('the second one again', async () => ((await shownId()) === second ? true : undefined))
  await detail.locator('#copy-exclusion').waitFor()
  await page.keyboard.press('c')
  await page.locator('#notice.shown').waitFor()
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'hidden' })

  await page.keyboard.press('x')
  await waitUntil('all events again', async () => ((await rows.count()) >= 3 * attacks.length ? true : undefined))
  t.equal(await theme(), 'light', 'as the system says')
  await takePicture(page, 'page-light')
  await page.keyboard.press('t')
  t.equal(await theme(), 'dark')
  await page.reload()
  t.equal(await theme(), 'dark', 'the choice is kept')
  await rows.first().waitFor()

  await page.keyboard.press('p')
  const count = await rows.count()
  await sendTraffic(receiver, 1)
  await waitUntil('the count of newer events', async () => {
    const text = await page.locator('#newer').innerText()
    return text.includes(`${attacks.length} newer`) || undefined
  })
  t.equal(await rows.count(), count, 'a paused list stands still')
  await page.keyboard.press('p')
  await waitUntil('the list to go on', async () => ((await rows.count()) === 4 * attacks.length ? true : undefined))

  await page.keyboard.press('3')
  await page.locator('#ranges button[aria-pressed="true"]', { hasText: '24 hours' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  t.strictSame(offences, [])
})

t.test(
  'everything that can be pressed has a name, and every part of the page one too',
  { skip: chromium.skip },
  async (t) => {
    const { receiver, url } = await startScene(t)
    await sendTraffic(receiver, 1)
    const { page } = await openWatched(await startBrowser(t, chromium.path), url)
    await page.locator('#events button.event').first().click()
    await page.locator('#silenced').waitFor()
    const nameless = await page.evaluate(`[...document.querySelectorAll('button, input, select, section, dialog, ol')]
    .filter((e) => e.checkVisibility() && !e.textContent.trim() && !e.ariaLabel && !e.labels?.length).map((e) => e.outerHTML.slice(0, 80))`)
    t.strictSame(nameless, [])
  },
)

t.test('with a token the page asks for it first', { skip: chromium.skip }, async (t) => {
  const dir = temporaryFolder(t)
  writeFileSync(`${dir}/token`, 'a-token-of-16-ch')
  const { url } = await startScene(t, ['--ui-token-file', `${dir}/token`])
  const { page } = await openWatched(await startBrowser(t, chromium.path), url)
  await page.getByLabel('Token').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByLabel('Token').fill(readFileSync(`${dir}/token`, 'utf8'))
  await page.keyboard.press('Enter')
  await page.locator('#live-state:not(.off)').waitFor()
})

t.test('events outlive a receiver that is killed', { skip: chromium.skip }, async (t) => {
  const path = `${temporaryFolder(t)}/events.db`
  const first = await startScene(t, ['--store', path])
  await sendTraffic(first.receiver, 1)
  await first.receiver.awaitAccounted(demoTraffic.length)
  await waitUntil('the store to have them', async () => {
    const stored = await first.receiver.metric('mirrorwaf_sink_events_total', 'sink="store')
    return stored === attacks.length || undefined
  })
  first.receiver.process.signal('SIGKILL')
  t.equal(await first.receiver.process.stop(), 'SIGKILL')
  const second = await startScene(t, ['--store', path])
  const { page } = await openWatched(await startBrowser(t, chromium.path), second.url)
  await page
    .locator('#events button.event')
    .nth(attacks.length - 1)
    .waitFor()
})
