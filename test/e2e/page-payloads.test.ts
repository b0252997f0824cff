// Payloads are attacks: whatever a sender puts into whichever field, the page shows it as text and nothing runs.
import t from 'tap'
import { startDesk } from '../ui/support/start-desk.js'
import { openWatched, startBrowser } from './support/browser.js'
import { hostileEvents, hostileText } from './support/hostile-events.js'
import { findProgram } from './support/required-program.js'
import { waitUntil } from './support/wait-until.js'

const chromium = findProgram('chromium')

/** Elements that only markup in a payload could have made. */
const foreignElements =
  'script:not([src="/main.js"]), img, svg, iframe, object, embed, style, base, a:not(.skip), b b, link:not([href^="/"])'

const hostileRules = {
  version: '2.2',
  rules: ['crs-942-100', hostileText].map((id) => ({
    id,
    name: hostileText,
    tags: { type: hostileText },
    conditions: [
      {
        operator: 'phrase_match',
        parameters: { inputs: [{ address: hostileText, key_path: [hostileText] }], list: [hostileText] },
      },
    ],
    transformers: [hostileText],
  })),
}

t.test('nothing in a payload runs, wherever it stands', { skip: chromium.skip }, async (t) => {
  const dir = t.testdir({ 'rules.json': JSON.stringify(hostileRules) })
  const { desk, url, give } = await startDesk(t, { rules: [`${dir}/rules.json`] })
  await desk.rulesChanged()
  const events = hostileEvents()
  t.ok(events.length > 30, `${events.length} fields`)
  await give(events)
  const { page, offences } = await openWatched(await startBrowser(t, chromium.path), url)
  const rows = page.locator('#events button.event')
  await rows.nth(events.length - 1).waitFor()
  await page.locator('#breakdowns button').first().waitFor()

  await t.test('in the list, while it streams', async (t) => {
    await give(events)
    await rows.nth(2 * events.length - 1).waitFor()
    t.equal(await page.locator(foreignElements).count(), 0)
    t.match(await page.locator('#events').innerText(), '<script>alert(1)</script>')
  })

  await t.test('in every opened event', async (t) => {
    for (let index = 0; index < events.length; index++) {
      await rows.nth(index).click()
      await page.locator('#detail h2').waitFor()
      await page.locator('#detail summary').click()
      await page.locator('.exclusion-output p').first().waitFor()
      t.equal(await page.locator(foreignElements).count(), 0, `event ${index}`)
      await page.keyboard.press('Escape')
    }
    t.equal(await page.evaluate('Object.keys(Object.prototype).length'), 0)
  })

  await t.test('as filter, in the address and in a search', async (t) => {
    for (const list of await page.locator('#breakdowns section').all()) {
      const button = list.locator('button', { hasText: '<script>' }).first()
      if ((await button.count()) === 0) continue
      await button.click()
      await page.locator('#chips .chip').first().waitFor()
      t.equal(await page.locator(foreignElements).count(), 0)
      await page.locator('#chips .clear').click()
    }
    await page.locator('#search').fill(hostileText.slice(0, 150))
    await page.locator('#chips .clear').waitFor()
    await page.reload()
    await rows.first().waitFor()
    t.equal(await page.locator(foreignElements).count(), 0)
  })

  t.strictSame(offences, [])
})

t.test('the watch sees a payload that became markup, and the policy stops it', { skip: chromium.skip }, async (t) => {
  const { url } = await startDesk(t)
  const { page, offences } = await openWatched(await startBrowser(t, chromium.path), url)
  t.match(await page.evaluate(tryMarkup), /TrustedHTML/)
  t.match(await page.evaluate(tryInlineScript), 'did not run')
  t.match(await page.evaluate(tryHandler), 'did not run')
  await page.evaluate(tryForeignRequest)
  await waitUntil('the violations', () => (offences.length >= 4 ? true : undefined))
  t.ok(offences.some((offence) => /Content Security Policy/.test(offence)))
  t.notOk(offences.some((offence) => offence.startsWith('dialog')))
})

// As text: they run in the browser, whose types these tests do not have.
const tryMarkup = `(() => { try { document.body.innerHTML = '<img src=x onerror=alert(1)>'; return 'it was taken' } catch (e) { return String(e) } })()`
const tryInlineScript = `(() => { const s = document.createElement('script'); try { s.textContent = 'window.hasRun = 1' } catch {} document.body.append(s); return window.hasRun ? 'ran' : 'did not run' })()`
const tryHandler = `(() => { try { document.body.setAttribute('onclick', 'window.hasRun = 1') } catch {} document.body.click(); return window.hasRun ? 'ran' : 'did not run' })()`
const tryForeignRequest = `fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')`
