// The page's files, all read at the start: a request names one of a fixed list and never a path.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { MirrorwafError, reasonOf } from '../errors.js'
import { baseCss } from './texts/base-css.js'
import { iconSvg, loginHtml, pageHtml } from './texts/page-html.js'
import { panelCss } from './texts/panel-css.js'

export interface Asset {
  readonly type: string
  readonly body: Buffer
}

const scriptType = 'text/javascript; charset=utf-8'
const htmlType = 'text/html; charset=utf-8'
const styleType = 'text/css; charset=utf-8'

/** What everybody may have: it says nothing of this receiver. */
export interface Assets {
  readonly page: Asset
  readonly login: Asset
  /** By path. */
  readonly files: ReadonlyMap<string, Asset>
}

/** @throws MirrorwafError `MWAF_UI_FILES` when the installation is incomplete. */
export function readAssets(): Assets {
  try {
    return {
      page: asset(htmlType, pageHtml),
      login: asset(htmlType, loginHtml),
      files: new Map([
        ['/icon.svg', asset('image/svg+xml', iconSvg)],
        ['/page.css', asset(styleType, baseCss + panelCss)],
        ['/vendor/uplot.js', asset(scriptType, readPackaged('uplot/dist/uPlot.esm.js'))],
        ['/vendor/uplot.css', asset(styleType, readPackaged('uplot/dist/uPlot.min.css'))],
        ...readScripts(),
      ]),
    }
  } catch (thrown) {
    throw new MirrorwafError('MWAF_UI_FILES', { reason: reasonOf(thrown) }, thrown)
  }
}

/** The compiled page beside this file. */
function readScripts(): [path: string, asset: Asset][] {
  const folder = new URL('./page/', import.meta.url)
  const names = readdirSync(folder).filter((name) => /^[a-z-]+\.js$/.test(name))
  if (!names.includes('main.js')) throw new Error('the page is not compiled')
  return names.map((name) => [`/${name}`, asset(scriptType, readFileSync(new URL(name, folder)))])
}

function readPackaged(file: string): Buffer {
  return readFileSync(createRequire(import.meta.url).resolve(file))
}

function asset(type: string, body: string | Buffer): Asset {
  return { type, body: Buffer.from(body) }
}
