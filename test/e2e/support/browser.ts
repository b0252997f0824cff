// A real Chromium that writes down everything a page must not do.
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

export interface WatchedPage {
  readonly page: Page
  /** Dialogs, errors, violations of the page's policy, requests to anywhere else; empty when all is well. */
  readonly offences: readonly string[]
}

export async function startBrowser(t: Test, path: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: path,
    // Chromium refuses its sandbox to root, which is what many build machines run as.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  t.teardown(() => browser.close())
  return browser
}

/** Opens a tab on `url` in which every offence is kept from its first byte on. */
export async function openWatched(
  browser: Browser,
  url: string,
  options: NonNullable<Parameters<Browser['newPage']>[0]> = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, ...options })
  const offences: string[] = []
  page.on('dialog', (dialog) => {
    offences.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => offences.push(`error: ${error.message}`))
  // Chromium reports each violation of the policy here, also those that nothing was seen of.
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') offences.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) offences.push(`request: ${request.url()}`)
  })
  page.on('popup', (popup) => offences.push(`popup: ${popup.url()}`))
  page.on('framenavigated', (frame) => {
    if (new URL(frame.url()).origin !== new URL(url).origin) offences.push(`navigation: ${frame.url()}`)
  })
  await page.goto(url)
  return { page, offences }
}
